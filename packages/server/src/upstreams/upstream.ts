/**
 * What the gateway asks of whoever makes the pictures. An adapter speaks one upstream's language
 * and nothing else: it never retries, sleeps or loops, and never decides. It says what happened, in
 * the words of this file, which are those of the operator's world: `credential` is the operator's
 * key, never the client's. What follows from it is decided in generations/, and what the client is
 * told stands in one table there (generations/failures.ts).
 */
import type { GenerationType } from '../contract/generations.ts'
import type { ImageRole } from '../contract/common.ts'
import type { StagedFile } from '../media/media-store.ts'
import type { Route } from '../models/model.ts'
import type { GenerationInput } from '../models/parse-input.ts'

/** Plain data, safe to store. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** All that a fresh process needs to ask for a job again. Holds no secrets. */
export interface UpstreamRef {
  id: string
  extra?: Json
}

/**
 * How long a call may take. `signal` aborts when that is over, and when nobody needs the answer any
 * more; then the call rejects with the signal's reason. Every other fault of an upstream is an answer.
 */
export interface Call {
  signal: AbortSignal
  /** Until `signal` aborts of itself. */
  timeoutMs: number
}

/** A reference image as adapters get it: fetched, checked, of a known type. */
export interface UpstreamImage {
  role: ImageRole
  mimeType: string
  width: number
  height: number
  bytes: number
  /** Streams the file; may be called again. */
  open(): AsyncIterable<Uint8Array>
}

/** One job for an upstream. */
export interface UpstreamJob {
  /** Id of the attempt: chosen by us before the job is sent, so that it can be looked up after. */
  id: string
  generationId: string
  workspaceId: string
  /** By whom an adapter takes turns at what this machine has little of. */
  tenant: string
  type: GenerationType
  /** Where it goes: the model's name there, and what the operator fixed for it. */
  route: Route
  input: GenerationInput
  images: readonly UpstreamImage[]
}

/** What is known of a job whose answer never came. */
export interface SentJob {
  /** Id of the attempt. */
  id: string
  /** When it was about to be sent, in milliseconds since the epoch. */
  sentAt: number
  route: Pick<Route, 'upstream' | 'model'>
}

/** Whether the upstream took money, as far as it is known. */
export type Billed = 'yes' | 'no' | 'unknown'

/**
 * Why there is no result, in the operator's words.
 *
 *   moderated    it refused the content, before or after it made something
 *   bad_input    it refused a value; `field` says which, where that is the client's
 *   throttled    it takes no more at the moment
 *   credential   the operator's key is wrong, or may not do this
 *   funds        the operator's account has no money or no plan
 *   model_gone   it does not have the model, the workflow or the address
 *   transient    anything that may pass
 *   lost         it took the job and no longer knows it
 *   useless      it answered, with nothing that is a picture or film
 */
export type FailureKind =
  | 'moderated'
  | 'bad_input'
  | 'throttled'
  | 'credential'
  | 'funds'
  | 'model_gone'
  | 'transient'
  | 'lost'
  | 'useless'

/**
 * `none`: certain, the upstream never took a job. `possible`: the request may have arrived and
 * nobody knows what became of it. `ended`: it took the job, and this is what came of it.
 */
export type JobTrace = 'none' | 'possible' | 'ended'

/** A failure in the upstream's words. */
export interface UpstreamFailure {
  kind: FailureKind
  /** For the operator: what the upstream said. Holds no keys, no signed addresses and no prompt. */
  note: string
  job: JobTrace
  billed: Billed
  /** Only with `bad_input`: the field of the order, such as `prompt`, `aspectRatio`, `images[1]`. */
  field?: string
  /** The wait that the upstream named, in milliseconds. */
  retryAfterMs?: number
  httpStatus?: number
  /** Brought about on request, by a directive in the prompt; the client is told so. */
  isRehearsed?: boolean
}

/** One file of a result. */
export type UpstreamOutput = (
  | { kind: 'bytes'; bytes: Uint8Array }
  /** Came with the answer and went to disk at once; whoever gets the answer keeps or discards it. */
  | { kind: 'staged'; file: StagedFile }
  /** To be fetched by `download`; `source` is all that a fresh process needs for that. */
  | { kind: 'remote'; source: Json }
) & {
  /** Set only where the file is to vanish earlier than the gateway's own retention. */
  expiresAt?: number
}

/** A result. */
export interface UpstreamResult {
  outputs: UpstreamOutput[]
  billed: Billed
}

/** What came of preparing: data that `submit` is given, kept nowhere. */
export type Prepared =
  | { kind: 'ready'; data: Json }
  /** Nothing was submitted, so `job` is `none`. */
  | { kind: 'failed'; failure: UpstreamFailure }

export type Submitted =
  | { kind: 'accepted'; ref: UpstreamRef; pollAfterMs: number }
  | ({ kind: 'done'; ref: UpstreamRef } & UpstreamResult)
  | { kind: 'failed'; failure: UpstreamFailure }

export type Polled =
  | { kind: 'pending'; pollAfterMs: number; progress?: number; queuePosition?: number }
  | ({ kind: 'done' } & UpstreamResult)
  /** The upstream's verdict on the job; `job` is `ended`. */
  | { kind: 'failed'; failure: UpstreamFailure }
  /** The upstream does not know the job; `billed` is what it charges for one that it lost. */
  | { kind: 'unknown_job'; billed: Billed }
  /** The look failed, which says nothing about the job. */
  | { kind: 'no_answer'; note: string; retryAfterMs?: number }

export type Found =
  | { kind: 'found'; ref: UpstreamRef }
  /** Not listed. Says that it was never accepted once `listingDelayMs` have passed since it was sent. */
  | { kind: 'absent' }
  /** Cannot be told now. */
  | { kind: 'unknown'; note: string }

/**
 * `cancelled`: it will not finish and not bill. `requested`: the upstream will try; a later poll
 * tells. `too_late`: it goes on or has finished. `unknown`: it did not say.
 */
export type Cancelled = 'cancelled' | 'requested' | 'too_late' | 'unknown'

export type Downloaded =
  /** Streams the file. Throws if it breaks off before its end. */
  | { kind: 'file'; body: AsyncIterable<Uint8Array> }
  /** There is no such file (any more), and there will not be. */
  | { kind: 'gone'; note: string }
  /** Could not be fetched now. */
  | { kind: 'no_answer'; note: string; retryAfterMs?: number }

/**
 * An upstream, as one credential sees it. Methods never throw for what the upstream does, only the
 * reason of their signal; any other thrown error is a fault of our own.
 */
export interface Upstream {
  readonly name: string
  /** Longest time from sending a job to its answer, in milliseconds; for one that answers with the picture that includes making it. */
  readonly submitTimeoutMs: number
  /** How long a job that was accepted may be missing from what `find` sees, in milliseconds. */
  readonly listingDelayMs: number
  /** What has to be there before the job is sent, such as uploaded images. May be done again. */
  prepare?(job: UpstreamJob, call: Call): Promise<Prepared>
  /**
   * Exactly one submission. `call.signal` is that of the longest time; nothing else aborts it. The
   * request must not leave after `leaveBy`, on the clock of `performance.now()`: a process that was
   * frozen between the decision and the sending would send what others have taken up meanwhile.
   */
  submit(job: UpstreamJob, prepared: Json, call: Call & { leaveBy: number }): Promise<Submitted>
  /** Exactly one look at the job. */
  poll(ref: UpstreamRef, call: Call): Promise<Polled>
  /** Asks once that a job is not made. Safe to repeat. */
  cancel(ref: UpstreamRef, call: Call): Promise<Cancelled>
  /** Fetches one file of a result. The signal goes on for the body. */
  download(source: Json, call: Call): Promise<Downloaded>
  /** Looks a job up by our own id, where the upstream can. */
  find?(job: SentJob, call: Call): Promise<Found>
  /**
   * For upstreams that bring failures about on request: throws the failure that the prompt asks
   * for at this stage, `request` before anything is accepted, `check` where content is checked.
   */
  rehearse?(stage: 'request' | 'check', request: Rehearsal): Promise<void>
  close(): Promise<void>
}

/** What a rehearsed failure depends on. */
export interface Rehearsal {
  workspaceId: string
  type: GenerationType
  prompt: string
  /** Not to be counted: a dry run. */
  dryRun: boolean
}
