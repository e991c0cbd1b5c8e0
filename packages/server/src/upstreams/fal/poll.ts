import type { Call, Polled, UpstreamRef } from '../upstream.ts'
import { parseRef, pollEveryMs } from './job-ref.ts'
import { readResult, type Said } from './result.ts'
import { fieldsOf, parseJson } from './values.ts'
import { retryAfterOf, type Reply, type Silence, type Wire } from './wire.ts'

/** One look at a job's state; once that is `COMPLETED`, one at its result, where the verdict is. */
export async function poll(wire: Wire, ref: UpstreamRef, call: Call): Promise<Polled> {
  const job = parseRef(ref, wire.settings.baseUrl)
  const reply = await wire.ask({ method: 'GET', url: job.urls.status }, call)
  if (reply.kind === 'silence') return noAnswer(wire, reply)
  if (reply.status === 404 || reply.status === 410)
    return { kind: 'unknown_job', billed: 'unknown' }
  const answer = fieldsOf(reply.isCut ? undefined : parseJson(reply.text))
  const { status, queue_position: position } = answer
  const isAnswer = reply.status >= 200 && reply.status <= 299 && typeof status === 'string'
  if (!isAnswer) return noAnswer(wire, reply)
  if (status !== 'COMPLETED') {
    return {
      kind: 'pending',
      pollAfterMs: pollEveryMs[job.type],
      ...(isCount(position) ? { queuePosition: position } : {}),
    }
  }
  const result = await wire.ask({ method: 'GET', url: job.urls.result }, call)
  if (result.kind === 'silence') return noAnswer(wire, result)
  return readResult(wire, job, result, toSaid(answer)) ?? noAnswer(wire, result)
}

/** A look that failed. */
function noAnswer(wire: Wire, reply: Reply | Silence): Polled {
  if (reply.kind === 'silence') return { kind: 'no_answer', note: reply.note }
  const { status, headers, isCut } = reply
  const retryAfterMs = retryAfterOf(headers, wire.settings.clock())
  const isSuccess = status >= 200 && status <= 299
  const what = isCut ? ' and broke off' : isSuccess ? ' with something unreadable' : ''
  return {
    kind: 'no_answer',
    note: `fal answered ${status}${what}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

// A run that failed is COMPLETED as well, and these two tell it apart.
function toSaid({ error, error_type: type }: Readonly<Record<string, unknown>>): Said | undefined {
  if (typeof error !== 'string' && typeof type !== 'string') return undefined
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof error === 'string' ? { words: error } : {}),
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
