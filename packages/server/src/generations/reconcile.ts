/**
 * After the end: a generation failed while it was unknown what became of its last attempt, and its
 * hold is still kept. The upstream is asked again until it can tell; then, or after a day, the hold
 * goes back, because the client pays for completed generations only.
 */
import type { Step } from '../jobs/job.ts'
import type { Account } from '../upstreams/accounts.ts'
import type { Billed, Call, Polled, UpstreamRef } from '../upstreams/upstream.ts'
import { asked } from './ask.ts'
import { billedByAll, type Attempt } from './attempt.ts'
import { discardOutputs } from './keep-outputs.ts'
import { look } from './look-up.ts'
import { settleReconciled } from './settle.ts'
import { mustChange, whileHeld, type Situation } from './situation.ts'
import { lostAfter, reconcileEveryMs, reconcileForMs } from './time-limits.ts'

/** Longest time of each question. */
const questionMs = 3000

/** One look at what became of the last attempt. */
export async function reconcile(situation: Situation): Promise<Step> {
  const { context, generation, attempts, memory } = situation
  const attempt = attempts.at(-1)
  if (attempt === undefined) throw new Error(`generation ${generation.id} has nothing to reconcile`)
  // The answer has come meanwhile, or was found out before a crash.
  if (attempt.state !== 'unknown') return settle(situation, attempt, attempt.billed)
  if (context.submissions.of(attempt.id) !== undefined) return { afterMs: reconcileEveryMs }
  // It may be asked for a day, and others wait for the place.
  memory.slot?.free()
  const account = context.routing.accountOf(attempt)
  const billed = account === undefined ? 'unknown' : await findOutBill(situation, attempt, account)
  if (billed === 'unknown' && !isOver(situation)) return { afterMs: reconcileEveryMs }
  return settle(situation, attempt, billed)
}

function isOver({ context, generation: { reconcileUntil } }: Situation): boolean {
  const leftMs = (reconcileUntil ?? 0) - context.clock()
  // An end that lies further ahead was written by a clock that was wrong.
  return leftMs <= 0 || leftMs > reconcileForMs
}

async function settle(situation: Situation, attempt: Attempt, billed: Billed): Promise<Step> {
  const { context, generation, lease, attempts } = situation
  const { hooks } = context
  await whileHeld(situation, async (tx) => {
    const ended =
      attempt.state === 'unknown'
        ? await mustChange(tx, attempt, { state: billed === 'no' ? 'refused' : 'failed', billed })
        : attempt
    const upstreamBilled = billedByAll([...attempts.slice(0, -1), ended])
    await settleReconciled(tx, { generation, lease, upstreamBilled, hooks })
  })
  context.log.info({ generation: generation.id, billed }, 'the outcome is known, or given up')
  context.events.changed(generation.id)
  return 'released'
}

async function findOutBill(
  situation: Situation,
  attempt: Attempt,
  account: Account,
): Promise<Billed> {
  const { ref } = attempt
  if (ref !== null) return billOf(situation, account, ref)
  if (account.upstream.find === undefined) return 'unknown'
  const { context, signal } = situation
  const now = context.clock()
  const found = await asked(
    questionMs,
    signal,
    (call) => look(account.upstream, attempt, { call, now }),
    { kind: 'unknown', note: 'no answer in time' } as const,
  )
  if (found.kind === 'absent') return 'no'
  return found.kind === 'found' ? billOf(situation, account, found.ref) : 'unknown'
}

/** The job exists, and nobody waits for it any more. */
async function billOf(
  { context, memory, signal }: Situation,
  { upstream }: Account,
  ref: UpstreamRef,
): Promise<Billed> {
  const ask = <Answer>(call: (call: Call) => Promise<Answer>, late: Answer) =>
    asked(questionMs, signal, call, late)
  const outcome = await ask((call) => upstream.cancel(ref, call), 'unknown' as const)
  if (outcome === 'cancelled') return 'no'
  const polled = await ask<Polled>((call) => upstream.poll(ref, call), {
    kind: 'no_answer',
    note: 'no answer in time',
  })
  memory.misses = polled.kind === 'unknown_job' ? memory.misses + 1 : 0
  switch (polled.kind) {
    case 'done':
      await discardOutputs(context.mediaStore, polled.outputs)
      return polled.billed
    case 'failed':
      return polled.failure.billed
    case 'unknown_job':
      return memory.misses >= lostAfter ? polled.billed : 'unknown'
    case 'pending':
    case 'no_answer':
      return 'unknown'
  }
}
