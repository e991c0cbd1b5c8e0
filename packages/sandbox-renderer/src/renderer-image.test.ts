import sharp from 'sharp'
import { afterAll, expect, test } from 'vitest'
import { createRenderer, type ImageSpec } from './renderer.ts'

const renderer = createRenderer({ threads: 2 })
afterAll(() => renderer.close())

const base: ImageSpec = {
  prompt: 'a fox in a snowy forest at dawn',
  seed: 1,
  width: 512,
  height: 512,
  format: 'png',
  references: [],
}

const ratios = [
  [1024, 1024],
  [1344, 768],
  [768, 1344],
  [1152, 864],
  [864, 1152],
  [1216, 810],
  [810, 1216],
  [1536, 658],
] as const

function plain(background: string, width = 300, height = 200): Promise<Uint8Array> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()
}

async function countColor(file: Uint8Array, color: readonly number[]): Promise<number> {
  const data = await sharp(file).removeAlpha().raw().toBuffer()
  let found = 0
  for (let at = 0; at < data.length; at += 3) {
    const distance = color.reduce(
      (sum, value, part) => sum + Math.abs(value - (data[at + part] ?? 0)),
      0,
    )
    if (distance < 24) found++
  }
  return found
}

test('every ratio in every format has exactly the size and type asked for', async () => {
  for (const [width, height] of ratios) {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const info = await sharp(await renderer.image({ ...base, width, height, format })).metadata()
      expect([info.format, info.width, info.height, info.hasAlpha]).toEqual([
        format,
        width,
        height,
        false,
      ])
    }
  }
})

test('the smallest and the largest sizes are drawn whole', async () => {
  for (const [width, height] of [
    [256, 256],
    [4096, 4096],
    [4096, 256],
    [257, 1023],
  ] as const) {
    const file = await renderer.image({ ...base, width, height, format: 'jpeg' })
    const { channels } = await sharp(file).stats()
    expect(await sharp(file).metadata()).toMatchObject({ width, height })
    for (const { stdev } of channels) expect(stdev).toBeGreaterThan(8)
  }
})

test('every kind of place can be drawn, at a wide and a tall size', async () => {
  const places =
    'hills meadow forest mountain desert winter sea beach lake city space underwater indoor abstract'.split(
      ' ',
    )
  for (const [index, place] of places.entries()) {
    const [width, height] = index % 2 === 0 ? [448, 256] : [256, 448]
    const prompt = `${place}, ${['rain', 'snow', 'fog', 'storm', 'night'][index % 5]}`
    const file = await renderer.image({ ...base, prompt, width, height })
    expect(await sharp(file).metadata()).toMatchObject({ width, height })
  }
})

test('the same specification gives the same bytes, from this renderer and from a fresh one', async () => {
  const other = createRenderer({ threads: 1 })
  for (const format of ['png', 'jpeg', 'webp'] as const) {
    const first = await renderer.image({ ...base, format })
    expect(Buffer.compare(await renderer.image({ ...base, format }), first)).toBe(0)
    expect(Buffer.compare(await other.image({ ...base, format }), first)).toBe(0)
  }
  await other.close()
})

test('another seed makes a visibly other picture, up to the largest seed', async () => {
  const pixels = async (seed: number) =>
    sharp(await renderer.image({ ...base, seed }))
      .raw()
      .toBuffer()
  const seeds = [0, 1, 2, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]
  const pictures = await Promise.all(seeds.map(pixels))
  for (const [index, picture] of pictures.entries()) {
    for (const other of pictures.slice(index + 1)) {
      const changed = picture.reduce(
        (sum, value, at) => sum + (Math.abs(value - (other[at] ?? 0)) > 12 ? 1 : 0),
        0,
      )
      expect(changed / picture.length).toBeGreaterThan(0.1)
    }
  }
})

test('each of eight reference pictures shows in the picture in its own colours', async () => {
  const colors = [
    '#ff00ff',
    '#00c853',
    '#2962ff',
    '#ffab00',
    '#d50000',
    '#00b8d4',
    '#6200ea',
    '#aeea00',
  ]
  const references = await Promise.all(
    colors.map(async (color) => ({ bytes: await plain(color), role: 'reference_image' as const })),
  )
  for (const [width, height] of [
    [768, 768],
    [1024, 438],
    [438, 1024],
  ] as const) {
    const file = await renderer.image({ ...base, width, height, references })
    for (const color of colors) {
      const rgb = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
      expect(await countColor(file, rgb)).toBeGreaterThan(400)
    }
  }
  expect(await countColor(await renderer.image(base), [255, 0, 255])).toBe(0)
})

test('only the bytes given are sent to a thread, also when they are a part of a larger buffer', async () => {
  const bytes = await plain('#ff00ff')
  const upload = new Uint8Array(bytes.length + 2000)
  upload.set(bytes, 1000)
  const part = upload.subarray(1000, 1000 + bytes.length)
  const file = await renderer.image({ ...base, references: [{ bytes: part, role: 'first_frame' }] })
  expect(await countColor(file, [255, 0, 255])).toBeGreaterThan(400)
  expect(upload.byteLength).toBe(bytes.length + 2000)
})

test('an aborted picture rejects with the reason, waiting or not yet begun', async () => {
  const busy = [
    renderer.image({ ...base, width: 2048, height: 2048 }),
    renderer.image({ ...base, width: 2048, height: 2048 }),
  ]
  const stop = new AbortController()
  const waiting = renderer.image(base, { signal: stop.signal })
  stop.abort(new Error('changed my mind'))
  await expect(waiting).rejects.toThrow('changed my mind')
  await expect(renderer.image(base, { signal: stop.signal })).rejects.toThrow('changed my mind')
  await Promise.all(busy)
})

test('a closed renderer rejects at once and can be closed twice', async () => {
  const other = createRenderer({ threads: 1 })
  const cut = other.image({ ...base, width: 2048, height: 2048 })
  const lost = expect(cut).rejects.toThrow('closed')
  await other.close()
  await lost
  await expect(other.image(base)).rejects.toThrow('closed')
  await other.close()
})
