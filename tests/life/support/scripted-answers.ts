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
import { deferred, type Deferred } from './deferred.ts'

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
  /** What came of preparing each of them. */
  prepared: Json[]
  /** When the last of them had to have left. */
  leaveBy: number
  /** Which it was asked to find. */
  sought: SentJob[]
  /** By which references it was asked to poll or cancel. */
  refs: UpstreamRef[]
  /** What it was asked to download. */
  sources: Json[]
  /** Resolves when it is asked this next. */
  asked(method: Method): Promise<void>
}

/** With `find` if it can look jobs up, and with `prepare` only if answers for it are given. */
export function scriptUpstream(
  name: string,
  { canFind = false, listingDelayMs = 0 }: { canFind?: boolean; listingDelayMs?: number } = {},
): ScriptedUpstream {
  const answers: Answers = { prepare: [], submit: [], poll: [], cancel: [], find: [], download: [] }
  const calls: Method[] = []
  const asked = new Map<Method, Deferred>()
  const next = async (method: Method, call: Call) => {
    calls.push(method)
    asked.get(method)?.resolve()
    const scripted = answers[method].shift()
    if (scripted === undefined) {
      throw new Error(`${name} was asked to ${method}, and nothing is scripted`)
    }
    return typeof scripted === 'function' ? scripted(call) : scripted
  }
  // Each list holds answers of its own kind.
  const upstream: ScriptedUpstream = {
    name,
    submitTimeoutMs: 60_000,
    listingDelayMs,
    answers,
    calls,
    jobs: [],
    prepared: [],
    leaveBy: 0,
    sought: [],
    refs: [],
    sources: [],
    asked(method) {
      const soon = deferred()
      asked.set(method, soon)
      return soon.promise
    },
    prepare: (_job, call) =>
      answers.prepare.length === 0
        ? Promise.resolve({ kind: 'ready', data: null })
        : (next('prepare', call) as Promise<Prepared>),
    submit(job, prepared, call) {
      upstream.jobs.push(job)
      upstream.prepared.push(prepared)
      upstream.leaveBy = call.leaveBy
      return next('submit', call) as Promise<Submitted>
    },
    poll(ref, call) {
      upstream.refs.push(ref)
      return next('poll', call) as Promise<Polled>
    },
    cancel(ref, call) {
      upstream.refs.push(ref)
      return next('cancel', call) as Promise<Cancelled>
    },
    download(source, call) {
      upstream.sources.push(source)
      return next('download', call) as Promise<Downloaded>
    },
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
