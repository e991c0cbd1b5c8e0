import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { fail, type Failure } from '../contract/failure.ts'
import { longTextBytes } from './body-shape.ts'
import { bodyMissing } from './content-headers.ts'
import { headOf, unescapeLongText } from './long-text.ts'
import { toParam, type Path } from './param.ts'
import type { ReceivedBody } from './read-body.ts'

/** A body as a value. */
export interface ParsedBody {
  /** Long texts are cut to their first 64 KiB, which only an inline image may be longer than. */
  value: Record<string, unknown>
  /** The long texts as a whole, in UTF-8, by their parameter: `images[0].url`. They are views of the body. */
  longTexts: ReadonlyMap<string, Uint8Array>
}

/**
 * The JSON object in a body. Throws when it is empty, not UTF-8, not JSON or not an object. The
 * body's bytes are unescaped in place, so they are of no further use to the caller.
 */
export async function parseBody({ bytes: body, longTexts }: ReceivedBody): Promise<ParsedBody> {
  if (body.length === 0) throw bodyMissing()
  if (!isUtf8(body)) throw notJson('The body is not valid UTF-8. Send it as UTF-8.')
  const skeleton = toSkeleton(body, longTexts)
  const value = parseJson(skeleton, longTexts.length === 0)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw fail('invalid_parameter', 'wrong_type', {
      message: 'The body must be a JSON object, `{ … }`.',
    })
  }
  // An object was just seen; its values are looked at by the schema.
  const object = value as Record<string, unknown>
  if (longTexts.length === 0) return { value: object, longTexts: new Map() }
  const texts: Buffer[] = []
  for (const { start, end } of longTexts) {
    const text = await unescapeLongText(body.subarray(start, end))
    if (text === undefined) throw notJson('The body is not valid JSON: a long text is malformed.')
    texts.push(text)
  }
  return putBack(object, texts)
}

/** Stands for a long text while the rest is parsed. Nobody can guess it, so nobody can send it. */
const mark = randomBytes(16).toString('hex')

/** The body with a short mark in place of each long text. */
function toSkeleton(body: Buffer, longTexts: ReceivedBody['longTexts']): string {
  const pieces: string[] = []
  let from = hasByteOrderMark(body) ? 3 : 0
  for (const [index, { start, end }] of longTexts.entries()) {
    pieces.push(body.toString('utf8', from, start), `${mark}${index}`)
    from = end
  }
  return pieces.join('') + body.toString('utf8', from)
}

function hasByteOrderMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
}

function parseJson(text: string, isWhole: boolean): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The parser's own message quotes the body, which belongs neither into an answer nor into a log.
    const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined
    const where = position === undefined || !isWhole ? '' : `, at character ${Number(position) + 1}`
    throw notJson(`The body is not valid JSON${where}. Build it with a JSON library.`)
  }
}

function notJson(message: string): Failure {
  return fail('invalid_parameter', 'body_not_json', { message })
}

/** The value with the beginnings of the long texts where their marks are. */
function putBack(object: Record<string, unknown>, texts: Buffer[]): ParsedBody {
  const longTexts = new Map<string, Uint8Array>()
  const restored = (text: string, path?: Path): string => {
    const long = text.startsWith(mark) ? texts[Number(text.slice(mark.length))] : undefined
    if (long === undefined) return text
    // Once its escapes are gone it may be an ordinary text.
    if (long.length > longTextBytes && path !== undefined) longTexts.set(toParam(path), long)
    return headOf(long, longTextBytes)
  }
  const restoreAll = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return restored(value, path)
    if (Array.isArray(value)) return value.map((item, index) => restoreAll(item, [...path, index]))
    return value !== null && typeof value === 'object' ? restoreFields(value, path) : value
  }
  const restoreFields = (fields: object, path: Path): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        restored(name),
        restoreAll(value, [...path, name]),
      ]),
    )
  return { value: restoreFields(object, []), longTexts }
}
