import type { Billed, FailureKind, Polled } from '../upstream.ts'
import { classify, type Refusal } from './failures.ts'
import { pollEveryMs, type QueuedJob } from './job-ref.ts'
import { fieldsOf, isWebAddress, parseJson } from './values.ts'
import type { Reply, Wire } from './wire.ts'

/** What the queue says of a run that failed. */
export type Said = NonNullable<Refusal['said']>

// No verdicts on the job: they speak of this look alone, whatever became of the run.
const ofThisLook = new Set([401, 403, 408, 425, 429])

/** What the result's address says of a job that has ended; undefined if it says nothing of it. */
export function readResult(
  wire: Wire,
  job: QueuedJob,
  reply: Reply,
  said: Said | undefined,
): Polled | undefined {
  const { status, headers, text, isCut } = reply
  if (status >= 200 && status <= 299) {
    const body = isCut ? undefined : parseJson(text)
    return readSuccess(wire, job, body, said)
  }
  if (ofThisLook.has(status) || status < 400) return undefined
  // Files that were paid for have been lost to a 5xx here, so it counts only if the queue, too, says
  // that the run has failed.
  if (status >= 500 && said === undefined) return undefined
  if (isStillRunning(status, text)) return { kind: 'pending', pollAfterMs: pollEveryMs[job.type] }
  if ([404, 410].includes(status) && !tellsOfPath(text)) {
    return said === undefined
      ? { kind: 'unknown_job', billed: 'unknown' }
      : endedAs(wire, job, said)
  }
  const refusal = { status, headers, text, ...(said === undefined ? {} : { said }) }
  const { kind, billed, field, words } = classify(refusal, job.fields)
  return {
    kind: 'failed',
    failure: {
      kind,
      note: wire.note(words),
      job: 'ended',
      billed,
      ...(field === undefined ? {} : { field }),
      httpStatus: status,
    },
  }
}

function readSuccess(
  wire: Wire,
  job: QueuedJob,
  body: unknown,
  said: Said | undefined,
): Polled | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  const fields = fieldsOf(body)
  const { status } = fields
  if (status === 'IN_QUEUE' || status === 'IN_PROGRESS') {
    return { kind: 'pending', pollAfterMs: pollEveryMs[job.type] }
  }
  const urls = findFiles(fields, job)
  const flags = Array.isArray(fields['has_nsfw_concepts']) ? fields['has_nsfw_concepts'] : []
  // What is flagged is a black picture.
  const clean = urls.filter((_, index) => flags[index] !== true).filter(isWebAddress)
  if (clean.length > 0) {
    const outputs = clean.map((url) => ({ kind: 'remote' as const, source: { url } }))
    return { kind: 'done', outputs, billed: 'yes' }
  }
  if (flags.includes(true)) {
    return ended('moderated', 'every picture was flagged as not safe for work', 'yes')
  }
  if (said !== undefined) return endedAs(wire, job, said)
  return ended('useless', 'the result names no file', 'yes')
}

// The answer itself has nothing on it, so the queue's words are all there is.
function endedAs(wire: Wire, job: QueuedJob, said: Said): Polled {
  const { kind, billed, words } = classify({ status: 200, headers: {}, text: '', said }, job.fields)
  return ended(kind, wire.note(words), billed)
}

function findFiles(fields: Readonly<Record<string, unknown>>, { type }: QueuedJob): unknown[] {
  const many = fields[`${type}s`]
  const files = Array.isArray(many) ? many.slice(0, maxFiles) : [fields[type]]
  return files.map((file) => (typeof file === 'string' ? file : fieldsOf(file)['url']))
}

const maxFiles = 16

function isStillRunning(status: number, text: string): boolean {
  return status === 400 && /still in progress/iu.test(text) && text.length < 1000
}

// The queue takes jobs for any path of an app; that there is none is what the app itself says.
function tellsOfPath(text: string): boolean {
  const { detail } = fieldsOf(parseJson(text))
  return typeof detail === 'string' && /^path\b.{0,200}\bnot found/iu.test(detail)
}

function ended(kind: FailureKind, note: string, billed: Billed): Polled {
  return { kind: 'failed', failure: { kind, note, job: 'ended', billed } }
}
