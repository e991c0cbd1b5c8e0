import type { Call, Json, Submitted, UpstreamFailure, UpstreamJob } from '../upstream.ts'
import { withImages } from './body.ts'
import { classify } from './failures.ts'
import { isJobId, pollEveryMs, toRef, type FieldMap } from './job-ref.ts'
import { planJob } from './plan.ts'
import { fieldsOf, parseJson } from './values.ts'
import { retryAfterOf, type Reply, type Wire } from './wire.ts'

// Refusals in name only: the request may have been read before them.
const undecided = new Set([408, 499])
const moved = new Set([301, 307, 308])

/** Exactly one submission. */
export async function submit(
  wire: Wire,
  job: UpstreamJob,
  prepared: Json,
  call: Call & { leaveBy: number },
): Promise<Submitted> {
  const plan = planJob(job)
  if (plan.kind === 'refused') return { kind: 'failed', failure: plan.failure }
  const { baseUrl } = wire.settings
  const reply = await wire.ask(
    {
      method: 'POST',
      url: `${baseUrl}/${plan.endpoint}`,
      headers: { 'content-type': 'application/json' },
      ...toBody(job, prepared, plan.toInput),
      notAfter: call.leaveBy,
    },
    call,
  )
  if (reply.kind === 'silence') {
    const { sent, note } = reply
    return failed(
      sent === 'no'
        ? { kind: 'transient', note, job: 'none', billed: 'no' }
        : { kind: 'transient', note, job: 'possible', billed: 'unknown' },
    )
  }
  if (reply.status < 200 || reply.status > 299) {
    return failed(toFailure(wire, reply, plan.fields, job.input.prompt))
  }
  const answer = parseJson(reply.text)
  const id = findId(answer, reply.text)
  if (id === undefined) {
    const note = `fal answered ${reply.status} without the id of a job`
    return failed({
      kind: 'useless',
      note,
      job: 'possible',
      billed: 'unknown',
      httpStatus: reply.status,
    })
  }
  const queued = { id, type: job.type, endpoint: plan.endpoint, fields: plan.fields }
  const ref = toRef(answer, queued, baseUrl)
  return { kind: 'accepted', ref, pollAfterMs: pollEveryMs[job.type] }
}

function toBody(
  job: UpstreamJob,
  prepared: Json,
  toInput: (urls: readonly string[]) => Record<string, Json>,
) {
  const isUploaded = Array.isArray(prepared) && prepared.length === job.images.length
  if (!isUploaded) return withImages(job.images, toInput)
  return { body: JSON.stringify(toInput(prepared.map(String))) }
}

// An answer that broke off may still have told it; the closing quote says that it is whole.
function findId(answer: unknown, text: string): string | undefined {
  const { request_id: id } = fieldsOf(answer)
  const found = answer === undefined ? /"request_id"\s*:\s*"([\w.-]+)"/u.exec(text)?.[1] : id
  return isJobId(found) ? found : undefined
}

function toFailure(wire: Wire, reply: Reply, fields: FieldMap, prompt: string): UpstreamFailure {
  const { status, headers, text } = reply
  const { kind, field, words } = classify({ status, headers, text }, fields)
  const isNone = moved.has(status) || (status >= 400 && status < 500 && !undecided.has(status))
  const retryAfterMs = retryAfterOf(headers, wire.settings.clock())
  return {
    kind,
    note: wire.note(words, prompt),
    job: isNone ? 'none' : 'possible',
    billed: isNone ? 'no' : 'unknown',
    ...(field === undefined ? {} : { field }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    httpStatus: status,
  }
}

function failed(failure: UpstreamFailure): Submitted {
  return { kind: 'failed', failure }
}
