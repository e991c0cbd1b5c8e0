import { crc32, deflateSync, gzipSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'

/** One PNG chunk with its length and checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

function pngHeader(width: number, height: number, bitDepth: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = bitDepth
  return pngChunk('IHDR', header)
}

/** A complete and valid black-and-white PNG of any size: 30,000 × 30,000 pixels take 110 KB. */
export function blankPng(width: number, height: number): Buffer {
  const pixels = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height))
  return Buffer.concat([
    pngSignature,
    pngHeader(width, height, 1),
    pngChunk('IDAT', pixels),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** A small picture with a compressed text or profile that unpacks to 200 MB. */
export function pngWithBomb(type: 'zTXt' | 'iCCP'): Buffer {
  const packed = deflateSync(Buffer.alloc(200 * 1024 * 1024))
  return Buffer.concat([
    pngSignature,
    pngHeader(64, 64, 1),
    pngChunk(type, Buffer.concat([Buffer.from('bomb\0\0', 'latin1'), packed])),
    pngChunk('IDAT', deflateSync(Buffer.alloc(9 * 64))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** 100 MB of zeros, packed to 100 KB. */
export function gzipBomb(): Buffer {
  return gzipSync(Buffer.alloc(100 * 1024 * 1024))
}

/** A WebP whose header claims the largest size that the format knows. */
export function giantWebpHeader(): Buffer {
  const chunk = Buffer.concat([
    Buffer.from('VP8X', 'latin1'),
    Buffer.from([10, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(chunk.length + 4)
  return Buffer.concat([Buffer.from('RIFF'), length, Buffer.from('WEBP'), chunk])
}

/** A GIF that claims 65,535 × 65,535 pixels. */
export function giantGif(): Buffer {
  return Buffer.from(
    '474946383961ffffffff80000000000000ffff2c00000000ffffffff0002024401003b',
    'hex',
  )
}

/** A picture with structure, so that wrong decoding would show. */
export function gradient(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  const pixels = Buffer.alloc(width * height * channels)
  for (let index = 0; index < width * height; index++) {
    pixels[index * channels] = index % 251
    pixels[index * channels + 1] = Math.floor(index / width) % 256
    pixels[index * channels + 2] = 90
    if (channels === 4) pixels[index * channels + 3] = index % 256
  }
  return sharp(pixels, { raw: { width, height, channels } })
}

export const svgWithReferences = `<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">
<image xlink:href="file:///etc/hostname" width="64" height="64"/><image href="http://127.0.0.1/" width="9" height="9"/></svg>`

export const htmlPage = `<!doctype html><title>Log in</title><img src="picture.png">${' '.repeat(400)}`

/** What no codec makes small; the same each time. */
export function noise(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  const pixels = Buffer.alloc(width * height * channels)
  let state = 123456789
  for (let index = 0; index < pixels.length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    pixels[index] = state
  }
  return sharp(pixels, { raw: { width, height, channels } })
}
