/** The workers table: which processes are at work, and until when that is taken for granted. */
import type { Transaction } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'
import { aliveMs } from './queue.ts'

/** Adds a worker; its id. */
export async function enlist(tx: Transaction): Promise<string> {
  const id = newId('worker')
  await tx.run('INSERT INTO workers (id, alive_until) VALUES ($1, $2)', id, tx.now + aliveMs)
  return id
}

/** Says that a worker is alive, which keeps all its jobs; false if others have given it up for dead. */
export async function stayAlive(tx: Transaction, id: string): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE workers SET alive_until = $2 WHERE id = $1',
    id,
    tx.now + aliveMs,
  )
  return changed === 1
}

/** Makes due what workers held that are gone; never touches what `self` holds. */
export async function takeBack(tx: Transaction, self: string): Promise<number> {
  // One that is alive for longer than any was, by a clock that was wrong, is gone as well.
  await tx.run(
    'DELETE FROM workers WHERE id <> $1 AND (alive_until <= $2 OR alive_until > $3)',
    self,
    tx.now,
    tx.now + 2 * aliveMs,
  )
  return tx.run(
    `UPDATE jobs SET run_at = $1, worker = NULL, lease = NULL
     WHERE worker IS NOT NULL AND worker NOT IN (SELECT id FROM workers)`,
    tx.now,
  )
}

/** Gives all of a worker's jobs back, due now, and takes it off the list. */
export async function retire(tx: Transaction, id: string): Promise<void> {
  await tx.run(
    'UPDATE jobs SET run_at = $2, worker = NULL, lease = NULL WHERE worker = $1',
    id,
    tx.now,
  )
  await tx.run('DELETE FROM workers WHERE id = $1', id)
}
