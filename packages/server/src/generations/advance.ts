/**
 * One step in the life of a generation. What to do next is told by the rows alone, so any worker
 * can take the next step, after a crash too:
 *
 *   not checked             check prompt and images
 *   planned                 commit `submitting`, then send it: the only step that is never repeated
 *   submitting              found after a crash: look the job up
 *   submitted               poll; store and settle when it is done
 *   refused, failed         plan the next attempt, or end
 *   ended with a hold       reconcile: find out what the upstream did
 */
import { Failure } from '../contract/failure.ts'
import { tenantOf } from '../fairness/fair-share.ts'
import type { Transaction } from '../storage/database.ts'
import type {
  Polled,
  Submitted,
  UpstreamError,
  UpstreamOutput,
  UpstreamRef,
  Billed,
} from '../upstreams/upstream.ts'
import { isTimeLimit, within } from '../net/deadline.ts'
import { insertAttempt, listAttempts, updateAttempt, type Attempt } from './attempt.ts'
import { complete } from './complete.ts'
import type { LifeContext } from './context.ts'
import { endFailed } from './end-failed.ts'
import { getGeneration, recordChecked, recordProgress, type Generation } from './generation.ts'
import { finish, LeaseLostError, reschedule, type Lease } from './queue.ts'
import { reconcile } from './reconcile.ts'
import type { Stage, Step } from './stage.ts'
import {
  cancelledFailure,
  lostJob,
  overdueFailure,
  toFailure,
  uncheckedFailure,
  unknownFailure,
} from './failures.ts'
import { backoffMs, decideRetry } from './retry-policy.ts'

/** An upstream that does not know a job this many times in a row has lost it. */
const lostAfter = 3

/** How long after its deadline a generation may still wait for a fault of our own to pass. */
const giveUpAfterMs = 3000

/**
 * Takes one step. Throws LeaseLostError when another worker has the job, and a fault of our own,
 * such as a full disk, to be tried again; long after the deadline such a fault ends the generation.
 */
export async function advance(
  context: LifeContext,
  lease: Lease,
  signal: AbortSignal,
): Promise<Step> {
  try {
    return await takeStep(context, lease, signal)
  } catch (error) {
    if (error instanceof LeaseLostError || signal.aborted) throw error
    const generation = await getGeneration(context.database.read, lease.id)
    const isPending = generation.status === 'pending'
    if (!isPending || context.clock() < generation.deadlineAt + giveUpAfterMs) throw error
    const attempts = await listAttempts(context.database.read, lease.id)
    const attempt = attempts.at(-1)
    context.log.error({ err: error, generation: generation.id }, 'given up after the deadline')
    await endFailed(
      { context, lease, generation, attempts },
      overdueFailure(),
      attempt && { attempt, state: 'failed', error: attempt.error, billed: 'unknown' },
    )
    return 'released'
  }
}

async function takeStep(context: LifeContext, lease: Lease, signal: AbortSignal): Promise<Step> {
  const generation = await getGeneration(context.database.read, lease.id)
  const attempts = await listAttempts(context.database.read, lease.id)
  const stage: Stage = { context, lease, generation, attempts, signal }
  if (generation.status !== 'pending') return afterTheEnd(stage)
  const attempt = attempts.at(-1)
  if (attempt === undefined) throw new Error(`generation ${generation.id} has no attempt`)
  if (generation.checkedAt === null) return check(stage, attempt)
  switch (attempt.state) {
    case 'planned':
      return submit(stage, attempt)
    case 'submitting':
      return lookUp(stage, attempt)
    case 'submitted':
      return poll(stage, attempt, refOf(attempt))
    case 'refused':
    case 'failed':
    case 'unknown':
    case 'succeeded':
      // Each of these is committed together with what follows it; alone it cannot be found.
      throw new Error(`attempt ${attempt.id} is ${attempt.state} but its generation is pending`)
  }
}

async function afterTheEnd(stage: Stage): Promise<Step> {
  if (stage.attempts.at(-1)?.state === 'unknown') return reconcile(stage)
  await stage.context.database.transaction((tx) => finish(tx, stage.lease))
  return 'released'
}

async function check(stage: Stage, attempt: Attempt): Promise<Step> {
  const { context, generation, signal } = stage
  // A crowd of one tenant's own may keep its checks waiting for longer than it has.
  const leftMs = generation.deadlineAt - context.clock()
  try {
    const ending = cancelled(generation)
    if (ending !== undefined) throw ending
    await within(leftMs, signal, (patience) => context.check(generation, patience))
  } catch (error) {
    if (error instanceof Failure) return endUnsent(stage, attempt, error)
    if (isTimeLimit(error)) return endUnsent(stage, attempt, uncheckedFailure())
    throw error
  }
  await context.database.transaction((tx) => recordChecked(tx, generation))
  context.events.changed(generation.id)
  return 'continue'
}

async function submit(stage: Stage, attempt: Attempt): Promise<Step> {
  const { context, generation } = stage
  const ending = cancelled(generation) ?? overdue(stage)
  if (ending !== undefined) return endUnsent(stage, attempt, ending)
  const images = await context.imagesOf(generation)
  const submitting = await context.database.transaction((tx) =>
    updateAttempt(tx, attempt, { state: 'submitting' }),
  )
  const answer = await context.upstream(attempt.upstream).submit(
    {
      id: attempt.id,
      generationId: generation.id,
      workspaceId: generation.workspaceId,
      tenant: tenantOf(generation),
      type: generation.type,
      model: attempt.upstreamModel,
      input: generation.input,
      images,
    },
    stage.signal,
  )
  return afterSubmit(stage, submitting, answer)
}

async function afterSubmit(stage: Stage, attempt: Attempt, answer: Submitted): Promise<Step> {
  switch (answer.kind) {
    case 'accepted':
      return recordSubmitted(stage, attempt, answer.ref, answer.pollAfterMs)
    case 'done':
      return deliver(stage, { ...attempt, ref: answer.ref }, answer)
    case 'error':
      // A job may exist: only looking can tell, and sending it again could bill twice.
      if (answer.error.accepted === 'maybe')
        return lookUp(stage, { ...attempt, error: answer.error })
      return afterFailure(stage, attempt, answer.error)
  }
}

async function recordSubmitted(
  stage: Stage,
  attempt: Attempt,
  ref: UpstreamRef,
  pollAfterMs: number,
): Promise<Step> {
  return stage.context.database.transaction(async (tx) => {
    await updateAttempt(tx, attempt, { state: 'submitted', ref, error: null })
    return rest(tx, stage, pollAfterMs)
  })
}

/**
 * Puts a job off. A video goes back to the queue, in which 100,000 cost nothing; for an image
 * somebody waits, so it stays with this process and does not queue behind whatever else is due.
 */
async function rest(tx: Transaction, { lease, generation }: Stage, afterMs: number): Promise<Step> {
  if (afterMs <= 0) return 'continue'
  if (generation.type === 'image') return { afterMs }
  await reschedule(tx, lease, afterMs)
  return 'released'
}

/** The outcome of a submission is unknown: asks the upstream for the job by our own id. */
async function lookUp(stage: Stage, attempt: Attempt): Promise<Step> {
  const upstream = stage.context.upstream(attempt.upstream)
  const found = (await upstream.find?.(attempt.id)) ?? { kind: 'unknown' }
  if (found.kind === 'found') return recordSubmitted(stage, attempt, found.ref, 0)
  if (found.kind === 'absent') {
    return afterFailure(stage, attempt, {
      code: 'server_error',
      message: attempt.error?.message ?? 'the connection was lost before the job was taken',
      accepted: 'no',
      billed: 'no',
    })
  }
  if (upstream.find !== undefined && overdue(stage) === undefined) {
    const tries = attempt.pollErrors + 1
    await stage.context.database.transaction(async (tx) => {
      await updateAttempt(tx, attempt, { pollErrors: tries })
      const afterMs = backoffMs(tries, undefined, () => 1)
      // Never past the deadline, so that the end comes while somebody still waits for it.
      const leftMs = Math.max(0, stage.generation.deadlineAt - tx.now)
      await reschedule(tx, stage.lease, Math.min(afterMs, leftMs))
    })
    return 'released'
  }
  await endUnknown(stage, attempt)
  return 'released'
}

async function poll(stage: Stage, attempt: Attempt, ref: UpstreamRef): Promise<Step> {
  const { context, generation } = stage
  const upstream = context.upstream(attempt.upstream)
  if (generation.cancelRequestedAt !== null) {
    const outcome = await upstream.cancel(ref)
    if (outcome === 'cancelled') return endCancelled(stage, attempt)
  }
  const polled = await upstream.poll(ref, stage.signal)
  if (polled.kind === 'done') return deliver(stage, attempt, polled)
  if (polled.kind === 'failed') return afterFailure(stage, attempt, polled.error)
  if (polled.kind === 'not_found' && attempt.pollErrors + 1 >= lostAfter) {
    return afterFailure(stage, attempt, lostJob(polled.billed))
  }
  if (overdue(stage) !== undefined) return endOverdue(stage, attempt, ref)
  return pollAgain(stage, attempt, polled)
}

async function pollAgain(
  stage: Stage,
  attempt: Attempt,
  polled: Exclude<Polled, { kind: 'done' | 'failed' }>,
): Promise<Step> {
  const { context, generation } = stage
  const failed = polled.kind !== 'pending'
  const pollErrors = failed ? attempt.pollErrors + 1 : 0
  const hintMs = polled.kind === 'poll_error' ? polled.retryAfterMs : undefined
  const afterMs =
    polled.kind === 'pending' ? polled.pollAfterMs : backoffMs(pollErrors, hintMs, () => 1)
  const step = await context.database.transaction(async (tx) => {
    if (pollErrors !== attempt.pollErrors) await updateAttempt(tx, attempt, { pollErrors })
    if (polled.kind === 'pending') await recordNews(tx, generation, polled)
    // Never past the deadline, so that the end comes when it was promised.
    const leftMs = Math.max(0, generation.deadlineAt - tx.now)
    return rest(tx, stage, Math.min(afterMs, leftMs))
  })
  context.events.changed(generation.id)
  return step
}

// Thousands of polls a second may have nothing to tell.
async function recordNews(
  tx: Transaction,
  generation: Generation,
  polled: { progress?: number; queuePosition?: number },
): Promise<void> {
  const { progress = null, queuePosition = null } = polled
  if (progress === generation.progress && queuePosition === generation.queuePosition) return
  await recordProgress(tx, generation.id, { progress, queuePosition })
}

/** Makes a result visible, or ends the attempt that delivered nothing of use. */
async function deliver(
  stage: Stage,
  attempt: Attempt,
  done: { outputs: UpstreamOutput[]; billed: Billed },
): Promise<Step> {
  const completion = await complete(stage, attempt, done)
  if (completion.kind === 'useless') return afterFailure(stage, attempt, completion.error)
  if (completion.kind === 'withheld') {
    const { billed } = done
    await endFailed(stage, completion.failure, { attempt, state: 'failed', error: null, billed })
  }
  return 'released'
}

/** A failed attempt: the next one is planned, or the generation ends, in the same transaction. */
async function afterFailure(stage: Stage, attempt: Attempt, error: UpstreamError): Promise<Step> {
  const { context, generation, attempts } = stage
  context.log.warn({ generation: generation.id, attempt: attempt.id, error }, 'attempt failed')
  const routes = context.routesOf(generation)
  const state = error.accepted === 'no' ? 'refused' : 'failed'
  const decision = decideRetry(attempts, error, {
    routeCount: routes.length,
    random: context.random,
  })
  const target = decision.kind === 'retry' ? routes[decision.route] : undefined
  const canRetry = generation.cancelRequestedAt === null && overdue(stage) === undefined
  if (decision.kind === 'end' || target === undefined || !canRetry) {
    const failure =
      cancelled(generation) ??
      (decision.kind === 'end' ? toFailure(error) : overdue(stage)) ??
      toFailure(error)
    await endFailed(stage, failure, { attempt, state, error, billed: error.billed })
    return 'released'
  }
  return context.database.transaction(async (tx) => {
    await updateAttempt(tx, attempt, { state, error, billed: error.billed })
    await insertAttempt(tx, {
      generationId: generation.id,
      number: attempts.length + 1,
      route: decision.route,
      upstream: target.upstream,
      upstreamModel: target.model,
    })
    return rest(tx, stage, decision.afterMs)
  })
}

async function endUnsent(stage: Stage, attempt: Attempt, failure: Failure): Promise<Step> {
  await endFailed(stage, failure, { attempt, state: 'refused', error: null, billed: 'no' })
  return 'released'
}

async function endCancelled(stage: Stage, attempt: Attempt): Promise<Step> {
  await endFailed(stage, cancelledFailure(), {
    attempt,
    state: 'failed',
    error: null,
    billed: 'no',
  })
  return 'released'
}

async function endOverdue(stage: Stage, attempt: Attempt, ref: UpstreamRef): Promise<Step> {
  const outcome = await stage.context.upstream(attempt.upstream).cancel(ref)
  await endFailed(stage, overdueFailure(), {
    attempt,
    state: 'failed',
    error: null,
    billed: outcome === 'cancelled' ? 'no' : 'unknown',
  })
  return 'released'
}

async function endUnknown(stage: Stage, attempt: Attempt): Promise<void> {
  await endFailed(stage, unknownFailure(), {
    attempt,
    state: 'unknown',
    error: attempt.error,
    billed: 'unknown',
  })
}

function cancelled(generation: Generation): Failure | undefined {
  return generation.cancelRequestedAt === null ? undefined : cancelledFailure()
}

function overdue({ context, generation }: Stage): Failure | undefined {
  return context.clock() < generation.deadlineAt ? undefined : overdueFailure()
}

function refOf(attempt: Attempt): UpstreamRef {
  if (attempt.ref === null)
    throw new Error(`attempt ${attempt.id} is submitted without a reference`)
  return attempt.ref
}
