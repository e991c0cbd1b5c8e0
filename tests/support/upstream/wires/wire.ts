import type { Account } from '../account.ts'
import type { Job } from '../jobs.ts'
import type { RequestRecord } from '../records.ts'
import type { Act, Step } from '../script.ts'

/** A request that was read to its end. */
export interface Call {
  account: Account
  method: string
  /** Segments after the wire's name, decoded. */
  path: string[]
  query: URLSearchParams
  headers: Record<string, string>
  body: Buffer
  /** Of multipart bodies. */
  form?: FormData
  /** Scheme, host and account, as the client addressed them. */
  base: string
  record: RequestRecord
}

/** What is sent, if the script lets it. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: Uint8Array
  /** How it is sent, if nothing else is scripted. */
  manner?: Act
}

/** One kind of upstream. */
export interface Wire {
  /** What a request is about, by its first line alone. */
  stepOf(method: string, path: string[]): Step
  /** Which job a request is about; may say more exactly which step it is. */
  find?(call: Call): { job?: Job; step?: Step }
  /** Does what is asked and says so. It is not called for a submission that the script refuses. */
  answer(call: Call, job: Job | undefined): Answer | Promise<Answer>
}

/** An answer in JSON. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  const type = { 'content-type': 'application/json' }
  return { status, headers: { ...type, ...headers }, body: Buffer.from(JSON.stringify(value)) }
}

/** The body as JSON; undefined if it is none, or not an object. */
export function readJson(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString())
    // An object has nothing but unknown fields.
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether it is an object with fields. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as a text: itself, if it is one. */
export function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The bytes, or the range of them that was asked for. */
export function file(
  { headers }: Call,
  { status, type, bytes, manner }: { status: number; type: string; bytes: Uint8Array; manner: Act },
  more: Record<string, string> = {},
): Answer {
  const all = { 'content-type': type, 'accept-ranges': 'bytes', ...more }
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '')
  if (status !== 200 || range === null) return { status, headers: all, body: bytes, manner }
  const from = Number(range[1])
  const to = Math.min(range[2] === '' ? Infinity : Number(range[2]), bytes.length - 1)
  if (from > to) {
    const size = { 'content-range': `bytes */${bytes.length}` }
    return { status: 416, headers: { ...all, ...size }, body: Buffer.alloc(0) }
  }
  const part = { 'content-range': `bytes ${from}-${to}/${bytes.length}` }
  return { status: 206, headers: { ...all, ...part }, body: bytes.subarray(from, to + 1), manner }
}
