import type { ByteReader } from './byte-reader.ts'

const exifAndXmpFlags = 0x08 | 0x04

/**
 * A WebP without Exif and XMP. The file says its length first, so these chunks are emptied and get a
 * name that nobody looks for, instead of being taken out.
 */
export async function* withoutExif(reader: ByteReader): AsyncGenerator<Uint8Array> {
  yield await reader.take(12)
  for (;;) {
    const head = await reader.take(8)
    if (head.byteLength > 0) yield unnamed(head)
    if (head.byteLength < 8) return
    const bytes = head.readUInt32LE(4)
    const paddedBytes = bytes + (bytes % 2)
    if (isText(head)) yield* reader.blank(paddedBytes)
    else if (head.toString('latin1', 0, 4) === 'VP8X' && bytes > 0) {
      const flags = Buffer.from(await reader.take(1))
      if (flags.byteLength === 1) flags[0] = (flags[0] ?? 0) & ~exifAndXmpFlags
      yield flags
      yield* reader.copy(paddedBytes - 1)
    } else yield* reader.copy(paddedBytes)
  }
}

function isText(head: Buffer): boolean {
  const name = head.toString('latin1', 0, 4)
  return name === 'EXIF' || name === 'XMP '
}

function unnamed(head: Buffer): Buffer {
  return isText(head) ? Buffer.concat([Buffer.from('JUNK'), head.subarray(4)]) : head
}
