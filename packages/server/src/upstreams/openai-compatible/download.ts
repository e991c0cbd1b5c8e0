import { NoAnswerError, type HttpAnswer } from '../../net/http-client.ts'
import type { UpstreamSettings } from '../adapter.ts'
import { redact } from '../redact.ts'
import type { Call, Downloaded, Json } from '../upstream.ts'
import { isRecord } from './error-words.ts'
import { toRetryAfter } from './retry-after.ts'

/** Fetches a picture by its address. The key goes to the upstream's own origin and nowhere else. */
export async function download(
  { baseUrl, credential, http, files, clock }: UpstreamSettings,
  source: Json,
  { signal, timeoutMs }: Call,
): Promise<Downloaded> {
  const url = toUrl(source)
  if (url === undefined) return { kind: 'gone', note: 'the result has no address' }
  const isOwn = url.origin === new URL(baseUrl).origin
  const client = isOwn ? http : files
  const headers: Record<string, string> =
    isOwn && credential !== undefined ? { authorization: `Bearer ${credential.secret}` } : {}
  let answer: HttpAnswer
  try {
    answer = await client.request({ method: 'GET', url, headers, signal, timeoutMs, idleMs })
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof NoAnswerError)) throw error
    return { kind: 'no_answer', note: redact(error.message, { secret: credential?.secret }) }
  }
  if (answer.status === 200) return { kind: 'file', body: answer.body() }
  answer.discard()
  const note = `HTTP ${answer.status} for the file of the result`
  if (isGone(answer.status, isOwn)) return { kind: 'gone', note }
  const retryAfterMs = toRetryAfter(answer.headers, clock())
  return { kind: 'no_answer', note, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

const idleMs = 30_000

// Elsewhere 403 is an address whose signature has run out; at the upstream itself it is about the key.
function isGone(status: number, isOwn: boolean): boolean {
  return status === 404 || status === 410 || (status === 403 && !isOwn)
}

function toUrl(source: Json): URL | undefined {
  const text = isRecord(source) ? source['url'] : undefined
  return typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
}
