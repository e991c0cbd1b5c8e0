import type { WireRequest } from '../support/wire-server.ts'
import type { CallRecord } from './record.ts'
import type { Reply } from './routes.ts'

/** A file that is served, as Latin-1 text: each character is a byte. */
interface ServedFile {
  /** As it is, and as it may become. */
  versions: string[]
  etag: 'strong' | 'weak' | 'none'
  knowsRanges: boolean
  /** Before the request of this number it becomes another one. */
  changesAt: number
}

const files = new WeakMap<CallRecord, ServedFile>()

/** The file of a call, in all its versions. */
export function fileOf(record: CallRecord): ServedFile {
  const known = files.get(record)
  if (known) return known
  const { chance } = record
  const length = chance.is(0.1) ? 100_000 + chance.below(200_000) : 1 + chance.below(20_000)
  const made: ServedFile = {
    versions: [
      bytes(chance.below(256), length),
      bytes(chance.below(256), chance.below(length) + 1),
    ],
    etag: chance.pick(['strong', 'strong', 'weak', 'none']),
    knowsRanges: chance.is(0.7),
    changesAt: chance.is(0.1) ? 2 + chance.below(2) : Infinity,
  }
  files.set(record, made)
  return made
}

// No two places are alike, so that a piece in the wrong place shows.
function bytes(seed: number, length: number): string {
  const buffer = Buffer.alloc(length)
  for (let at = 0; at < length; at++) buffer[at] = (at * 31 + (at >> 8) * 17 + seed) & 255
  return buffer.toString('latin1')
}

/** What a well-behaved server answers to a request for it. */
export function fileReply(record: CallRecord, { headers }: WireRequest): Reply {
  const { versions, etag, knowsRanges, changesAt } = fileOf(record)
  const version = record.requests >= changesAt ? 1 : 0
  const text = versions[version] ?? ''
  const tag = `"v${version}"`
  const all: Record<string, string> = { 'Content-Type': 'video/mp4' }
  if (etag !== 'none') all['ETag'] = etag === 'weak' ? `W/${tag}` : tag
  const from = Number(/^bytes=(\d+)-$/.exec(headers.get('range') ?? '')?.[1] ?? 0)
  const isAsked = knowsRanges && from > 0 && headers.get('if-range') === tag
  if (!isAsked) return { status: 200, headers: all, body: text }
  if (from >= text.length) {
    return { status: 416, headers: { 'Content-Range': `bytes */${text.length}` }, body: '' }
  }
  const range = { 'Content-Range': `bytes ${from}-${text.length - 1}/${text.length}` }
  return { status: 206, headers: { ...all, ...range }, body: text.slice(from) }
}
