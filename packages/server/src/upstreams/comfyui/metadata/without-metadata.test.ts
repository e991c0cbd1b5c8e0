import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { withoutMetadata } from './without-metadata.ts'

const workflow = '{"6": {"inputs": {"text": "the operator\'s own"}}}'
const picture = sharp({
  create: { width: 40, height: 30, channels: 3, background: { r: 200, g: 30, b: 90 } },
})

/** Streams the file in pieces of so many bytes. */
async function* inPieces(file: Uint8Array, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.byteLength; at += bytes) yield file.subarray(at, at + bytes)
}

async function strip(file: Uint8Array, pieceBytes = 65_536): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of withoutMetadata(inPieces(file, pieceBytes))) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The same whatever pieces it comes in. */
async function stripAnyhow(file: Uint8Array): Promise<Buffer> {
  const whole = await strip(file)
  for (const pieceBytes of [1, 7, 100]) expect(await strip(file, pieceBytes)).toEqual(whole)
  return whole
}

function toPixels(file: Uint8Array): Promise<Buffer> {
  return sharp(file).raw().toBuffer()
}

function pngChunk(type: string, data: string | Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), Buffer.from(data)])
  const chunk = Buffer.alloc(body.byteLength + 8)
  chunk.writeUInt32BE(body.byteLength - 4)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.byteLength + 4)
  return chunk
}

test.each(['tEXt', 'zTXt', 'iTXt', 'eXIf', 'comf'])(
  'a PNG loses its %s chunks and nothing else',
  async (type) => {
    const png = await picture.clone().png().toBuffer()
    const headEnd = 8 + 25
    const texts = pngChunk(type, `prompt\0${workflow}`)
    const file = Buffer.concat([
      png.subarray(0, headEnd),
      texts,
      png.subarray(headEnd, -12),
      texts,
      png.subarray(-12),
      Buffer.from(workflow),
    ])
    expect(await stripAnyhow(file)).toEqual(await strip(png))
    expect(await toPixels(await strip(file))).toEqual(await toPixels(png))
  },
)

test('a PNG keeps its colours and the size of its pixels', async () => {
  const png = await picture.clone().withMetadata({ density: 300, icc: 'p3' }).png().toBuffer()
  const { density, icc } = await sharp(await strip(png)).metadata()
  expect(density).toBe(300)
  expect(icc?.byteLength).toBeGreaterThan(100)
})

test.each(['jpeg', 'webp'] as const)(
  'a %s loses its Exif and keeps its picture',
  async (format) => {
    const exif = { IFD0: { Model: `prompt:${workflow}` } }
    const file = await picture
      .clone()
      .withExif(exif)
      .withIccProfile('p3')
      .toFormat(format)
      .toBuffer()
    expect(file.includes("the operator's own")).toBe(true)
    const stripped = await stripAnyhow(file)
    expect(stripped.includes("the operator's own")).toBe(false)
    expect(await toPixels(stripped)).toEqual(await toPixels(file))
    const metadata = await sharp(stripped).metadata()
    expect(metadata.exif).toBeUndefined()
    expect(metadata.icc).toBeDefined()
  },
)

test('a moving WebP keeps its frames', async () => {
  const frames = Buffer.from(Array.from({ length: 8 * 8 * 3 * 3 }, (_, index) => index % 251))
  const file = await sharp(frames, { raw: { width: 8, height: 24, channels: 3, pageHeight: 8 } })
    .withExif({ IFD0: { Make: workflow } })
    .webp({ delay: [100, 100, 100], lossless: true })
    .toBuffer()
  const stripped = await stripAnyhow(file)
  expect(stripped.includes("the operator's own")).toBe(false)
  expect((await sharp(stripped, { animated: true }).metadata()).pages).toBe(3)
})

function box(type: string, ...inside: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(inside.map((part) => Buffer.from(part)))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.byteLength + 8)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

function largeBox(type: string, inside: string): Buffer {
  const head = Buffer.alloc(16)
  head.writeUInt32BE(1)
  head.write(type, 4, 'latin1')
  head.writeBigUInt64BE(BigInt(inside.length + 16), 8)
  return Buffer.concat([head, Buffer.from(inside)])
}

test('texts about an MP4 become free space of the same length', async () => {
  const film = (text: (type: string) => Buffer) =>
    Buffer.concat([
      box('ftyp', 'isom0000'),
      box(
        'moov',
        box('mvhd', 'head'),
        box('trak', box('tkhd', 'track'), text('udta')),
        text('meta'),
      ),
      text('uuid'),
      largeBox('mdat', workflow),
      box('moov', text('udta')),
    ])
  const file = film((type) => box(type, workflow))
  expect(await stripAnyhow(file)).toEqual(film(() => box('free', Buffer.alloc(workflow.length))))
})

test('an MP4 whose last box is open, cut or nonsense passes up to its end', async () => {
  const start = Buffer.concat([box('ftyp', 'isom0000'), box('free', 'x')])
  const open = box('mdat', 'frames and frames')
  open.writeUInt32BE(0)
  const short = box('mdat', 'frames')
  short.writeUInt32BE(3)
  const long = box('moov', box('mvhd', 'head'))
  long.writeUInt32BE(200, 8)
  for (const end of [
    open,
    short,
    long,
    box('mdat', 'frames').subarray(0, 11),
    Buffer.from('moo'),
  ]) {
    const file = Buffer.concat([start, end])
    expect(await stripAnyhow(file)).toEqual(file)
  }
})

function element(id: string, inside: Buffer | string, isOpen = false): Buffer {
  const body = Buffer.from(inside)
  const size = Buffer.alloc(4)
  size.writeUInt32BE((isOpen ? 0x0fffffff : body.byteLength) + 0x10000000)
  return Buffer.concat([Buffer.from(id, 'hex'), size, body])
}

test('tags of a WebM become void of the same length', async () => {
  const tags = element('1254c367', workflow)
  const attached = element('1941a469', workflow)
  const cluster = element('1f43b675', 'frames')
  const film = (isOpen: boolean) =>
    Buffer.concat([
      element('1a45dfa3', 'webm'),
      element('18538067', Buffer.concat([tags, cluster, attached, cluster]), isOpen),
    ])
  for (const isOpen of [false, true]) {
    const file = film(isOpen)
    const stripped = await stripAnyhow(file)
    expect(stripped.byteLength).toBe(file.byteLength)
    expect(stripped.includes("the operator's own")).toBe(false)
    for (const gone of [tags, attached]) {
      const at = file.indexOf(gone)
      expect(stripped[at]).toBe(0xec)
      expect(stripped.readUIntBE(at + 3, 6)).toBe(gone.byteLength - 9)
    }
    expect(stripped.indexOf(cluster)).toBe(file.indexOf(cluster))
    expect(stripped.lastIndexOf(cluster)).toBe(file.lastIndexOf(cluster))
  }
})

test('tags so short that void needs another length become void, too', async () => {
  for (const id of ['1254c36780', '1254c36781ff', '1254c3674000']) {
    const head = element('1a45dfa3', 'webm')
    const file = Buffer.concat([head, Buffer.from(id, 'hex'), element('1f43b675', 'frames')])
    const stripped = await stripAnyhow(file)
    const bytes = id.length / 2
    expect(stripped.byteLength).toBe(file.byteLength)
    expect([...stripped.subarray(head.byteLength, head.byteLength + 2)]).toEqual([
      0xec,
      0x80 + bytes - 2,
    ])
  }
})

test('what is not understood, or cut anywhere, passes as far as it came', async () => {
  const page = Buffer.from('<!doctype html><title>502</title>')
  expect(await stripAnyhow(page)).toEqual(page)
  expect(await stripAnyhow(Buffer.alloc(0))).toEqual(Buffer.alloc(0))
  const files = [
    await picture.clone().png().toBuffer(),
    await picture.clone().jpeg().toBuffer(),
    await picture.clone().webp().toBuffer(),
    Buffer.concat([box('ftyp', 'isom0000'), box('moov', box('mvhd', 'head'))]),
    element('1a45dfa3', element('18538067', 'frames')),
  ]
  for (const file of files) {
    for (let bytes = 0; bytes < file.byteLength; bytes += 1) {
      const whole = await strip(file)
      const cut = await strip(file.subarray(0, bytes))
      expect(whole.subarray(0, cut.byteLength)).toEqual(cut)
    }
  }
})

test('a file that is mostly metadata is not read for ever', async () => {
  const start = (await picture.clone().png().toBuffer()).subarray(0, 33)
  const head = pngChunk('tEXt', '').subarray(0, 8)
  head.writeUInt32BE(0xffffffff)
  async function* endless() {
    yield Buffer.concat([start, head])
    for (;;) yield Buffer.alloc(1024 * 1024)
  }
  const read = async () => {
    for await (const piece of withoutMetadata(endless())) expect(piece.byteLength).toBeLessThan(100)
  }
  await expect(read()).rejects.toThrow('mostly metadata')
})

test('the source is ended when nobody reads on, and its fault is passed on', async () => {
  let isEnded = false
  async function* source() {
    try {
      yield await picture.clone().png().toBuffer()
      throw new Error('broke off')
    } finally {
      isEnded = true
    }
  }
  for await (const piece of withoutMetadata(source())) {
    expect(piece.byteLength).toBeGreaterThan(0)
    break
  }
  expect(isEnded).toBe(true)
  const readAll = async () => {
    for await (const piece of withoutMetadata(source())) expect(piece).toBeDefined()
  }
  await expect(readAll()).rejects.toThrow('broke off')
})
