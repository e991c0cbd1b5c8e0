import type { Call } from './call.ts'
import { toError, type AnyFilmgateError } from './errors.ts'
import { openFileSystem, type FileHandle } from './file-system.ts'

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
  if (isBlob(url)) {
    checkSize(param, url.size)
    return new Uint8Array(await url.arrayBuffer())
  }
  if (url instanceof Uint8Array) {
    checkSize(param, url.byteLength)
    return url
  }
  const text = url instanceof URL ? url.href : url
  if (typeof text === 'object' && text !== null) throw refusal(param, 'is no image and no address.')
  if (typeof text !== 'string' || text === '') return undefined
  if (isPath(text)) {
    if (!call.settings.readFiles) throw refusal(param, 'is a local file, and readFiles is off.')
    return readImageFile(param, text)
  }
  // Data and web addresses are for the server to judge. A bare name is neither.
  if (/^([a-z][a-z\d+.-]*:|\/\/)/i.test(text)) return undefined
  // Only a shell knows whose home `~` is.
  const path = text.startsWith('~') ? 'its path from / on' : `'./${text}'`
  throw refusal(param, `is no address. For a local file, write ${path}.`)
}

// Not by class: browsers, polyfills and Jest have their own.
function isBlob(value: unknown): value is Blob {
  const { size, arrayBuffer } = Object(value) as Partial<Blob>
  return typeof size === 'number' && typeof arrayBuffer === 'function'
}

function isPath(text: string): boolean {
  return /^(\.{0,2}\/(?!\/)|[a-z]:[\\/]|file:)/i.test(text)
}

async function readImageFile(param: string, path: string): Promise<Uint8Array> {
  try {
    const fs = await openFileSystem()
    const place = /^file:/i.test(path) ? new URL(path) : path
    const { O_RDONLY, O_NONBLOCK = 0 } = fs.constants
    // Without blocking: a thread that waits in a pipe cannot be called back.
    const file = await fs.open(place, O_RDONLY | O_NONBLOCK)
    try {
      return await readBounded(file)
    } finally {
      await file.close()
    }
  } catch (cause) {
    // In one wording: the caller's user may have named the file, and is not told which files exist.
    throw refusal(
      param,
      `cannot be read as an image of at most ${mostBytes / 2 ** 20} MB: '${path}'.`,
      cause,
    )
  }
}

// Through one handle: what a name means can change in between.
async function readBounded(file: FileHandle): Promise<Uint8Array> {
  const stat = await file.stat()
  // A pipe or a device might never end. Files of the kernel's say that they are empty, and are not.
  if (!stat.isFile() || stat.size === 0)
    throw new TypeError('it is no regular file with bytes in it')
  if (stat.size > mostBytes) throw new RangeError('it is too large')
  const bytes = new Uint8Array(stat.size)
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at)
    if (bytesRead === 0) return bytes.subarray(0, at)
    at += bytesRead
  }
  if (!imageType(bytes)) throw new TypeError('it is no PNG, JPEG, WebP, GIF or AVIF image')
  return bytes
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
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (/^GIF8[79]a/.test(head)) return 'gif'
  if (/^RIFF[^]{4}WEBP/.test(head)) return 'webp'
  return /^[^]{4}ftypavi[fs]/.test(head) ? 'avif' : undefined
}

/** Refused here as the server would refuse it, before anything is sent. */
function refusal(param: string, why: string, cause?: unknown): AnyFilmgateError {
  const message = `${param} ${why}`
  return toError({ code: 'invalid_parameter', message, param, retryable: false, cause }, 0)
}
