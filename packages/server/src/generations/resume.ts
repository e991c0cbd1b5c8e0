/**
 * Taking over where the last gateway stopped. The sweep runs once a minute, so its job tells when
 * somebody last served. The time between then and now, be it a long stop or a clock that was set
 * meanwhile, is not counted against anything that is pending.
 */
import type { Transaction } from '../storage/database.ts'
import { shiftDeadlines } from './generation.ts'
import { dueAt, ensureDue, releaseAll } from '../jobs/queue.ts'
import { retentionJobId, sweepEveryMs } from './retention.ts'

/**
 * Beyond this nobody waits for the work any more, and the folder may be an old backup whose work
 * was done long ago: deadlines stay, so that each generation is looked at once more and ends.
 */
const longestShiftMs = 24 * 60 * 60 * 1000

const longGapMs = 60 * 60 * 1000
const quietMs = 10 * 60_000

/** What the gap before a start means for it. */
export interface Resumption {
  /** How far deadlines were moved, in milliseconds; negative if the clock is behind the last gateway's. */
  shiftedMs: number
  /** Nothing is deleted before: after a long gap the clock may be wrong, and be set right soon. */
  quietUntil: number
}

/** Prepares the rows for a gateway that has just taken the data folder for itself. */
export async function resume(tx: Transaction): Promise<Resumption> {
  const gapMs = missedMs(tx.now, await dueAt(tx, retentionJobId))
  const shiftedMs = Math.abs(gapMs) > longestShiftMs ? 0 : gapMs
  await releaseAll(tx)
  // Also marks this start, so that the same gap is not counted again should it fail.
  await ensureDue(tx, retentionJobId, 'retention')
  if (shiftedMs !== 0) await shiftDeadlines(tx, shiftedMs)
  return { shiftedMs, quietUntil: gapMs > longGapMs ? tx.now + quietMs : 0 }
}

/** How far now is from when the last gateway served, to the minute; 0 if there was none. */
function missedMs(now: number, sweepAt: number | undefined): number {
  if (sweepAt === undefined) return 0
  if (now > sweepAt) return now - sweepAt
  return Math.min(0, now - sweepAt + sweepEveryMs)
}
