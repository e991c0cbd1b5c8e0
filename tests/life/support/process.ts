import { vi } from 'vitest'
import { generationHandler } from '../../../packages/server/src/generations/advance.ts'
import type { LifeContext } from '../../../packages/server/src/generations/context.ts'
import type { Lease, Step, Task } from '../../../packages/server/src/jobs/job.ts'
import { claim } from '../../../packages/server/src/jobs/queue.ts'
import { enlist, retire } from '../../../packages/server/src/jobs/workers.ts'
import type { Database } from '../../../packages/server/src/storage/database.ts'
import type { Faults } from './faults.ts'

/** A process that works on generations, step by step as a test says. */
export interface Process {
  context: LifeContext
  faults: Faults
  /** Its row in the table of workers. */
  worker: string
  /** Works on a job that it holds. */
  take(lease: Lease): void
  /** Takes whatever is due. */
  claim(): Promise<string[]>
  /** Takes one step of a generation's job. */
  step(id: string, signal?: AbortSignal): Promise<Step>
  /** Loses its jobs to whoever takes them next, without knowing of it. */
  loseAll(): Promise<void>
  /** Ends without a word: whatever it is in the middle of goes no further. */
  die(): void
}

export async function openProcess(
  database: Database,
  context: LifeContext,
  faults: Faults,
): Promise<Process> {
  const worker = await database.transaction(enlist)
  const handler = generationHandler(context)
  const tasks = new Map<string, Task>()
  const take = (lease: Lease) => tasks.set(lease.id, handler(lease))
  return {
    context,
    faults,
    worker,
    take,
    async claim() {
      const leases = await claim(database, worker, 100)
      leases.forEach(take)
      return leases.map(({ id }) => id)
    },
    async step(id, signal = new AbortController().signal) {
      const task = tasks.get(id)
      if (task === undefined) throw new Error(`nobody works on ${id}`)
      const step = await task.step(signal)
      if (step === 'released') {
        task.end()
        tasks.delete(id)
      }
      return step
    },
    loseAll: () => database.transaction((tx) => retire(tx, worker)),
    die() {
      faults.isDead = true
    },
  }
}

/** Lets so much time pass on every timer of this process, one after the other. */
export async function passTimers(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}
