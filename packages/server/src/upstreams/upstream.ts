/**
 * What the gateway asks of whoever makes the pictures. An adapter speaks one upstream's language
 * and nothing else: it never retries, sleeps or loops, and never decides; it says what happened,
 * in these words, and the scheduler (generations/) decides.
 */
import type { ErrorCode } from '../contract/errors.ts'
import type { GenerationType } from '../contract/generations.ts'
import type { ImageRole } from '../contract/common.ts'
import type { GenerationInput } from '../models/parse-input.ts'

/** Plain data, safe to store. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** All that a fresh process needs to ask for a job again. Holds no secrets. */
export interface UpstreamRef {
  id: string
  extra?: Json
}

/** A reference image as adapters get it: fetched, checked, of a known type. */
export interface UpstreamImage {
  role: ImageRole
  bytes: Uint8Array
  mimeType: string
  width: number
  height: number
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
  /** The model's name at the upstream. */
  model: string
  input: GenerationInput
  images: UpstreamImage[]
}

/** Whether the upstream took money, as far as it is known. */
export type Billed = 'yes' | 'no' | 'unknown'

/** A failure in the gateway's words. */
export interface UpstreamError {
  code: ErrorCode
  /** For the operator; holds no keys and no signed addresses. */
  message: string
  /** The field of the client's request at fault, where it can be traced. */
  param?: string
  httpStatus?: number
  retryAfterMs?: number
  /** Whether a job exists there now. Only `no` may be sent again. */
  accepted: 'no' | 'maybe' | 'yes'
  billed: Billed
  /** The job ended without a verdict on the request: it was lost, or delivered nothing usable. */
  isUseless?: boolean
  /** Brought about on request, by a directive in the prompt; the client is told so. */
  isRehearsed?: boolean
}

/** One file of a result. `open` may be called once. */
export interface UpstreamOutput {
  open(): AsyncIterable<Uint8Array>
  /** Set only where the file is known to vanish earlier than the gateway's own retention. */
  expiresAt?: number
}

export type Submitted =
  | { kind: 'accepted'; ref: UpstreamRef; pollAfterMs: number }
  | { kind: 'done'; ref: UpstreamRef; outputs: UpstreamOutput[]; billed: Billed }
  | { kind: 'error'; error: UpstreamError }

export type Polled =
  | { kind: 'pending'; pollAfterMs: number; progress?: number; queuePosition?: number }
  | { kind: 'done'; outputs: UpstreamOutput[]; billed: Billed }
  /** The upstream's verdict on the job. */
  | { kind: 'failed'; error: UpstreamError }
  /** The upstream does not know the job; `billed` is what it charges for one that it lost. */
  | { kind: 'not_found'; billed: Billed }
  /** The poll failed, which says nothing about the job. */
  | { kind: 'poll_error'; message: string; retryAfterMs?: number }

export type Found =
  | { kind: 'found'; ref: UpstreamRef }
  /** Certain: the job was never accepted. */
  | { kind: 'absent' }
  /** Cannot be told now. */
  | { kind: 'unknown' }

/** `cancelled`: it will not finish and not bill. `too_late`: it goes on or has finished. */
export type Cancelled = 'cancelled' | 'too_late' | 'unknown'

/** An upstream. Methods never throw for what the upstream does; a thrown error is our own fault. */
export interface Upstream {
  readonly name: string
  /** Exactly one submission. */
  submit(job: UpstreamJob, signal: AbortSignal): Promise<Submitted>
  /** Exactly one look at the job. */
  poll(ref: UpstreamRef, signal: AbortSignal): Promise<Polled>
  cancel(ref: UpstreamRef): Promise<Cancelled>
  /** Looks a job up by our own id, where the upstream can. */
  find?(jobId: string): Promise<Found>
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
