/**
 * Ready-made pictures and films. Each carries the number of its job: a picture as a row of black and white fields
 * along its top, which outlasts another encoding; a film as an MP4 box that players pass over.
 */
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import type { JobOutput } from './jobs.ts'

/** Whose file it is. */
export interface Stamp {
  job: number
  index: number
}

const fields = 24
const indexBits = 4

/** A picture of the size and format, byte by byte the same for the same stamp. A PNG can hold a text, `prompt`. */
export async function drawImage(
  { width, height, format, isBlack }: JobOutput,
  stamp: Stamp,
  prompt?: string,
): Promise<Uint8Array> {
  const pixels = isBlack ? Buffer.alloc(width * height * 3) : background(width, height)
  if (!isBlack) paintStamp(pixels, { width, height }, stamp)
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } })
  const options = { png: { compressionLevel: 1 }, jpeg: { quality: 90 }, webp: { quality: 90 } }
  const bytes = await picture.toFormat(format, options[format]).toBuffer()
  return format === 'png' && prompt !== undefined ? withText(bytes, 'prompt', prompt) : bytes
}

/** A film of one second, 256x144, H.264 at 24 frames a second, with AAC or silent. */
export async function drawFilm({ sound }: JobOutput, stamp: Stamp): Promise<Uint8Array> {
  const film = await filmFile(sound ? 'with-sound' : 'silent')
  const words = Buffer.from(`${boxWords}${stamp.job}/${stamp.index}`)
  const box = Buffer.alloc(8)
  box.writeUInt32BE(8 + words.length, 0)
  box.write('free', 4)
  return Buffer.concat([film, box, words])
}

/** Whose file it is, also after a gateway has encoded the picture again; undefined if it bears no stamp. */
export async function readStamp(file: Uint8Array): Promise<Stamp | undefined> {
  const text = Buffer.from(file.slice(-64)).toString('latin1')
  const words = /filmgate-upstream (\d+)\/(\d+)$/.exec(text)
  if (words !== null) return { job: Number(words[1]), index: Number(words[2]) }
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const y = Math.floor(fieldHeight(info.height) / 2)
  let value = 0
  for (let field = 0; field < fields; field++) {
    const x = Math.floor(((field + 0.5) * info.width) / fields)
    const light = data[(y * info.width + x) * info.channels] ?? 0
    value = value * 2 + (light > 127 ? 1 : 0)
  }
  if (value === 0) return undefined
  return { job: value >> indexBits, index: value & ((1 << indexBits) - 1) }
}

const boxWords = 'filmgate-upstream '
const films = new Map<string, Promise<Buffer>>()

function filmFile(name: string): Promise<Buffer> {
  // Beside the sources: the compiler copies no films.
  const read = films.get(name) ?? readFile(new URL(`../films/${name}.mp4`, import.meta.url))
  films.set(name, read)
  return read
}

const backgrounds = new Map<string, Buffer>()

function background(width: number, height: number): Buffer {
  const key = `${width}x${height}`
  let made = backgrounds.get(key)
  if (made === undefined) {
    made = Buffer.alloc(width * height * 3)
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        made[at++] = (200 * x) / width
        made[at++] = (160 * y) / height
        made[at++] = 120
      }
    }
    backgrounds.set(key, made)
  }
  return Buffer.from(made)
}

function fieldHeight(height: number): number {
  return Math.max(2, Math.floor(height / 8))
}

function paintStamp(pixels: Buffer, size: { width: number; height: number }, stamp: Stamp): void {
  const value = (stamp.job << indexBits) | stamp.index
  const row = Buffer.alloc(size.width * 3)
  for (let x = 0; x < size.width; x++) {
    const field = Math.floor((x * fields) / size.width)
    row.fill(((value >> (fields - 1 - field)) & 1) * 255, x * 3, x * 3 + 3)
  }
  for (let y = 0; y < fieldHeight(size.height); y++) row.copy(pixels, y * row.length)
}

// The signature of a PNG and its first chunk, whose size is fixed.
const pngHeadBytes = 8 + 25

function withText(png: Buffer, keyword: string, text: string): Buffer {
  const data = Buffer.from(`tEXt${keyword}\0${text}`, 'latin1')
  const chunk = Buffer.alloc(data.length + 8)
  chunk.writeUInt32BE(data.length - 4, 0)
  data.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(data), chunk.length - 4)
  return Buffer.concat([png.subarray(0, pngHeadBytes), chunk, png.subarray(pngHeadBytes)])
}
