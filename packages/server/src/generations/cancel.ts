import type { Cancellation } from '../contract/common.ts'
import type { GenerationEvents } from './events.ts'
import { findGeneration, requestCancel, type Generation } from './generation.ts'
import { hasten } from '../jobs/queue.ts'
import type { Database } from '../storage/database.ts'
import type { Worker } from '../jobs/worker.ts'

/** Ends a generation early, and says what that achieved by the time `signal` aborts. */
export async function cancel(
  { database, events, worker }: { database: Database; events: GenerationEvents; worker: Worker },
  generation: Generation,
  signal: AbortSignal,
): Promise<Cancellation> {
  const { id } = generation
  const wasPending = await database.transaction(async (tx) => {
    const requested = await requestCancel(tx, id)
    if (requested) await hasten(tx, id)
    return requested
  })
  if (!wasPending) return toCancellation(await findGeneration(database.read, id), id)
  worker.interrupt(id)
  worker.wake()
  await events.waitFor(
    id,
    async () => {
      const current = await findGeneration(database.read, id)
      return current?.status === 'pending' ? undefined : current
    },
    signal,
  )
  return toCancellation(await findGeneration(database.read, id), id)
}

function toCancellation(generation: Generation | undefined, id: string): Cancellation {
  if (generation === undefined || generation.status === 'pending') {
    return { id, status: 'pending', cancellation: 'requested' }
  }
  const cancelled = generation.failure?.reason === 'cancelled'
  return { id, status: generation.status, cancellation: cancelled ? 'cancelled' : 'too_late' }
}
