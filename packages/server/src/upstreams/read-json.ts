/**
 * Reads JSON whose strings may be whole pictures. Everything but long base64 strings is kept in
 * memory, under a small cap; each of those goes to disk while it arrives, decoded, and a
 * `StagedString` takes its place. However many pictures are on their way, memory holds none of them.
 */
import type { MediaStore, StagedFile } from '../media/media-store.ts'
import { ByteSource, UnreadableError, type Unreadable } from './json/byte-source.ts'
import { JsonText } from './json/json-text.ts'
import { StringSpool, type SpoolLimits } from './json/string-spool.ts'

export type JsonRead =
  /** Each of `files` stands somewhere in `value`; whoever gets them keeps or discards each. */
  | { kind: 'json'; value: unknown; files: readonly StagedFile[] }
  /** Nothing is left on disk. `head` is how it began, without the long strings. */
  | { kind: 'unreadable'; why: Unreadable; head: string }

/** How much is taken. */
export interface JsonLimits extends SpoolLimits {
  /** Of what is kept in memory. */
  maxTextBytes: number
}

/** Strings of base64 go to disk from this length on. */
export const longStringBytes = 16 * 1024

const maxDepth = 64

/** Length of the beginning that is told of a body that was not read. */
const headBytes = 4096

/** Throws only the signal's reason, and what `store` throws of itself; then, too, nothing is left on disk. */
export async function readJson(
  body: AsyncIterable<Uint8Array>,
  store: Pick<MediaStore, 'stage' | 'discard'>,
  limits: JsonLimits,
  signal: AbortSignal,
): Promise<JsonRead> {
  const source = new ByteSource(body, limits.maxBytes, signal)
  const text = new JsonText(limits.maxTextBytes)
  const spool = new StringSpool(source, store, limits)
  try {
    await readValue(source, text, spool)
    const { value, files } = await spool.fillIn(text.toString())
    return { kind: 'json', value, files }
  } catch (error) {
    await spool.discardAll()
    if (!(error instanceof UnreadableError)) throw error
    return { kind: 'unreadable', why: error.why, head: text.toString().slice(0, headBytes) }
  } finally {
    await source.close()
  }
}

const space = 0x20
const quote = 0x22
const backslash = 0x5c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])

async function readValue(source: ByteSource, text: JsonText, spool: StringSpool): Promise<void> {
  let depth = 0
  let isWhole = false
  try {
    while (source.hasMore || (await source.fill())) {
      const byte = source.take()
      text.push(byte)
      if (depth === 0 && !mayStandOutside(byte)) throw await notJson(source, text)
      if (byte === quote) await readString(source, text, spool)
      else if (opening.has(byte)) depth += 1
      else if (closing.has(byte)) depth -= 1
      if (depth > maxDepth) throw new UnreadableError('not_json')
      isWhole ||= depth <= 0 && closing.has(byte)
    }
  } catch (error) {
    // The last bracket has come, so what was cut off is at most the end of the transfer.
    const isCutAfter = isWhole && error instanceof UnreadableError && error.why === 'cut'
    if (!isCutAfter) throw error
  }
  if (depth > 0) throw new UnreadableError('cut')
}

// Objects and lists only: a page has quotes, too, and would be read as a string without end.
function mayStandOutside(byte: number): boolean {
  return byte <= space || opening.has(byte)
}

async function notJson(source: ByteSource, text: JsonText): Promise<UnreadableError> {
  while (text.length < headBytes && (source.hasMore || (await source.fill()))) {
    text.push(source.take())
  }
  return new UnreadableError('not_json')
}

/** The rest of a string, whose first quote was taken. */
async function readString(source: ByteSource, text: JsonText, spool: StringSpool): Promise<void> {
  const start = text.length
  let isText = false
  while (source.hasMore || (await source.fill())) {
    const byte = source.take()
    text.push(byte)
    if (byte === quote) return
    if (byte === backslash) {
      if (!source.hasMore && !(await source.fill())) break
      text.push(source.take())
    }
    if (!isText && text.length - start >= longStringBytes) {
      const head = text.from(start)
      isText = !looksLikeBase64.test(head)
      if (!isText) {
        text.replaceFrom(start, `${await spool.stage(head)}"`)
        return
      }
    }
  }
  throw new UnreadableError('cut')
}

const looksLikeBase64 = /^(?:data:[\w/+.;=-]{0,100};base64,)?(?:[\w+/=-]|\\[nru/])*$/u
