import type { Call } from './call.ts'
import { reasonOf } from './cause.ts'
import { toError, type AnyFilmgateError } from './errors.ts'
import { openFileSystem } from './file-system.ts'

/**
 * A reference image: an http(s) or data: address, the path of a local file (`./cat.png`, `/…`,
 * `file:…`), or the bytes themselves.
 */
export type ImageSource = string | URL | Blob | ArrayBuffer | Uint8Array

// The sizes that a Filmgate server takes by itself: of one image, and of a request, whose text
// holds four characters for three bytes.
const mostBytes = 20 * 2 ** 20
const mostBytesTogether = 20 * 2 ** 20

/** A copy of the parameters in which every image that is here, and not on the web, is a `data:` URL. */
export async function inlineImages(call: Call, params: object): Promise<object> {
  const { images } = params as { images?: unknown }
  if (!Array.isArray(images)) return params
  const inlined: unknown[] = []
  let totalBytes = 0
  // One after the other, so that no more than one of them is held twice.
  for (const [at, image] of images.entries()) {
    const param = `images[${at}].url`
    const bytes = await bytesOf(call, param, (image as { url?: unknown } | null)?.url)
    if (bytes) {
      totalBytes += bytes.length
      if (totalBytes > mostBytesTogether) throw refusal('images', tooLarge(totalBytes, ' together'))
    }
    inlined.push(bytes ? { ...(image as object), url: toDataUrl(param, bytes) } : image)
  }
  return { ...params, images: inlined }
}

/** The image, or undefined where its address is sent as it is. */
async function bytesOf(call: Call, param: string, url: unknown): Promise<Uint8Array | undefined> {
  if (url instanceof Blob) {
    checkSize(param, url.size)
    return new Uint8Array(await url.arrayBuffer())
  }
  if (url instanceof Uint8Array) {
    checkSize(param, url.byteLength)
    return url
  }
  const text = url instanceof URL ? url.href : url
  if (typeof text !== 'string' || !isPath(text)) return undefined
  if (!call.settings.readFiles) throw refusal(param, 'is a local file, and readFiles is off.')
  return readImageFile(param, text)
}

// What is neither marked as a path nor an address goes to the server, which says what is wrong.
function isPath(text: string): boolean {
  return /^(\.{0,2}\/(?!\/)|[a-z]:[\\/]|file:)/i.test(text)
}

async function readImageFile(param: string, path: string): Promise<Uint8Array> {
  try {
    const fs = await openFileSystem()
    const place = /^file:/i.test(path) ? new URL(path) : path
    const stat = await fs.stat(place)
    // A pipe or a device might never end.
    if (!stat.isFile()) throw new TypeError('it is no regular file')
    checkSize(param, stat.size)
    return await fs.readFile(place)
  } catch (error) {
    if ((error as { param?: unknown }).param === param) throw error
    throw refusal(param, `cannot be read from '${path}': ${reasonOf(error)}.`, error)
  }
}

function checkSize(param: string, bytes: number): void {
  if (bytes > mostBytes) throw refusal(param, tooLarge(bytes, ''))
}

function tooLarge(bytes: number, what: string): string {
  return `is too large: ${(bytes / 2 ** 20).toFixed(1)} MB where at most ${mostBytes / 2 ** 20} MB are taken${what}. Shrink it, or give an http(s) address.`
}

function toDataUrl(param: string, bytes: Uint8Array): string {
  const type = imageType(bytes)
  // Only images leave the machine, whatever file a path names.
  if (!type) throw refusal(param, 'is not a PNG, JPEG, WebP, GIF or AVIF image.')
  return `data:image/${type};base64,${toBase64(bytes)}`
}

interface Encoders {
  Buffer?: {
    from(bytes: ArrayBufferLike, at: number, length: number): { toString(as: 'base64'): string }
  }
}

function toBase64(bytes: Uint8Array): string {
  // A hundred times as fast as the other way, which is for pages.
  const { Buffer } = globalThis as Encoders
  if (Buffer) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
  let text = ''
  // A multiple of three, so that the parts join; few enough arguments for every runtime.
  const step = 3 * 8_192
  for (let at = 0; at < bytes.length; at += step) {
    // An array of bytes is as good as one of numbers here, and is not copied into one.
    const part = bytes.subarray(at, at + step) as unknown as number[]
    text += btoa(String.fromCharCode.apply(null, part))
  }
  return text
}

function imageType(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 16))
  if (head.startsWith('\x89PNG')) return 'png'
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (head.startsWith('GIF8')) return 'gif'
  if (/^RIFF[^]{4}WEBP/.test(head)) return 'webp'
  return /^[^]{4}ftypavi[fs]/.test(head) ? 'avif' : undefined
}

/** Refused here as the server would refuse it, before anything is sent. */
function refusal(param: string, why: string, cause?: unknown): AnyFilmgateError {
  const message = `${param} ${why}`
  return toError({ code: 'invalid_parameter', message, param, retryable: false, cause }, 0)
}
