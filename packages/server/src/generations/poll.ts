/**
 * A job that the upstream has. A look that fails says nothing about the job: only its verdict, the
 * deadline, or several answers in a row that it does not know the job end it. A look that teaches
 * nothing writes nothing, and wakes nobody.
 */
import type { Step } from '../jobs/job.ts'
import { tenantOf } from '../fairness/fair-share.ts'
import { testSignal } from '../telemetry/test-signals.ts'
import type { Account } from '../upstreams/accounts.ts'
import type { Polled, UpstreamFailure, UpstreamRef } from '../upstreams/upstream.ts'
import { afterVerdict } from './after-verdict.ts'
import { asked } from './ask.ts'
import type { Attempt } from './attempt.ts'
import { backoffMs } from './decide.ts'
import { deliverResult } from './deliver.ts'
import { endFailed } from './end-failed.ts'
import { cancelledFailure, overdueFailure, overdueUnknownFailure } from './failures.ts'
import { recordProgress } from './generation.ts'
import { isOverdue, timeLeft, whileHeld, type Situation } from './situation.ts'
import { latestAt, lostAfter } from './time-limits.ts'

/** Longest time of one look. */
const lookMs = 30_000
/** The same when the deadline has passed and somebody may be waiting for the answer. */
const lateLookMs = 2000
const lateRestMs = 1000
/** A job that is being cancelled is looked at this often. */
const cancellingRestMs = 1000

/** Looks at a job once. */
export async function poll(situation: Situation, attempt: Attempt): Promise<Step> {
  const { context, generation, memory } = situation
  const account = context.routing.accountOf(attempt)
  const { ref } = attempt
  if (ref === null) throw new Error(`attempt ${attempt.id} is submitted without a reference`)
  if (account === undefined) return unreachable(situation, attempt)
  // After a restart it has no place yet, though it takes one up.
  memory.slot ??= account.capacity.occupy(tenantOf(generation))
  if (isOverdue(situation)) return pollLate(situation, attempt, { account, ref })
  if (generation.cancelRequestedAt !== null && !memory.isCancelRequested) {
    const isCancelled = await cancel(situation, account, ref)
    if (isCancelled) return endCancelled(situation, attempt)
  }
  const polled = await lookAt(situation, { account, ref }, lookMs)
  return afterLook(situation, attempt, polled)
}

interface Target {
  account: Account
  ref: UpstreamRef
}

async function lookAt(
  { signal }: Situation,
  { account, ref }: Target,
  limitMs: number,
): Promise<Polled> {
  return asked(limitMs, signal, (call) => account.upstream.poll(ref, call), {
    kind: 'no_answer',
    note: 'no answer in time',
  })
}

async function afterLook(situation: Situation, attempt: Attempt, polled: Polled): Promise<Step> {
  const { memory } = situation
  if (polled.kind !== 'unknown_job') memory.misses = 0
  if (polled.kind !== 'no_answer') memory.failedLooks = 0
  switch (polled.kind) {
    case 'done':
      await testSignal('finished', attempt.id)
      return deliverResult(situation, attempt, polled)
    case 'failed':
      return afterVerdict(situation, attempt, polled.failure)
    case 'pending':
      await recordNews(situation, polled)
      return restFor(situation, polled.pollAfterMs)
    case 'no_answer':
      memory.failedLooks += 1
      return restFor(situation, backoffMs(memory.failedLooks, polled.retryAfterMs, 1))
    case 'unknown_job':
      memory.misses += 1
      if (memory.misses >= lostAfter) return afterVerdict(situation, attempt, toLost(polled))
      return restFor(situation, backoffMs(memory.misses, undefined, 1))
  }
}

// Never past the deadline, so that the end comes when it was promised.
function restFor(situation: Situation, afterMs: number): Step {
  const { memory, generation } = situation
  const isCancelling = memory.isCancelRequested || generation.cancelRequestedAt !== null
  const wantedMs = isCancelling ? Math.min(afterMs, cancellingRestMs) : afterMs
  return { afterMs: Math.max(1, Math.min(wantedMs, timeLeft(situation))) }
}

function toLost({ billed }: { billed: UpstreamFailure['billed'] }): UpstreamFailure {
  return { kind: 'lost', note: 'the upstream lost the job', job: 'ended', billed }
}

async function recordNews(
  situation: Situation,
  polled: { progress?: number; queuePosition?: number },
): Promise<void> {
  const { context, generation } = situation
  const { progress = null, queuePosition = null } = polled
  if (progress === generation.progress && queuePosition === generation.queuePosition) return
  await whileHeld(situation, (tx) => recordProgress(tx, generation.id, { progress, queuePosition }))
  context.events.changed(generation.id)
}

/** Whether the job is off for certain. */
async function cancel(
  { context, generation, memory, signal }: Situation,
  { upstream }: Account,
  ref: UpstreamRef,
): Promise<boolean> {
  const outcome = await asked(lookMs, signal, (call) => upstream.cancel(ref, call), 'unknown')
  context.log.info({ generation: generation.id, outcome }, 'asked the upstream to cancel')
  // Asked again at the next look where nobody knows whether it was heard.
  memory.isCancelRequested = outcome === 'requested' || outcome === 'too_late'
  return outcome === 'cancelled'
}

function endCancelled(situation: Situation, attempt: Attempt): Promise<Step> {
  const changes = { state: 'failed', billed: 'no' } as const
  return endFailed(situation, cancelledFailure(), { last: { attempt, changes } })
}

/**
 * Past the deadline: looks once more, asks for an end, and goes on looking for a while, because a
 * job that cannot be stopped may deliver. After that its bill is for the reconciliation to find out.
 */
async function pollLate(situation: Situation, attempt: Attempt, target: Target): Promise<Step> {
  const { context, generation, signal } = situation
  const { account, ref } = target
  const polled = await lookAt(situation, target, lateLookMs)
  if (polled.kind === 'done' || polled.kind === 'failed') {
    return afterLook(situation, attempt, polled)
  }
  const outcome = await asked(
    lateLookMs,
    signal,
    (call) => account.upstream.cancel(ref, call),
    'unknown' as const,
  )
  if (outcome === 'cancelled') {
    const changes = { state: 'failed', billed: 'no' } as const
    const failure = generation.cancelRequestedAt === null ? overdueFailure() : cancelledFailure()
    return endFailed(situation, failure, { last: { attempt, changes } })
  }
  if (context.clock() < latestAt(generation)) return { afterMs: lateRestMs }
  return endOverdue(situation, attempt)
}

/** The upstream has left the configuration: nobody can be asked. */
async function unreachable(situation: Situation, attempt: Attempt): Promise<Step> {
  if (isOverdue(situation)) return endOverdue(situation, attempt)
  const { context, generation } = situation
  const { upstream, credential } = attempt
  context.log.error(
    { generation: generation.id, upstream, credential },
    'the upstream of a running job is no longer configured',
  )
  return { afterMs: Math.min(60_000, timeLeft(situation)) }
}

function endOverdue(situation: Situation, attempt: Attempt): Promise<Step> {
  const changes = { state: 'unknown', billed: 'unknown' } as const
  return endFailed(situation, overdueUnknownFailure(), { last: { attempt, changes } })
}
