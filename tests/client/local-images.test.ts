import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { InvalidParameterError, type ImageSource } from '../../packages/client/src/index.ts'
import { answer, completedBody } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'

let folder: string
let png: Buffer<ArrayBuffer>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filmgate-'))
  png = await picture('png')
  await writeFile(join(folder, 'cat.png'), png)
})
afterAll(() => rm(folder, { recursive: true }))

async function picture(format: 'png' | 'jpeg' | 'webp' | 'gif' | 'avif') {
  const create = { width: 300, height: 200, channels: 3, background: '#964' } as const
  return Buffer.from(await sharp({ create }).toFormat(format).toBuffer())
}

const accept = () => scripted((socket) => answer(socket, 200, completedBody('gen_1')))
const order = (url: ImageSource) => ({
  model: 'm',
  prompt: 'a fox',
  images: [{ url, role: 'reference_image' as const }],
})

/** The address that reached the server, and its role. */
async function sentFor(url: ImageSource): Promise<{ url: string; role: string }> {
  const { client, server } = await accept()
  await client.images.generate(order(url))
  const body: { images: { url: string; role: string }[] } = JSON.parse(
    server.requests[0]?.body ?? '',
  )
  return body.images[0] ?? expect.fail('no image was sent')
}

test('a path, a file address and bytes in every form arrive as the same data: address', async () => {
  const path = join(folder, 'cat.png')
  const sources: ImageSource[] = [
    path,
    pathToFileURL(path),
    pathToFileURL(path).href,
    png,
    new Uint8Array(png),
    new Uint8Array(png).buffer,
    new Blob([png]),
    new File([png], 'cat.png', { type: 'text/plain' }),
  ]
  const expected = `data:image/png;base64,${png.toString('base64')}`
  for (const source of sources) {
    expect(await sentFor(source)).toEqual({ url: expected, role: 'reference_image' })
  }
})

test('a view of a larger buffer is that part of it', async () => {
  const larger = Buffer.concat([Buffer.from('before'), png, Buffer.from('after')])
  const view = larger.subarray(6, 6 + png.length)
  expect((await sentFor(view)).url).toBe(`data:image/png;base64,${png.toString('base64')}`)
})

test.each(['jpeg', 'webp', 'gif', 'avif'] as const)(
  'a picture of type %s is known as one',
  async (format) => {
    expect((await sentFor(await picture(format))).url).toMatch(`data:image/${format};base64,`)
  },
)

test.each(['https://example.com/cat.png', 'data:image/png;base64,AAAA', '//example.com/x'])(
  '%j is sent as it is, for the server to judge',
  async (url) => expect((await sentFor(url)).url).toBe(url),
)

test('a bare name is refused here, with what to write for a local file', async () => {
  const { client, lines } = await accept()
  const error = await caught(client.images.generate(order('cat.png')))
  expect(error).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
  expect(error.message).toContain("write './cat.png'")
  const home = await caught(client.images.generate(order('~/cat.png')))
  expect(home.message).toContain('write its path from / on')
  expect(lines()).toEqual([])
})

test.each<[string, unknown]>([
  ['a Response', new Response('x')],
  ['an object', {}],
  ['bytes that only begin like a picture', new Uint8Array(Buffer.from('GIF8 root:x:0:0'))],
])('%s is refused before anything is sent', async (_, url) => {
  const { client, lines } = await accept()
  // As JavaScript allows.
  const error = await caught(client.images.generate(order(url as string)))
  expect(error).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
  expect(lines()).toEqual([])
})

test('pictures that change after the call are sent as they were', async () => {
  const { client, server } = await accept()
  const bytes = new Uint8Array(png)
  const made = client.images.generate(order(bytes))
  bytes.fill(0)
  await made
  expect(server.requests[0]?.body).toContain(png.toString('base64'))
})

test('the parameters that were handed in stay as they are', async () => {
  const { client } = await accept()
  const params = order(png)
  await client.images.generate(params)
  expect(params).toEqual(order(png))
})

test('a relative path is looked for where the program runs', async () => {
  const { client } = await accept()
  const error = await caught(client.images.generate(order('./no-such-cat.png')))
  expect(error).toBeInstanceOf(InvalidParameterError)
  expect(error).toMatchObject({ param: 'images[0].url', attempts: 0, retryable: false })
  expect(error.message).toBe(
    "images[0].url cannot be read as an image of at most 20 MB: './no-such-cat.png'.",
  )
  expect(error.cause).toMatchObject({ code: 'ENOENT' })
})

test.each<[string, (path: string) => Promise<unknown>, RegExp]>([
  [
    'a text',
    (path) => writeFile(path, 'root:x:0:0'),
    /it is no PNG, JPEG, WebP, GIF or AVIF image/,
  ],
  ['an empty file', (path) => writeFile(path, ''), /no regular file with bytes/],
  ['a folder', (path) => symlink(tmpdir(), path), /it is no regular file/],
  ['a pipe', (path) => promisify(execFile)('mkfifo', [path]), /it is no regular file/],
  ['a device', (path) => symlink('/dev/zero', path), /it is no regular file/],
  [
    'a file of 21 MB',
    async (path) => {
      await writeFile(path, png)
      await truncate(path, 21 * 2 ** 20)
    },
    /it is too large/,
  ],
])('%s never leaves the machine', async (name, make, message) => {
  const path = join(folder, name.replaceAll(' ', '-'))
  await make(path)
  const { client, lines } = await accept()
  const error = await caught(client.images.generate(order(path)))
  expect(error).toBeInstanceOf(InvalidParameterError)
  expect(error).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
  // The words are one and the same, whichever files there are.
  expect(error.message).toBe(
    `images[0].url cannot be read as an image of at most 20 MB: '${path}'.`,
  )
  expect(String(error.cause)).toMatch(message)
  expect(lines()).toEqual([])
})

test('images that are too large together are refused before they are sent', async () => {
  const { client, lines } = await accept()
  const large = new Uint8Array(11 * 2 ** 20)
  large.set(png)
  const images = [{ url: large }, { url: large }]
  const error = await caught(client.images.generate({ model: 'm', prompt: 'p', images }))
  expect(error).toMatchObject({ code: 'invalid_parameter', param: 'images' })
  expect(lines()).toEqual([])
})

test('where strangers name the images, no file is read', async () => {
  const { client, lines } = await accept()
  const careful = client.withOptions({ readFiles: false })
  const error = await caught(careful.images.generate(order(join(folder, 'cat.png'))))
  expect(error.message).toBe('images[0].url is a local file, and readFiles is off.')
  expect(lines()).toEqual([])
})

test('garbage in the place of images is for the server to judge', async () => {
  const { client, lines } = await accept()
  for (const images of ['x', 7, {}, [null], [7], [{}], [{ url: 7 }]]) {
    // As JavaScript allows.
    await client.images.generate({ ...order(''), images: images as never })
  }
  expect(lines()).toHaveLength(7)
})
