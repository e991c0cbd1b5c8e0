/**
 * From an accepted order to a job that is on its way: the content is checked once, then it is
 * decided where to send it, room is waited for there, and `submitting` is committed under the lease
 * before one byte leaves. That commit also writes what the checks found, so a picture that finds
 * room at once needs no other.
 */
import { performance } from 'node:perf_hooks'
import type { Step } from '../jobs/job.ts'
import { reschedule } from '../jobs/queue.ts'
import { tenantOf } from '../fairness/fair-share.ts'
import type { Route } from '../models/model.ts'
import { newId } from '../storage/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { testSignal } from '../telemetry/test-signals.ts'
import type { Account } from '../upstreams/accounts.ts'
import type { Slot } from '../upstreams/capacity.ts'
import type { Prepared, UpstreamFailure, UpstreamJob } from '../upstreams/upstream.ts'
import { isTimeLimit } from '../net/deadline.ts'
import { insertAttempt, type Attempt, type NewAttempt } from './attempt.ts'
import type { ContentVerdict } from './context.ts'
import { decide } from './decide.ts'
import { endFailed } from './end-failed.ts'
import { cancelledFailure, toFailure, uncheckedFailure, unsentFailure } from './failures.ts'
import { recordChecked } from './generation.ts'
import { awaitAnswer } from './look-up.ts'
import { isOverdue, timeLeft, whileHeld, type Situation } from './situation.ts'
import { crowdedRestMs } from './time-limits.ts'
import { leaveAlone, mustLeaveWithinMs } from './submissions.ts'

/** Takes a generation of which nothing is under way to its next attempt, or to its end. */
export async function begin(situation: Situation): Promise<Step> {
  const { generation, attempts } = situation
  if (generation.cancelRequestedAt !== null) return endFailed(situation, cancelledFailure())
  if (isOverdue(situation)) return endFailed(situation, toOverdue(situation))
  const checking = new Checking(situation)
  if (generation.checkedAt === null) {
    const refusal = await checking.check()
    if (refusal !== undefined) return endFailed(situation, refusal, { verdict: checking.verdict })
  }
  const { routing, clock } = situation.context
  const decision = decide({
    type: generation.type,
    attempts,
    routes: routing.routesOf(generation),
    now: clock(),
    leftMs: timeLeft(situation),
    pausedMs: (route) => routing.accountFor(route)?.capacity.pausedMs() ?? 0,
  })
  switch (decision.kind) {
    case 'end':
      return endFailed(situation, decision.failure, { verdict: checking.verdict })
    case 'wait':
      await checking.commit()
      return { afterMs: decision.afterMs }
    case 'submit':
      return submit(situation, decision.route, checking)
  }
}

function toOverdue({ generation, attempts }: Situation) {
  const failure = attempts.at(-1)?.failure
  if (failure !== null && failure !== undefined) return toFailure(failure)
  return generation.checkedAt === null ? uncheckedFailure() : unsentFailure()
}

/** What the checks found, until it is on record. */
class Checking {
  readonly #situation: Situation
  verdict: ContentVerdict | undefined

  constructor(situation: Situation) {
    this.#situation = situation
  }

  async check() {
    const { context, generation, signal } = this.#situation
    try {
      this.verdict = await context.check(generation, signal)
    } catch (error) {
      // A crowd of one tenant's own may keep its checks waiting for longer than it has.
      if (isTimeLimit(error)) return uncheckedFailure()
      throw error
    }
    await testSignal('checked', generation.id)
    return this.verdict.refusal
  }

  /** Writes it in the transaction of what follows; safe to call when it is on record. */
  async record(tx: Transaction): Promise<void> {
    if (this.verdict === undefined) return
    await this.verdict.record(tx)
    await recordChecked(tx, this.#situation.generation)
  }

  /** Writes it now, because what follows has to wait, and tells those who wait for it. */
  async commit(): Promise<void> {
    if (this.verdict === undefined) return
    await whileHeld(this.#situation, (tx) => this.record(tx))
    await this.done()
  }

  /** It is on record. Never rejects. */
  async done(): Promise<void> {
    const { verdict } = this
    if (verdict === undefined) return
    this.verdict = undefined
    const { context, generation } = this.#situation
    context.events.changed(generation.id)
    try {
      await verdict.afterwards()
    } catch (error) {
      // What has been committed goes its way.
      context.log.warn({ err: error, generation: generation.id }, 'cannot tidy up after the checks')
    }
  }
}

async function submit(situation: Situation, route: Route, checking: Checking): Promise<Step> {
  const { context, generation, memory, signal } = situation
  const account = context.routing.accountFor(route)
  if (account === undefined) throw new Error(`there is no upstream ${route.upstream}`)
  // The upstream is given what is on record of the images, not what is about to be.
  if (generation.input.images.length > 0) await checking.commit()
  // For a video nobody waits here: with the line full it waits in the table, and comes back.
  if (generation.type === 'video' && account.capacity.isCrowded)
    return comeBack(situation, checking)
  const asker = { tenant: tenantOf(generation), signal }
  const slot = await account.capacity.take(asker, () => checking.commit())
  memory.slot = slot
  let sent: Attempt | undefined
  try {
    // While this one was in line the upstream may have asked to be left alone: decide again.
    if (account.capacity.pausedMs() > 0) await checking.commit()
    else sent = await send(situation, { route, account, slot, checking })
  } finally {
    if (sent === undefined) slot.free()
  }
  return sent === undefined ? 'continue' : awaitAnswer(situation, sent)
}

async function comeBack(situation: Situation, checking: Checking): Promise<Step> {
  await checking.commit()
  const { context, lease } = situation
  const afterMs = Math.min(crowdedRestMs, timeLeft(situation))
  await context.database.transaction((tx) => reschedule(tx, lease, afterMs))
  return 'released'
}

/** Sends a job; undefined if it could not even be prepared. */
async function send(
  situation: Situation,
  { route, account, slot, checking }: Place,
): Promise<Attempt | undefined> {
  const { context, generation, attempts, signal } = situation
  const job = await toJob(situation, route)
  const attempt: NewAttempt = {
    id: job.id,
    generationId: generation.id,
    number: attempts.length + 1,
    upstream: route.upstream,
    credential: account.credential,
    upstreamModel: route.model,
  }
  const prepared = await prepare(situation, account, job)
  if (prepared.kind === 'failed') {
    leaveAlone(account, prepared.failure)
    await recordUnsent(situation, { attempt, failure: prepared.failure, checking })
    return undefined
  }
  // Cancelled, out of time or stopped meanwhile: what has not been sent need not be.
  signal.throwIfAborted()
  // From before the commit: it may be during the commit that this process is frozen.
  const leaveBy = performance.now() + mustLeaveWithinMs
  const submitting = await commitSubmitting(situation, attempt, checking)
  const { data } = prepared
  context.submissions.send({ attempt: submitting, account, job, prepared: data, slot, leaveBy })
  await checking.done()
  return submitting
}

interface Place {
  route: Route
  account: Account
  slot: Slot
  checking: Checking
}

async function toJob({ context, generation }: Situation, route: Route): Promise<UpstreamJob> {
  return {
    id: newId('att'),
    generationId: generation.id,
    workspaceId: generation.workspaceId,
    tenant: tenantOf(generation),
    type: generation.type,
    route,
    input: generation.input,
    images: await context.imagesOf(generation),
  }
}

async function prepare(
  situation: Situation,
  { upstream }: Account,
  job: UpstreamJob,
): Promise<Prepared> {
  const { signal } = situation
  const call = { signal, timeoutMs: timeLeft(situation) }
  return (await upstream.prepare?.(job, call)) ?? { kind: 'ready', data: null }
}

/** It could not even be sent: an attempt that is over. */
async function recordUnsent(
  situation: Situation,
  {
    attempt,
    failure,
    checking,
  }: { attempt: NewAttempt; failure: UpstreamFailure; checking: Checking },
): Promise<void> {
  const { context, generation } = situation
  context.log.warn({ generation: generation.id, attempt: attempt.id, failure }, 'attempt failed')
  await whileHeld(situation, async (tx) => {
    await checking.record(tx)
    await insertAttempt(tx, attempt, { ...failure, job: 'none', billed: 'no' })
  })
  await checking.done()
}

/** The write-ahead. From here on this number is never sent again, by nobody; so nothing may come between. */
function commitSubmitting(
  situation: Situation,
  attempt: NewAttempt,
  checking: Checking,
): Promise<Attempt> {
  return whileHeld(situation, async (tx) => {
    await checking.record(tx)
    return insertAttempt(tx, attempt)
  })
}
