/**
 * The end of a generation, in one transaction: state, files, money, slot, idempotency key, job.
 * `recordEnd` changes only a pending row, so whoever comes second changes nothing. Shared rows are
 * touched in the order that admission/accept.ts names.
 */
import type { Failure, FailureRecord } from '../contract/failure.ts'
import type { Charge } from '../ledger/charge.ts'
import { capture, release } from '../ledger/ledger.ts'
import { finish } from '../jobs/queue.ts'
import type { Lease } from '../jobs/job.ts'
import { insertOutput, type Output } from '../media/outputs.ts'
import type { Transaction } from '../storage/database.ts'
import type { Billed } from '../upstreams/upstream.ts'
import { toOutcome } from './failures.ts'
import { recordEnd, recordReconciled, type Generation } from './generation.ts'
import { reconcileForMs } from './time-limits.ts'

/** What the rest of the server does when a generation ends. */
export interface EndHooks {
  /** Gives back what admission took, but for the money. `freesKey`: the same request may start anew. */
  ended(tx: Transaction, generation: Generation, end: { freesKey: boolean }): Promise<void>
  /** The same request may start anew after all. */
  freeKey(tx: Transaction, generation: Generation): Promise<void>
}

/** Completes: keeps the files and charges the price. */
export async function settleCompleted(
  tx: Transaction,
  end: {
    generation: Generation
    lease: Lease
    outputs: readonly Output[]
    upstreamBilled: Billed
    hooks: EndHooks
  },
): Promise<void> {
  const { generation, lease, outputs } = end
  const isFirst = await recordEnd(tx, generation.id, {
    status: 'completed',
    failure: null,
    upstreamBilled: end.upstreamBilled,
    reconcileUntil: null,
  })
  if (isFirst) {
    await end.hooks.ended(tx, generation, { freesKey: false })
    for (const output of outputs) await insertOutput(tx, output, generation)
    if (generation.mode === 'live') await capture(tx, chargeOf(generation))
  }
  await finish(tx, lease)
}

/**
 * Fails: gives the hold back, and the idempotency key too where a retry costs nobody anything.
 * With `isOpen` nobody knows what became of the last attempt: the hold stays, and so does the job,
 * which goes on as a reconciliation.
 */
export async function settleFailed(
  tx: Transaction,
  end: {
    generation: Generation
    lease: Lease
    failure: Failure
    upstreamBilled: Billed
    isOpen: boolean
    hooks: EndHooks
  },
): Promise<void> {
  const { generation, lease, failure, upstreamBilled, isOpen } = end
  const record = failure.toRecord()
  const isSafeToRepeat = upstreamBilled === 'no'
  const isFirst = await recordEnd(tx, generation.id, {
    status: 'failed',
    failure: { ...record, shouldRetry: record.shouldRetry && isSafeToRepeat },
    upstreamBilled,
    reconcileUntil: isOpen ? tx.now + reconcileForMs : null,
  })
  if (isFirst) {
    await end.hooks.ended(tx, generation, { freesKey: isSafeToRepeat && freesKey(record) })
    if (generation.mode === 'live' && !isOpen) {
      await release(tx, chargeOf(generation), record.reason)
    }
  }
  if (!isOpen) await finish(tx, lease)
}

/**
 * Ends a reconciliation: the hold goes back whatever was found, since only completed generations
 * cost, and the client is told what it was. Where it is certain now that the upstream bills nothing,
 * the same request may start anew.
 */
export async function settleReconciled(
  tx: Transaction,
  end: {
    generation: Generation
    lease: Lease
    upstreamBilled: Billed
    hooks: EndHooks
  },
): Promise<void> {
  const { generation, lease, upstreamBilled, hooks } = end
  const corrected = generation.failure && toOutcome(generation.failure, upstreamBilled)
  await recordReconciled(tx, generation.id, { upstreamBilled, failure: corrected })
  if (upstreamBilled === 'no' && corrected !== null && freesKey(corrected)) {
    await hooks.freeKey(tx, generation)
  }
  if (generation.mode === 'live') {
    await release(tx, chargeOf(generation), `reconciled: upstream billed ${upstreamBilled}`)
  }
  await finish(tx, lease)
}

// A refusal of the content is the same every time, so it is replayed.
function freesKey({ code }: FailureRecord): boolean {
  return code !== 'content_policy_violation'
}

/** What a live generation costs, and who bears it. */
export function chargeOf({ workspaceId, keyId, id, price, createdAt }: Generation): Charge {
  const amountMicros = price.costMicros
  return { workspaceId, keyId, generationId: id, amountMicros, acceptedAt: createdAt }
}
