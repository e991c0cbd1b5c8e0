import { ImageRefusal, toMegabytes } from './settings.ts'

const acceptedTypes = new Set([
  'image/png',
  'image/jpeg',
  'image/jpg',
  'image/webp',
  'image/gif',
  'image/avif',
])

/** Whether the text is a `data:` URL at all; case does not matter in a scheme. */
export function isDataUrl(text: string): boolean {
  return text.slice(0, 5).toLowerCase() === 'data:'
}

/** Bytes of a `data:image/…;base64,…` URL. Throws an `ImageRefusal`; checks the size before decoding. */
export function parseDataUrl(text: string, maxBytes: number): Buffer {
  const comma = text.slice(0, 100).indexOf(',')
  if (comma === -1) throw malformed()
  const [type = '', ...parameters] = text.slice(5, comma).toLowerCase().split(';')
  if (!acceptedTypes.has(type)) {
    throw new ImageRefusal('is a data URL of another type than PNG, JPEG, WebP, GIF or AVIF')
  }
  if (parameters.at(-1) !== 'base64') throw malformed()
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - comma - 1 - padding
  const length = Math.floor((digits * 3) / 4)
  if (length === 0) throw new ImageRefusal('is empty')
  if (length > maxBytes) throw new ImageRefusal(`is larger than ${toMegabytes(maxBytes)}`)
  const bytes = Buffer.from(text.slice(comma + 1), 'base64')
  // Node skips characters that are not base64, so foreign ones show as missing bytes.
  if (bytes.length !== length) throw malformed()
  return bytes
}

function malformed(): ImageRefusal {
  return new ImageRefusal(
    'is a malformed data URL; the form is data:image/png;base64, followed by base64 without spaces or line breaks',
  )
}
