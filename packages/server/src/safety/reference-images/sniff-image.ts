/** Kinds of picture that are read. What a server or a file name says about the type is ignored. */
export type SourceType = 'png' | 'jpeg' | 'webp' | 'gif' | 'avif'

/** Bytes that settle the question; fewer may do. */
export const sniffLength = 64

/** The type by its first bytes, or undefined for anything else (SVG, HTML, TIFF, HEIC, …). */
export function sniffImage(head: Uint8Array): SourceType | undefined {
  if (startsWith(head, '\x89PNG\r\n\x1a\n')) return 'png'
  if (startsWith(head, '\xff\xd8\xff')) return 'jpeg'
  if (startsWith(head, 'GIF87a') || startsWith(head, 'GIF89a')) return 'gif'
  if (startsWith(head, 'RIFF') && startsWith(head.subarray(8), 'WEBP')) return 'webp'
  if (startsWith(head.subarray(4), 'ftyp') && hasAvifBrand(head)) return 'avif'
  return undefined
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  if (bytes.length < text.length) return false
  for (let index = 0; index < text.length; index++) {
    if (bytes[index] !== text.charCodeAt(index)) return false
  }
  return true
}

// The brand stands first or among the compatible ones; some writers put the general `mif1` first.
function hasAvifBrand(head: Uint8Array): boolean {
  const boxLength = Math.min(head[3] ?? 0, head.length)
  for (let offset = 8; offset + 4 <= boxLength; offset += 4) {
    const brand = head.subarray(offset)
    if (startsWith(brand, 'avif') || startsWith(brand, 'avis')) return true
  }
  return false
}
