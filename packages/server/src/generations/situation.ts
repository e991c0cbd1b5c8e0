import { assertHeld } from '../jobs/queue.ts'
import type { Lease } from '../jobs/job.ts'
import type { Transaction } from '../storage/database.ts'
import { changeAttempt, type Attempt, type AttemptChanges } from './attempt.ts'
import type { LifeContext } from './context.ts'
import type { Generation } from './generation.ts'
import type { Memory } from './memory.ts'

/** What one step works on: the rows as they were read at its beginning. */
export interface Situation {
  context: LifeContext
  lease: Lease
  generation: Generation
  attempts: readonly Attempt[]
  /** What this process remembers of the job since it took it. */
  memory: Memory
  /** Aborts when the step's time is over, the rows have changed, or the gateway stops. */
  signal: AbortSignal
}

/** Runs a transaction of a step: only while the job is ours, and it stays ours until the commit. */
export function whileHeld<Result>(
  { context, lease }: Pick<Situation, 'context' | 'lease'>,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  return context.database.transaction(async (tx) => {
    await assertHeld(tx, lease)
    return work(tx)
  })
}

/**
 * Changes an attempt within a step. The answer to a submission is recorded by whoever hears it, job
 * held or not, so an attempt can change under a step: then nothing of the step is written.
 */
export async function mustChange(
  tx: Transaction,
  attempt: Attempt,
  changes: AttemptChanges,
): Promise<Attempt> {
  const changed = await changeAttempt(tx, attempt, changes)
  if (changed === undefined) throw new RowsChangedError(`attempt ${attempt.id} has changed`)
  return changed
}

/** The rows are not as they were read; the step is to be taken again. */
export class RowsChangedError extends Error {
  override readonly name = 'RowsChangedError'
}

/** How long until the deadline, in milliseconds; 0 once it has passed. */
export function timeLeft({ context, generation }: Situation): number {
  return Math.max(0, generation.deadlineAt - context.clock())
}

/** Whether the time that the model is given is over. */
export function isOverdue({ context, generation }: Situation): boolean {
  return context.clock() >= generation.deadlineAt
}
