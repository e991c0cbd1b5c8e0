/**
 * An attempt whose answer is not on record. While this process waits for the answer itself, there is
 * nothing to find out. Otherwise, after a crash or a broken connection, only the upstream can tell
 * whether it took the job; sending it again could make, and bill, a second one.
 */
import type { Step } from '../jobs/job.ts'
import { untilAborted } from '../net/deadline.ts'
import type { Found, Upstream, UpstreamFailure } from '../upstreams/upstream.ts'
import { asked } from './ask.ts'
import type { Attempt } from './attempt.ts'
import { backoffMs } from './decide.ts'
import { endFailed } from './end-failed.ts'
import { overdueUnknownFailure, unknownFailure } from './failures.ts'
import { mustLeaveWithinMs } from './submissions.ts'
import { isOverdue, mustChange, timeLeft, whileHeld, type Situation } from './situation.ts'
import { latestAt } from './time-limits.ts'

/** Waits for the answer to a submission of this process, until the deadline. */
export async function awaitAnswer({ context, signal }: Situation, attempt: Attempt): Promise<Step> {
  const answered = context.submissions.of(attempt.id)
  if (answered !== undefined) await untilAborted(answered, signal)
  return 'continue'
}

/** Finds out whether an attempt was taken. */
export async function lookUp(situation: Situation, attempt: Attempt): Promise<Step> {
  const { context, signal, memory } = situation
  if (isOverdue(situation)) {
    const isAnswered = await awaitLateAnswer(situation, attempt)
    return isAnswered ? 'continue' : endOpen(situation, attempt)
  }
  if (context.submissions.of(attempt.id) !== undefined) return awaitAnswer(situation, attempt)
  const upstream = context.routing.accountOf(attempt)?.upstream
  if (upstream?.find === undefined) return endOpen(situation, attempt)
  const call = { signal, timeoutMs: timeLeft(situation) }
  const found = await look(upstream, attempt, { call, now: context.clock() })
  switch (found.kind) {
    case 'found':
      await whileHeld(situation, (tx) =>
        mustChange(tx, attempt, { state: 'submitted', ref: found.ref }),
      )
      // The place that it was sent from was given up when its answer broke off.
      memory.slot = undefined
      return 'continue'
    case 'absent':
      await whileHeld(situation, (tx) =>
        mustChange(tx, attempt, { state: 'refused', billed: 'no', failure: toNeverTaken(attempt) }),
      )
      return 'continue'
    case 'later':
      return { afterMs: Math.min(found.afterMs, timeLeft(situation)) }
    case 'unknown': {
      memory.failedLooks += 1
      const restMs = backoffMs(memory.failedLooks, undefined, 1)
      // Never past the deadline, so that the end comes while somebody still waits for it.
      return { afterMs: Math.min(restMs, timeLeft(situation)) }
    }
  }
}

/** A picture that comes within the time for late results is adopted; whether an answer came. */
async function awaitLateAnswer(
  { context, generation, signal }: Situation,
  attempt: Attempt,
): Promise<boolean> {
  const answered = context.submissions.of(attempt.id)
  const leftMs = latestAt(generation) - context.clock()
  if (answered === undefined || leftMs <= 0) return false
  const wait = async (patience: AbortSignal) => {
    await untilAborted(answered, patience)
    return true
  }
  return asked(leftMs, signal, (call) => wait(call.signal), false)
}

/** What a look-up came to; `later`: absent, and too early for that to mean anything. */
export type Looked = Found | { kind: 'later'; afterMs: number }

/** Asks once for an attempt by our own id. Only for upstreams that can. */
export async function look(
  upstream: Upstream,
  attempt: Attempt,
  { call, now }: { call: { signal: AbortSignal; timeoutMs: number }; now: number },
): Promise<Looked> {
  const { id, createdAt: sentAt, upstream: name, upstreamModel: model } = attempt
  const found = await upstream.find?.({ id, sentAt, route: { upstream: name, model } }, call)
  if (found?.kind !== 'absent') return found ?? { kind: 'unknown', note: 'it cannot look jobs up' }
  const certainAt = sentAt + mustLeaveWithinMs + upstream.listingDelayMs
  // Sent in the future, by a clock that was wrong: then it was long ago.
  return now >= certainAt || now < sentAt ? found : { kind: 'later', afterMs: certainAt - now }
}

function toNeverTaken({ failure }: Attempt): UpstreamFailure {
  const what: Pick<UpstreamFailure, 'kind' | 'note'> = failure ?? {
    kind: 'transient',
    note: 'the connection was lost before the job was taken',
  }
  return { ...what, job: 'none', billed: 'no' }
}

function endOpen(situation: Situation, attempt: Attempt): Promise<Step> {
  // While the answer may still come the model may be at work; otherwise nobody knows even that.
  const isWaitedFor = situation.context.submissions.of(attempt.id) !== undefined
  const failure = isWaitedFor ? overdueUnknownFailure() : unknownFailure()
  const changes = { state: 'unknown', billed: 'unknown' } as const
  return endFailed(situation, failure, { last: { attempt, changes } })
}
