import type { ByteReader } from './byte-reader.ts'

// Chunks without which the picture could not be drawn begin with a capital. Of the others these are
// about colours, size and motion; ComfyUI has one of its own for texts, so the rest is not kept.
const kept = new Set(
  'acTL bKGD cHRM cICP cLLI fcTL fdAT gAMA hIST iCCP mDCV pHYs sBIT sRGB tRNS'.split(' '),
)

/** A PNG without its texts. What comes after its end is dropped, too. */
export async function* withoutTexts(reader: ByteReader): AsyncGenerator<Uint8Array> {
  yield await reader.take(8)
  for (;;) {
    const head = await reader.take(8)
    const type = head.toString('latin1', 4)
    // With the checksum.
    const bytes = head.byteLength < 8 ? 0 : head.readUInt32BE(0) + 4
    if (head.byteLength === 8 && !isKept(type)) {
      await reader.skip(bytes)
      continue
    }
    if (head.byteLength > 0) yield head
    yield* reader.copy(bytes)
    if (head.byteLength < 8) return
    if (type === 'IEND') break
  }
  // So that a connection which is done can be used again; one that goes on is ended.
  await reader.take(1)
}

function isKept(type: string): boolean {
  return /^[A-Z]/.test(type) || kept.has(type)
}
