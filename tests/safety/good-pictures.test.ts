import { afterAll, beforeAll, expect, test } from 'vitest'
import sharp from 'sharp'
import {
  createReferenceImages,
  type ReferenceImage,
  type ReferenceImages,
} from '../../packages/server/src/safety/reference-images/reference-images.ts'
import { anyone } from './support/asker.ts'
import { measure, toLine } from './support/figures.ts'
import { blankPng, gradient } from './support/made-pictures.ts'
import { startPictureHost, type PictureHost, type Route } from './support/picture-host.ts'

let host: PictureHost
let images: ReferenceImages
const dataUrls: Record<string, string> = {}

const send =
  (bytes: Uint8Array, headers: Record<string, string | number> = {}): Route =>
  (_request, response) =>
    response.writeHead(200, headers).end(bytes)

const forward =
  (status: number, location: string): Route =>
  (_request, response) =>
    response.writeHead(status, { location }).end()

beforeAll(async () => {
  const opaque = gradient(320, 200)
  const alpha = gradient(320, 200, 4)
  const png = await opaque.clone().png().toBuffer()
  const jpeg = await opaque.clone().jpeg().toBuffer()
  // The picture lies on its side, and says who took it where.
  const sideways = await opaque
    .clone()
    .withExif({ IFD0: { Orientation: '6', Copyright: 'somebody at 52.5 N' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  const frames = await sharp(Buffer.alloc(64 * 128 * 3, 99), {
    raw: { width: 64, height: 128, channels: 3, pageHeight: 64 },
  })
    .gif({ delay: [100, 100] })
    .toBuffer()
  host = await startPictureHost({
    '/a.png': send(png, { 'content-type': 'image/png' }),
    '/a.jpg': send(jpeg),
    '/a.webp': send(await opaque.clone().webp().toBuffer()),
    '/alpha.png': send(await alpha.clone().png().toBuffer()),
    '/alpha.webp': send(await alpha.clone().webp().toBuffer()),
    '/alpha.avif': send(await alpha.clone().avif({ effort: 0 }).toBuffer()),
    '/a.avif': send(await opaque.clone().avif({ effort: 0 }).toBuffer()),
    '/animated.gif': send(frames),
    '/sideways.jpg': send(sideways),
    '/cmyk.jpg': send(await opaque.clone().toColourspace('cmyk').jpeg().toBuffer()),
    '/grey16.png': send(await opaque.clone().toColourspace('grey16').png().toBuffer()),
    '/wide-gamut.png': send(await opaque.clone().withIccProfile('p3').png().toBuffer()),
    '/wrong-type.html': send(jpeg, { 'content-type': 'text/html' }),
    '/chunked.png': (_request, response) => {
      response.write(png.subarray(0, 10))
      response.end(png.subarray(10))
    },
    '/large.png': send(blankPng(8000, 4800)),
    '/tall.png': send(blankPng(80, 5000)),
    '/once': forward(302, '/a.png'),
    '/thrice': forward(301, '/twice'),
    '/twice': forward(307, 'once'),
  })
  dataUrls['png'] = `data:image/png;base64,${png.toString('base64')}`
  dataUrls['jpeg'] = `DATA:image/jpeg;base64,${jpeg.toString('base64')}`
  dataUrls['wrong type'] = `data:image/png;base64,${jpeg.toString('base64')}`
  images = createReferenceImages(
    { allowHosts: [`good.example:${host.port}`, `127.0.0.1:${host.port}`] },
    { lookup: () => Promise.resolve(['127.0.0.1']) },
  )
})

afterAll(async () => {
  await images.close()
  await host.close()
})

async function load(url: string): Promise<ReferenceImage> {
  const [image] = await images.load([{ url, role: 'reference_image' }], anyone())
  if (image === undefined) throw new Error('nothing came back')
  return image
}

test('good pictures are accepted, upright, in sRGB and without metadata', async () => {
  const at = (path: string) => `http://good.example:${host.port}${path}`
  const table: [name: string, url: string, mimeType: string, width: number, height: number][] = [
    ['PNG', at('/a.png'), 'image/png', 320, 200],
    ['JPEG', at('/a.jpg'), 'image/jpeg', 320, 200],
    ['WebP', at('/a.webp'), 'image/jpeg', 320, 200],
    ['PNG with transparency', at('/alpha.png'), 'image/png', 320, 200],
    ['WebP with transparency', at('/alpha.webp'), 'image/webp', 320, 200],
    ['AVIF with transparency', at('/alpha.avif'), 'image/png', 320, 200],
    ['AVIF', at('/a.avif'), 'image/jpeg', 320, 200],
    ['first frame of a GIF', at('/animated.gif'), 'image/png', 64, 64],
    ['JPEG turned by EXIF', at('/sideways.jpg'), 'image/jpeg', 200, 320],
    ['JPEG in CMYK', at('/cmyk.jpg'), 'image/jpeg', 320, 200],
    ['PNG in 16-bit grey', at('/grey16.png'), 'image/png', 320, 200],
    ['PNG in Display P3', at('/wide-gamut.png'), 'image/png', 320, 200],
    ['JPEG declared as HTML', at('/wrong-type.html'), 'image/jpeg', 320, 200],
    ['chunked', at('/chunked.png'), 'image/png', 320, 200],
    ['38 million pixels, shrunk', at('/large.png'), 'image/png', 4096, 2458],
    ['taller than any side may be, shrunk', at('/tall.png'), 'image/png', 66, 4096],
    ['one redirect', at('/once'), 'image/png', 320, 200],
    ['three redirects, one relative', at('/thrice'), 'image/png', 320, 200],
    ['query and fragment', at('/a.png?X-Signature=a%2Fb&e=1#top'), 'image/png', 320, 200],
    ['capitals and trailing dot', `HTTP://GOOD.Example.:${host.port}/a.png`, 'image/png', 320, 200],
    ['listed address', `http://127.0.0.1:${host.port}/a.png`, 'image/png', 320, 200],
    ['listed address, other spelling', `http://0x7f.1:${host.port}/a.png`, 'image/png', 320, 200],
    ['data: PNG', dataUrls['png'] ?? '', 'image/png', 320, 200],
    ['data: JPEG, scheme in capitals', dataUrls['jpeg'] ?? '', 'image/jpeg', 320, 200],
    ['data: JPEG declared as PNG', dataUrls['wrong type'] ?? '', 'image/jpeg', 320, 200],
  ]
  const lines: string[] = []
  for (const [name, url, mimeType, width, height] of table) {
    const { value: image, figures } = await measure(() => load(url))
    lines.push(toLine(name, figures, `${image.mimeType} ${image.width} × ${image.height}`))
    expect({ name, mimeType: image.mimeType, width: image.width, height: image.height }).toEqual({
      name,
      mimeType,
      width,
      height,
    })
    const { exif, icc, xmp, iptc, orientation, space, depth } = await sharp(image.bytes).metadata()
    expect({ name, exif, icc, xmp, iptc, orientation }).toEqual({ name })
    expect([space, depth], name).toEqual(['srgb', 'uchar'])
  }
  console.log(`${lines.join('\n')}\n${table.length} good pictures accepted`)
})

test('the same picture gives the same bytes, and an address that occurs twice is fetched once', async () => {
  const url = `http://good.example:${host.port}/a.webp`
  const before = host.requests.length
  const [first, last] = await images.load(
    [
      { url, role: 'first_frame' },
      { url, role: 'last_frame' },
    ],
    anyone(),
  )
  expect(host.requests.length - before).toBe(1)
  expect([first?.role, last?.role]).toEqual(['first_frame', 'last_frame'])
  expect((await load(url)).sha256).toBe(first?.sha256)
})

test('a lossless picture keeps every pixel', async () => {
  const image = await load(`http://good.example:${host.port}/alpha.png`)
  const before = await gradient(320, 200, 4).raw().toBuffer()
  const after = await sharp(image.bytes).raw().toBuffer()
  expect(after.equals(before)).toBe(true)
})

test('a request carries no cookie, no credential and no referrer', async () => {
  const seen: string[] = []
  const picture = await gradient(32, 32).png().toBuffer()
  const own = await startPictureHost({
    '/set': (_request, response) =>
      response.writeHead(302, { 'set-cookie': 'a=1', location: '/get' }).end(),
    '/get': (request, response) => {
      seen.push(...Object.keys(request.headers))
      response.end(picture)
    },
  })
  const loader = createReferenceImages({ allowHosts: [`127.0.0.1:${own.port}`] })
  await loader.load([{ url: `http://127.0.0.1:${own.port}/set`, role: 'first_frame' }], anyone())
  expect(seen.toSorted()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent'])
  await loader.close()
  await own.close()
})

test('a crowd of large pictures is loaded within the memory that was set aside for it', async () => {
  const picture = blankPng(6000, 6000)
  const own = await startPictureHost({ '/large.png': send(picture) })
  const loader = createReferenceImages({ allowHosts: [`127.0.0.1:${own.port}`] })
  const { value, figures } = await measure(() =>
    Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        loader.load(
          [{ url: `http://127.0.0.1:${own.port}/large.png?${index}`, role: 'reference_image' }],
          anyone(),
        ),
      ),
    ),
  )
  console.log(toLine('12 pictures of 36 million pixels', figures, ''))
  expect(value).toHaveLength(12)
  // Twelve decoded at once would take 1,300 MB as RGB.
  expect(figures.megabytes).toBeLessThan(600)
  await loader.close()
  await own.close()
})

test('renderers elsewhere in the process can still encode and decode what they need', async () => {
  for (const format of ['jpeg', 'png', 'webp'] as const) {
    const bytes = await gradient(40, 30).toFormat(format).toBuffer()
    expect((await sharp(bytes).raw().toBuffer({ resolveWithObject: true })).info.width).toBe(40)
  }
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  await expect(sharp(svg).png().toBuffer()).rejects.toThrow('unsupported')
})
