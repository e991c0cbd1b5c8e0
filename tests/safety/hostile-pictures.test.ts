import { createCipheriv, randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Failure } from '../../packages/server/src/contract/failure.ts'
import {
  createReferenceImages,
  type ReferenceImages,
} from '../../packages/server/src/safety/reference-images/reference-images.ts'
import { anyone } from './support/asker.ts'
import { measure, toLine } from './support/figures.ts'
import {
  blankPng,
  giantGif,
  giantWebpHeader,
  gradient,
  gzipBomb,
  htmlPage,
  pngWithBomb,
  svgWithReferences,
} from './support/made-pictures.ts'
import { startPictureHost, type PictureHost, type Route } from './support/picture-host.ts'

const megabyte = 1024 * 1024
const timeoutMs = 700

let host: PictureHost
let images: ReferenceImages
/** The words of the refusal; null where the decoder leaves the bomb packed, so that it may pass. */
const hostile: [name: string, path: string, says: string | null][] = []
const hostileData: [name: string, url: string, says: string][] = []

const send =
  (bytes: Uint8Array | string, headers: Record<string, string | number> = {}): Route =>
  (_request, response) =>
    response.writeHead(200, headers).end(bytes)

/** Pads a real picture with noise to a size; decoders ignore what follows the end. */
function padded(picture: Buffer, size: number): Buffer {
  const noise = createCipheriv('aes-128-ctr', randomBytes(16), Buffer.alloc(16))
  return Buffer.concat([picture, noise.update(Buffer.alloc(size - picture.length))])
}

const drip =
  (bytes: Buffer): Route =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length })
    let sent = 0
    const timer = setInterval(() => response.write(bytes.subarray(sent, ++sent)), 10)
    response.on('close', () => clearInterval(timer))
  }

const endless =
  (head: Uint8Array): Route =>
  (_request, response) => {
    response.writeHead(200)
    response.write(head)
    const chunk = Buffer.alloc(megabyte)
    const push = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', push)
    push()
  }

const endlessHeaders: Route = (_request, response) => {
  response.socket?.write('HTTP/1.1 200 OK\r\n')
  const line = `x-padding: ${'a'.repeat(1000)}\r\n`
  const timer = setInterval(() => response.socket?.write(line), 1)
  response.socket?.on('close', () => clearInterval(timer))
}

const raw =
  (text: string): Route =>
  (_request, response: ServerResponse) => {
    response.socket?.end(text)
  }

beforeAll(async () => {
  const png = await gradient(64, 48).png().toBuffer()
  const jpeg = await gradient(640, 480).jpeg().toBuffer()
  const webp = await gradient(640, 480).webp().toBuffer()
  const gif = await gradient(64, 48).gif().toBuffer()
  const avif = await gradient(64, 48).avif({ effort: 0 }).toBuffer()
  const tiff = await gradient(64, 48).tiff().toBuffer()
  const damagedPng = Buffer.from(png)
  damagedPng.fill(7, 60, 120)

  const noPicture = 'is not a PNG, JPEG, WebP, GIF or AVIF picture'
  const pixels = 'has more than 40 million pixels'
  const damaged = 'is a damaged or incomplete'
  const unreachable = 'could not be fetched'
  const tooLarge = 'is larger than 20 MB'
  const encoded = 'is sent with a Content-Encoding'
  const rows: [name: string, path: string, route: Route, says: string | null][] = [
    ['slow drip', '/drip.png', drip(png), unreachable],
    ['slow drip after the magic bytes', '/drip2.jpg', drip(padded(jpeg, megabyte)), unreachable],
    ['never answers', '/stall', () => undefined, unreachable],
    ['endless headers', '/headers', endlessHeaders, unreachable],
    ['endless body that starts as PNG', '/endless.png', endless(png), tooLarge],
    ['endless body of zeros', '/zeros', endless(Buffer.alloc(100)), noPicture],
    ['21 MB, length declared', '/21mb.png', send(padded(png, 21 * megabyte)), tooLarge],
    [
      '21 MB, chunked',
      '/21mb-chunked.png',
      (_request, response) => {
        response.write(png)
        response.end(Buffer.alloc(21 * megabyte))
      },
      tooLarge,
    ],
    [
      'length of an exabyte declared',
      '/exa',
      raw('HTTP/1.1 200 OK\r\ncontent-length: 999999999999999999\r\n\r\nx'),
      tooLarge,
    ],
    [
      'length smaller than the body',
      '/short',
      raw(`HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n${'x'.repeat(900)}`),
      noPicture,
    ],
    [
      'connection cut in the body',
      '/cut.jpg',
      (_request, response) => {
        response.writeHead(200, { 'content-length': jpeg.length })
        response.write(jpeg.subarray(0, 2000), () => response.destroy())
      },
      unreachable,
    ],
    ['0 bytes', '/empty.png', send(''), 'is empty'],
    ['1 byte', '/one.png', send('x'), noPicture],
    ['HTML named .png', '/page.png', send(htmlPage, { 'content-type': 'image/png' }), noPicture],
    [
      'JSON declared as image',
      '/json.png',
      send('{"a":1}', { 'content-type': 'image/png' }),
      noPicture,
    ],
    [
      'SVG with external references',
      '/a.svg',
      send(svgWithReferences, { 'content-type': 'image/svg+xml' }),
      noPicture,
    ],
    [
      'SVG declared as PNG',
      '/svg.png',
      send(svgWithReferences, { 'content-type': 'image/png' }),
      noPicture,
    ],
    ['TIFF', '/a.tiff', send(tiff), noPicture],
    ['PDF', '/a.pdf', send(`%PDF-1.7\n${' '.repeat(100)}`), noPicture],
    [
      'ZIP',
      '/a.zip',
      send(Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100)])),
      noPicture,
    ],
    [
      'MP4',
      '/a.mp4',
      send(Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42'), Buffer.alloc(90)])),
      noPicture,
    ],
    [
      'HEIC',
      '/a.heic',
      send(Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), Buffer.alloc(90)])),
      noPicture,
    ],
    [
      'zip bomb by Content-Encoding',
      '/gzip.png',
      send(gzipBomb(), { 'content-encoding': 'gzip' }),
      encoded,
    ],
    ['brotli declared', '/br.png', send(png, { 'content-encoding': 'br' }), encoded],
    ['zip bomb in a PNG text', '/ztxt.png', send(pngWithBomb('zTXt')), null],
    ['zip bomb in a PNG profile', '/iccp.png', send(pngWithBomb('iCCP')), null],
    ['30000 x 30000 PNG', '/bomb.png', send(blankPng(30_000, 30_000)), pixels],
    ['40 million and one pixels', '/edge.png', send(blankPng(40_000_001, 1)), pixels],
    ['1 x 39 million pixels', '/thin.png', send(blankPng(1, 39_000_000)), 'both sides have to be'],
    ['giant GIF', '/giant.gif', send(giantGif()), pixels],
    [
      'giant WebP header',
      '/giant.webp',
      send(Buffer.concat([giantWebpHeader(), Buffer.alloc(64)])),
      damaged,
    ],
    ['8 x 8 pixels', '/tiny.png', send(blankPng(8, 8)), 'both sides have to be at least 16'],
    ['truncated PNG', '/cut.png', send(png.subarray(0, png.length - 400)), damaged],
    ['truncated JPEG', '/trunc.jpg', send(jpeg.subarray(0, jpeg.length / 2)), damaged],
    ['truncated WebP', '/trunc.webp', send(webp.subarray(0, webp.length / 2)), damaged],
    ['truncated GIF', '/trunc.gif', send(gif.subarray(0, 400)), damaged],
    ['truncated AVIF', '/trunc.avif', send(avif.subarray(0, avif.length - 60)), damaged],
    ['PNG with damaged data', '/damaged.png', send(damagedPng), damaged],
    [
      'only the magic bytes of a JPEG',
      '/magic.jpg',
      send(Buffer.concat([Buffer.from([255, 216, 255]), Buffer.alloc(90)])),
      damaged,
    ],
    [
      'status 500 with a picture',
      '/500',
      (_request, response) => response.writeHead(500).end(png),
      unreachable,
    ],
    [
      'status 206 with a picture',
      '/206',
      (_request, response) => response.writeHead(206).end(png),
      unreachable,
    ],
    ['status 204', '/204', (_request, response) => response.writeHead(204).end(), unreachable],
    [
      'redirect without a place',
      '/302',
      (_request, response) => response.writeHead(302).end(png),
      unreachable,
    ],
    ['not HTTP at all', '/raw', raw('SSH-2.0-OpenSSH_9.6\r\n'), unreachable],
    [
      'reset at once',
      '/reset',
      (_request, response) => response.socket?.resetAndDestroy(),
      unreachable,
    ],
  ]
  host = await startPictureHost(Object.fromEntries(rows.map(([, path, route]) => [path, route])))
  for (const [name, path, , says] of rows) hostile.push([name, path, says])

  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  hostileData.push(
    [
      'data: SVG',
      `data:image/svg+xml;base64,${base64(Buffer.from(svgWithReferences))}`,
      'of another type',
    ],
    ['data: HTML', `data:text/html;base64,${base64(Buffer.from(htmlPage))}`, 'of another type'],
    [
      'data: SVG declared as PNG',
      `data:image/png;base64,${base64(Buffer.from(svgWithReferences))}`,
      noPicture,
    ],
    ['data: not base64', 'data:image/png,%89PNG', 'malformed data URL'],
    ['data: damaged base64', 'data:image/png;base64,iVBO*Rw0KGgo', 'malformed data URL'],
    ['data: nothing', 'data:image/png;base64,', 'is empty'],
    ['data: no comma', `data:${'a'.repeat(5000)}`, 'malformed data URL'],
    ['data: 21 MB', `data:image/png;base64,${base64(Buffer.alloc(21 * megabyte))}`, tooLarge],
    [
      'data: 30000 x 30000 PNG',
      `data:image/png;base64,${base64(blankPng(30_000, 30_000))}`,
      pixels,
    ],
  )
  images = createReferenceImages({ allowHosts: [`127.0.0.1:${host.port}`], timeoutMs })
})

afterAll(async () => {
  await images.close()
  await host.close()
})

async function outcomeOf(url: string): Promise<Failure | 'accepted'> {
  return await images.load([{ url, role: 'reference_image' }], anyone()).then(
    () => 'accepted' as const,
    (error: unknown) => {
      if (error instanceof Failure) return error
      throw error
    },
  )
}

test('every hostile picture is refused within its limits of time and memory', async () => {
  const lines: string[] = []
  const table = [
    ...hostile.map(([name, path, says]) => ({
      name,
      says,
      url: `http://127.0.0.1:${host.port}${path}`,
    })),
    ...hostileData.map(([name, url, says]) => ({ name, says, url })),
  ]
  for (const { name, url, says } of table) {
    const { value: outcome, figures } = await measure(() => outcomeOf(url))
    lines.push(toLine(name, figures, outcome === 'accepted' ? outcome : outcome.message))
    expect(figures.ms, name).toBeLessThan(timeoutMs + 1500)
    // The body under its cap, once as parts and once joined, plus room for the test's own server.
    expect(figures.megabytes, name).toBeLessThan(120)
    if (says === null) continue
    if (outcome === 'accepted') expect.fail(`accepted: ${name}`)
    expect(outcome, name).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
    expect(outcome.message, name).toContain(says)
  }
  console.log(`${lines.join('\n')}\n${table.length} hostile pictures`)
})

test('no connection is left open behind a refusal', async () => {
  for (const path of ['/endless.png', '/stall', '/21mb-chunked.png', '/page.png']) {
    await outcomeOf(`http://127.0.0.1:${host.port}${path}`)
  }
  await expect.poll(() => host.openConnections()).toBe(0)
})
