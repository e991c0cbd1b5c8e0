import type { TestSignal } from '../../../packages/server/src/telemetry/test-signals.ts'
import type { AccountSettings } from '../../support/upstream/records.ts'
import type { Script } from '../../support/upstream/script.ts'
import type { UpstreamAccount } from '../../support/upstream/scripted-upstream.ts'

/** Which upstream, and what it makes. */
export type Kind = 'openai image' | 'fal image' | 'fal film' | 'comfyui image' | 'comfyui film'

/**
 * When a blow falls: at a test signal, while a submission is `in flight` (the upstream has it, and
 * has not answered), or while a job is `at work` and was looked at once.
 */
export type Moment = TestSignal | 'in flight' | 'at work'

/** One row of the table: what is ordered, what goes wrong, and what must have come of it. */
export interface Row {
  kind: Kind
  /** What goes wrong, in words. */
  misfortune: string
  /** When the blow of the row's group falls; it has none when left out. */
  moment?: Moment
  /** A reference image that is ordered with it. */
  image?: string
  /** How the upstream behaves; well when left out. */
  script?: Script
  /** The settings of the upstream's account. */
  settings?: AccountSettings
  /** Nobody listens at the upstream's address. */
  isDown?: boolean
  /** The upstream is given one job a minute, and that is another one. */
  isCrowded?: boolean
  /** What is done at the upstream while it is asked. */
  during?: (account: UpstreamAccount) => Promise<unknown>
  /** A second route, to an upstream that behaves. */
  fallback?: Kind
  deadlineSeconds?: number
  /** The guarantees that it shows. */
  shows?: string
  expected: Expected
}

/** `told` is a pattern where it depends on whether an answer was faster than the blow. */
export type Expected = Omit<Outcome, 'told'> & { told: string | RegExp }

/** What came of a row. */
export interface Outcome {
  /** Submissions that each route's upstream read whole. */
  submissions: string
  /** Jobs that they made there. */
  jobs: string
  /** What its POST was answered. */
  told: string
  /** What a GET says in the end. */
  after: string
  /** What became of the hold. */
  money: 'charged' | 'returned' | 'held' | 'none'
  /** Whether the same request under its Idempotency-Key would begin a new generation. */
  key: 'free' | 'bound'
}
