import type {
  Call,
  Cancelled,
  Downloaded,
  Found,
  Json,
  Polled,
  Prepared,
  SentJob,
  Submitted,
  Upstream,
  UpstreamJob,
  UpstreamRef,
} from '../../../packages/server/src/upstreams/upstream.ts'

/** One answer of an upstream: at once, or whatever a function makes of the call. */
type Scripted<Answer> = Answer | ((call: Call) => Answer | Promise<Answer>)

/** What the upstream will answer, one after the other. A call for which nothing is left is a fault that the test sees. */
export interface Answers {
  prepare: Scripted<Prepared>[]
  submit: Scripted<Submitted>[]
  poll: Scripted<Polled>[]
  cancel: Scripted<Cancelled>[]
  find: Scripted<Found>[]
  download: Scripted<Downloaded>[]
}

type Method = keyof Answers

/** An upstream that answers what it was told to, in process. */
export interface ScriptedUpstream extends Upstream {
  answers: Answers
  /** What it was asked, in order. */
  calls: Method[]
  /** The jobs that were submitted. */
  jobs: UpstreamJob[]
  /** Which it was asked to find. */
  sought: SentJob[]
}

/** With `find` if it can look jobs up, and with `prepare` only if answers for it are given. */
export function scriptUpstream(
  name: string,
  { canFind = false, listingDelayMs = 0 }: { canFind?: boolean; listingDelayMs?: number } = {},
): ScriptedUpstream {
  const answers: Answers = { prepare: [], submit: [], poll: [], cancel: [], find: [], download: [] }
  const calls: Method[] = []
  const next = async <Kind extends Method>(kind: Kind, call: Call) => {
    calls.push(kind)
    // Each list holds answers of its own kind.
    const scripted = answers[kind].shift() as Scripted<Awaited<Answers[Kind][number]>> | undefined
    if (scripted === undefined)
      throw new Error(`${name} was asked to ${kind}, and nothing is scripted`)
    return typeof scripted === 'function' ? (scripted as (call: Call) => unknown)(call) : scripted
  }
  const upstream: ScriptedUpstream = {
    name,
    submitTimeoutMs: 60_000,
    listingDelayMs,
    answers,
    calls,
    jobs: [],
    sought: [],
    prepare: (_job, call) =>
      answers.prepare.length === 0
        ? Promise.resolve({ kind: 'ready', data: null })
        : (next('prepare', call) as Promise<Prepared>),
    submit(job: UpstreamJob, _prepared: Json, call) {
      upstream.jobs.push(job)
      return next('submit', call) as Promise<Submitted>
    },
    poll: (_ref: UpstreamRef, call) => next('poll', call) as Promise<Polled>,
    cancel: (_ref: UpstreamRef, call) => next('cancel', call) as Promise<Cancelled>,
    download: (_source: Json, call) => next('download', call) as Promise<Downloaded>,
    close: async () => {},
  }
  if (canFind) {
    upstream.find = (job, call) => {
      upstream.sought.push(job)
      return next('find', call) as Promise<Found>
    }
  }
  return upstream
}
