import type {
  Call,
  Downloaded,
  Polled,
  Submitted,
  UpstreamFailure,
  UpstreamOutput,
} from '../../../packages/server/src/upstreams/upstream.ts'
import { deferred } from './deferred.ts'
import { picture } from './orders.ts'

/** A result of one picture that comes with the answer. */
export const pictures: UpstreamOutput[] = [{ kind: 'bytes', bytes: picture }]
/** A result of one picture that is to be fetched. */
export const remotePicture: UpstreamOutput[] = [{ kind: 'remote', source: 'first.jpeg' }]
/** A submission that is answered with the picture. */
export const done = {
  kind: 'done',
  ref: { id: 'job' },
  outputs: pictures,
  billed: 'yes',
} as const satisfies Submitted
/** A submission that was taken. */
export const accepted: Submitted = { kind: 'accepted', ref: { id: 'job' }, pollAfterMs: 1000 }
/** A job that has delivered. */
export const finished: Polled = { kind: 'done', outputs: pictures, billed: 'yes' }
/** One whose picture is to be fetched. */
export const finishedElsewhere: Polled = { kind: 'done', outputs: remotePicture, billed: 'yes' }
/** A job that goes on. */
export const pending: Polled = { kind: 'pending', pollAfterMs: 1000 }
/** A look that failed. */
export const noAnswer: Polled = { kind: 'no_answer', note: '503' }
/** An upstream that does not know the job. */
export const unknownJob: Polled = { kind: 'unknown_job', billed: 'no' }

/** A failure: without more said, one that may pass, of a job that was never taken. */
export function failed(failure: Partial<UpstreamFailure> = {}): {
  kind: 'failed'
  failure: UpstreamFailure
} {
  return {
    kind: 'failed',
    failure: { kind: 'transient', note: 'scripted', job: 'none', billed: 'no', ...failure },
  }
}

/** A submission that may have arrived, and nobody knows. */
export const broken = failed({ job: 'possible', billed: 'unknown' })
/** A file that arrives whole. */
export const file = (bytes: Uint8Array = picture): Downloaded => ({
  kind: 'file',
  body: (async function* () {
    yield bytes
  })(),
})

/** No answer: rejects when the call's time is over, or nobody waits for it any more. */
export function silence(call: Call): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(call.signal.reason)
    if (call.signal.aborted) stop()
    else call.signal.addEventListener('abort', stop, { once: true })
  })
}

/** An answer that a test gives when it is time to. */
export interface Held<Answer> {
  /** The answer, for the script. */
  answer: (call: Call) => Promise<Answer>
  /** Resolves when it was asked for. */
  asked: Promise<Call>
  give(answer: Answer): void
}

/** Holds an answer back. Like any other it ends with its call. */
export function held<Answer>(): Held<Answer> {
  const asked = deferred<Call>()
  const given = deferred<Answer>()
  return {
    answer(call) {
      asked.resolve(call)
      return Promise.race([given.promise, silence(call)])
    },
    asked: asked.promise,
    give: given.resolve,
  }
}

/** A refusal because there is too much to do. */
export const throttled = (retryAfterMs?: number): Submitted =>
  failed({ kind: 'throttled', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
