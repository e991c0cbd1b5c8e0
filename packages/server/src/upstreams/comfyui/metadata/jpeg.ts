import type { ByteReader } from './byte-reader.ts'

const startOfScan = 0xda
const comment = 0xfe

/** A JPEG without Exif, XMP, comments and the like. */
export async function* withoutSegments(reader: ByteReader): AsyncGenerator<Uint8Array> {
  yield await reader.take(2)
  for (;;) {
    const head = await reader.peek(4)
    const code = head[1] ?? 0
    // The picture itself begins, or something that has no length.
    const isPlain = head.byteLength === 4 && head[0] === 0xff && code >= 0xc0 && !isBare(code)
    if (!isPlain || code === startOfScan) break
    const bytes = head.readUInt16BE(2) + 2
    if (isText(code)) await reader.skip(bytes)
    else yield* reader.copy(bytes)
  }
  yield* reader.rest()
}

function isBare(code: number): boolean {
  return (code >= 0xd0 && code <= 0xd9) || code === 0xff
}

// Of the application's segments 0 is the size of a pixel, 2 are colours and 14 is how colours are stored.
function isText(code: number): boolean {
  const application = code - 0xe0
  return code === comment || (application > 0 && application < 16 && ![2, 14].includes(application))
}
