/**
 * The jobs table: queue, lease and durable timer at once. `run_at` is when a job that nobody holds is
 * due. A held job names its worker and the token of this one claim; it stays held for as long as
 * its worker says that it is alive, which is one row however many jobs it holds. Every write that
 * ends or reschedules a job names the token, so a late worker changes nothing.
 */
import type { Database, Queries, Transaction } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'
import type { JobKind, Lease } from './job.ts'

/** How long a worker that says nothing keeps its jobs. */
export const aliveMs = 60_000

/**
 * No job is scheduled further ahead. What lies beyond was written by a clock that was wrong, and is
 * due: looking too early costs a look, waiting for that instant could take years.
 */
export const furthestMs = 10 * 60_000

/** The worker no longer holds the job; whatever it was about to write must not be written. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/** Adds a job that is born held by a worker. */
export async function enqueueHeld(
  tx: Transaction,
  job: { id: string; kind: JobKind; worker: string },
): Promise<Lease> {
  const token = newId('lease')
  await tx.run(
    'INSERT INTO jobs (id, kind, run_at, worker, lease) VALUES ($1, $2, $3, $4, $5)',
    job.id,
    job.kind,
    tx.now,
    job.worker,
    token,
  )
  return { id: job.id, kind: job.kind, token }
}

/** Adds a job with a fixed id, or makes the one that is there due now, whoever held it. */
export async function ensureDue(tx: Transaction, id: string, kind: JobKind): Promise<void> {
  await tx.run(
    `INSERT INTO jobs (id, kind, run_at) VALUES ($1, $2, $3)
     ON CONFLICT (id) DO UPDATE SET run_at = excluded.run_at, worker = NULL, lease = NULL`,
    id,
    kind,
    tx.now,
  )
}

/** Takes up to `limit` due jobs for a worker. */
export function claim(database: Database, worker: string, limit: number): Promise<Lease[]> {
  return database.transaction(async (tx) => {
    const due = await tx.all<{ id: string; kind: JobKind }>(
      `SELECT id, kind FROM jobs WHERE lease IS NULL AND run_at <= $1
       ORDER BY run_at LIMIT $2 ${database.skipLocked}`,
      tx.now,
      limit,
    )
    // A query of its own, so that each is one walk along the index.
    const misdated = await tx.all<{ id: string; kind: JobKind }>(
      `SELECT id, kind FROM jobs WHERE lease IS NULL AND run_at > $1
       ORDER BY run_at LIMIT $2 ${database.skipLocked}`,
      tx.now + furthestMs,
      limit - due.length,
    )
    const leases = [...due, ...misdated].map((job) => ({ ...job, token: newId('lease') }))
    for (const { id, token } of leases) {
      await tx.run('UPDATE jobs SET worker = $2, lease = $3 WHERE id = $1', id, worker, token)
    }
    return leases
  })
}

/** When the next job that nobody holds is due; undefined if there is none. */
export async function nextDueAt(queries: Queries): Promise<number | undefined> {
  const row = await queries.get<{ run_at: number }>(
    'SELECT run_at FROM jobs WHERE lease IS NULL ORDER BY run_at LIMIT 1',
  )
  return row?.run_at
}

/** Begins every transaction of a step: throws LeaseLostError if the job is no longer ours, and keeps it ours until the commit. */
export function assertHeld(tx: Transaction, lease: Lease): Promise<void> {
  return changeHeld(tx, lease, 'UPDATE jobs SET run_at = $3 WHERE id = $1 AND lease = $2', tx.now)
}

/** Gives a job back, to be due after a while: ten minutes at most. */
export function reschedule(tx: Transaction, lease: Lease, afterMs: number): Promise<void> {
  return changeHeld(
    tx,
    lease,
    'UPDATE jobs SET run_at = $3, worker = NULL, lease = NULL WHERE id = $1 AND lease = $2',
    tx.now + Math.min(furthestMs, Math.max(0, Math.round(afterMs))),
  )
}

/** Removes a job that is done. */
export function finish(tx: Transaction, lease: Lease): Promise<void> {
  return changeHeld(tx, lease, 'DELETE FROM jobs WHERE id = $1 AND lease = $2')
}

/** Makes a job due now unless somebody holds it. */
export async function hasten(tx: Transaction, id: string): Promise<void> {
  await tx.run(
    'UPDATE jobs SET run_at = $2 WHERE id = $1 AND lease IS NULL AND run_at > $2',
    id,
    tx.now,
  )
}

/**
 * Makes every held job due at once, and those that are further ahead than a lease lasts: their
 * instant may be of another clock. Only for a gateway that has just taken the data folder for
 * itself: whoever held them is dead.
 */
export async function releaseAll(tx: Transaction): Promise<void> {
  await tx.run('DELETE FROM workers')
  await tx.run(
    'UPDATE jobs SET run_at = $1, worker = NULL, lease = NULL WHERE worker IS NOT NULL',
    tx.now,
  )
  await tx.run('UPDATE jobs SET run_at = $1 WHERE run_at > $2', tx.now, tx.now + aliveMs)
}

/** When a job is due, or was when it was taken; undefined if it is not there. */
export async function dueAt(queries: Queries, id: string): Promise<number | undefined> {
  const row = await queries.get<{ run_at: number }>('SELECT run_at FROM jobs WHERE id = $1', id)
  return row?.run_at
}

async function changeHeld(
  tx: Transaction,
  lease: Lease,
  sql: string,
  runAt?: number,
): Promise<void> {
  const values = runAt === undefined ? [] : [runAt]
  const changed = await tx.run(sql, lease.id, lease.token, ...values)
  if (changed !== 1) throw new LeaseLostError(`lease on ${lease.id} was lost`)
}
