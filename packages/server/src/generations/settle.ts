/**
 * The end of a generation, in one transaction: state, files, money, slot, idempotency key, job.
 * `recordEnd` changes only a pending row, so whoever comes second changes nothing. Shared rows are
 * touched in the order that admission/accept.ts names.
 */
import type { Failure } from '../contract/failure.ts'
import type { Charge } from '../ledger/charge.ts'
import { capture, release } from '../ledger/ledger.ts'
import { insertOutput, type Output } from '../media/outputs.ts'
import type { Transaction } from '../storage/database.ts'
import type { Billed } from '../upstreams/upstream.ts'
import { recordEnd, recordUpstreamBilled, type Generation } from './generation.ts'
import { finish, reschedule, type Lease } from './queue.ts'

/** What admission gives back when a generation ends. `freesKey`: the same request may start anew. */
export type Release = (
  tx: Transaction,
  generation: Generation,
  end: { freesKey: boolean },
) => Promise<void>

/** While a bill is unknown, the upstream is asked again this often. */
export const reconcileEveryMs = 60_000

/** After this long without an answer the hold is released; the operator bears what was billed. */
export const reconcileForMs = 24 * 60 * 60 * 1000

/** Completes: keeps the files and charges the price. */
export async function settleCompleted(
  tx: Transaction,
  end: {
    generation: Generation
    lease: Lease
    outputs: Output[]
    upstreamBilled: Billed
    release: Release
  },
): Promise<void> {
  const { generation, lease, outputs } = end
  const isFirst = await recordEnd(tx, generation.id, {
    status: 'completed',
    failure: null,
    upstreamBilled: end.upstreamBilled,
  })
  if (isFirst) {
    await end.release(tx, generation, { freesKey: false })
    for (const output of outputs) await insertOutput(tx, output, generation)
    if (generation.mode === 'live') await capture(tx, chargeOf(generation))
  }
  await finish(tx, lease)
}

/**
 * Fails: gives the hold back, and the idempotency key too where a retry costs nobody anything.
 * With `outcomeUnknown` the hold stays, and the job goes on as a reconciliation.
 */
export async function settleFailed(
  tx: Transaction,
  end: {
    generation: Generation
    lease: Lease
    failure: Failure
    upstreamBilled: Billed
    outcomeUnknown: boolean
    release: Release
  },
): Promise<void> {
  const { generation, lease, failure, upstreamBilled } = end
  const record = failure.toRecord()
  const isSafeToRepeat = upstreamBilled === 'no'
  const isFirst = await recordEnd(tx, generation.id, {
    status: 'failed',
    failure: { ...record, shouldRetry: record.shouldRetry && isSafeToRepeat },
    upstreamBilled,
  })
  if (isFirst) {
    const freesKey = isSafeToRepeat && failure.code !== 'content_policy_violation'
    await end.release(tx, generation, { freesKey })
    if (generation.mode === 'live' && !end.outcomeUnknown) {
      await release(tx, chargeOf(generation), record.reason)
    }
  }
  if (end.outcomeUnknown) await reschedule(tx, lease, reconcileEveryMs)
  else await finish(tx, lease)
}

/** Ends a reconciliation: the hold goes back whatever was found, since only completed generations cost. */
export async function settleReconciled(
  tx: Transaction,
  {
    generation,
    lease,
    upstreamBilled,
  }: { generation: Generation; lease: Lease; upstreamBilled: Billed },
): Promise<void> {
  await recordUpstreamBilled(tx, generation.id, upstreamBilled)
  if (generation.mode === 'live') {
    await release(tx, chargeOf(generation), `reconciled: upstream billed ${upstreamBilled}`)
  }
  await finish(tx, lease)
}

/** What a live generation costs, and who bears it. */
export function chargeOf({ workspaceId, keyId, id, price, createdAt }: Generation): Charge {
  const amountMicros = price.costMicros
  return { workspaceId, keyId, generationId: id, amountMicros, acceptedAt: createdAt }
}
