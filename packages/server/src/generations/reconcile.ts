/**
 * After the end: a generation failed while it was unknown whether its job existed, and its hold is
 * still kept. The upstream is asked again until it can tell; then, or after a day, the hold goes
 * back, because the client pays for completed generations only.
 */
import type { Billed } from '../upstreams/upstream.ts'
import type { Stage, Step } from './stage.ts'
import { updateAttempt, type Attempt } from './attempt.ts'
import { reschedule } from './queue.ts'
import { reconcileEveryMs, reconcileForMs, settleReconciled } from './settle.ts'

/** One look at the outcome of an attempt whose state is `unknown`. */
export async function reconcile({ context, lease, generation, attempts }: Stage): Promise<Step> {
  const attempt = attempts.at(-1)
  if (attempt === undefined) throw new Error(`generation ${generation.id} has nothing to reconcile`)
  const billed = await findOutBill(attempt, context.upstream(attempt.upstream))
  // An end that lies as far ahead was written by a clock that was wrong.
  const isOver = Math.abs(context.clock() - (generation.endedAt ?? 0)) >= reconcileForMs
  await context.database.transaction(async (tx) => {
    if (billed === 'unknown' && !isOver) return reschedule(tx, lease, reconcileEveryMs)
    await updateAttempt(tx, attempt, { state: billed === 'no' ? 'refused' : 'failed', billed })
    await settleReconciled(tx, { generation, lease, upstreamBilled: billed })
  })
  return 'released'
}

async function findOutBill(
  attempt: Attempt,
  upstream: ReturnType<Stage['context']['upstream']>,
): Promise<Billed> {
  const found = (await upstream.find?.(attempt.id)) ?? { kind: 'unknown' }
  if (found.kind === 'absent') return 'no'
  if (found.kind === 'unknown') return 'unknown'
  // The job exists and nobody waits for it any more.
  return (await upstream.cancel(found.ref)) === 'cancelled' ? 'no' : 'yes'
}
