/** What is said when faults of our own have kept a generation from ending for too long. */
import { Failure } from '../contract/failure.ts'
import type { Step } from '../jobs/job.ts'
import type { Attempt, AttemptChanges } from './attempt.ts'
import { endFailed } from './end-failed.ts'
import {
  notStoredFailure,
  overdueUnknownFailure,
  uncheckedFailure,
  unsentFailure,
} from './failures.ts'
import type { Situation } from './situation.ts'
import { giveUpAfterMs, keepTryingMs } from './time-limits.ts'

/** From when on a fault ends a pending generation, in milliseconds since the epoch. */
export function givesUpAt({ generation, attempts }: Situation): number {
  const delivery = attempts.at(-1)?.delivery ?? null
  const isPaid = delivery !== null && delivery.billed !== 'no'
  return generation.deadlineAt + (isPaid ? keepTryingMs : giveUpAfterMs)
}

/** Ends a generation with what is true: never sent is not billed, sent is not known, delivered was paid for. */
export function giveUp(situation: Situation, error: unknown): Promise<Step> {
  const { context, generation, attempts } = situation
  const attempt = attempts.at(-1)
  context.log.error({ err: error, generation: generation.id }, 'given up after the deadline')
  if (attempt === undefined || attempt.state === 'refused' || attempt.state === 'failed') {
    const failure = generation.checkedAt === null ? uncheckedFailure() : unsentFailure()
    return endFailed(situation, failure)
  }
  const isCheckDown = error instanceof Failure && error.reason === 'safety_unavailable'
  const delivered = isCheckDown ? error : notStoredFailure()
  const failure = attempt.state === 'delivered' ? delivered : overdueUnknownFailure()
  return endFailed(situation, failure, { last: { attempt, changes: toEnd(attempt) } })
}

function toEnd({ state, delivery }: Attempt): AttemptChanges {
  return state === 'delivered'
    ? { state: 'failed', billed: delivery?.billed ?? 'unknown' }
    : { state: 'unknown', billed: 'unknown' }
}
