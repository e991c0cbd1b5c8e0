import type { ByteReader } from './byte-reader.ts'

const segment = '18538067'
/** Tags and attached files. */
const texts = new Set(['1254c367', '1941a469'])

/**
 * A WebM or Matroska film without its tags. They become void of the same length, because the film
 * says where its frames are by counting bytes.
 */
export async function* withoutTags(reader: ByteReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { id, head, bytes } = await readHead(reader)
    if (bytes === undefined && id !== segment) {
      yield head
      yield* reader.rest()
      return
    }
    if (texts.has(id) && bytes !== undefined) yield* asVoid(reader, head.byteLength, bytes)
    else {
      yield head
      // What is inside a segment is looked at as if it stood beside it.
      if (id !== segment) yield* reader.copy(bytes ?? 0)
    }
    if (head.byteLength === 0) return
  }
}

/** `bytes` is undefined where the length is left open, too large, or cut. */
async function readHead(reader: ByteReader) {
  const first = (await reader.peek(1))[0]
  const idBytes = first === undefined ? 0 : Math.min(4, Math.clz32(first) - 23)
  const start = await reader.peek(idBytes + 1)
  const second = start[idBytes]
  const sizeBytes = second === undefined ? 0 : Math.min(8, Math.clz32(second) - 23)
  const head = await reader.take(idBytes + sizeBytes)
  const id = head.toString('hex', 0, idBytes)
  if (head.byteLength === 0) return { id, head, bytes: 0 }
  if (sizeBytes === 0 || head.byteLength < idBytes + sizeBytes) return { id, head }
  const marked = BigInt(`0x${head.toString('hex', idBytes)}`)
  const open = (1n << BigInt(7 * sizeBytes)) - 1n
  const bytes = marked & open
  return bytes === open || bytes > BigInt(Number.MAX_SAFE_INTEGER) || (second ?? 0) === 0
    ? { id, head }
    : { id, head, bytes: Number(bytes) }
}

/** The element's head is read already; `bytes` are left of it. */
async function* asVoid(
  reader: ByteReader,
  headBytes: number,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  const totalBytes = headBytes + bytes
  const head = Buffer.alloc(totalBytes < 9 ? 2 : 9)
  const inside = totalBytes - head.byteLength
  head[0] = 0xec
  // A length of one byte, or of seven after a mark; six are enough for any file.
  head[1] = head.byteLength === 2 ? 0x80 | inside : 0x01
  if (head.byteLength === 9) head.writeUIntBE(inside, 3, 6)
  yield head
  const surplus = head.byteLength - headBytes
  if (surplus < 0) yield Buffer.alloc(-surplus)
  else await reader.skip(surplus)
  yield* reader.blank(Math.min(inside, bytes))
}
