import type { ByteReader } from './byte-reader.ts'

/** What is inside these is looked at. */
const opened = new Set(['moov', 'trak'])
/** Titles, comments, and the workflow. */
const texts = new Set(['meta', 'udta', 'uuid'])

/**
 * An MP4 or QuickTime film without texts about it. Their boxes become free space of the same length,
 * because other boxes say where the frames are by counting bytes from the file's beginning.
 */
export function withoutUserData(reader: ByteReader): AsyncGenerator<Uint8Array> {
  return boxes(reader, Infinity)
}

async function* boxes(reader: ByteReader, within: number): AsyncGenerator<Uint8Array> {
  let left = within
  while (left >= 8) {
    const head = await readHead(reader)
    const inside = head.bytes - head.head.byteLength
    // Ends here, says nonsense of its length, or goes on to the end of the file.
    if (head.head.byteLength < 8 || inside < 0 || head.bytes > left) {
      yield head.head
      yield* reader.copy(left - head.head.byteLength)
      return
    }
    left -= head.bytes
    if (texts.has(head.type)) {
      yield asFree(head.head)
      yield* reader.blank(inside)
    } else {
      yield head.head
      yield* opened.has(head.type) ? boxes(reader, inside) : reader.copy(inside)
    }
  }
  yield* reader.copy(left)
}

async function readHead(reader: ByteReader) {
  const start = await reader.peek(16)
  if (start.byteLength < 8) return { head: await reader.take(8), type: '', bytes: 0 }
  const type = start.toString('latin1', 4, 8)
  const bytes = start.readUInt32BE(0)
  // No length: it goes on to the end of the file. A length of 1: the real one follows.
  if (bytes === 0) return { head: await reader.take(8), type, bytes: Infinity }
  if (bytes !== 1 || start.byteLength < 16) return { head: await reader.take(8), type, bytes }
  return { head: await reader.take(16), type, bytes: Number(start.readBigUInt64BE(8)) }
}

function asFree(head: Buffer): Buffer {
  return Buffer.concat([head.subarray(0, 4), Buffer.from('free'), head.subarray(8)])
}
