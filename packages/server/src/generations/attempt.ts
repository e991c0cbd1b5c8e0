import type { Queries, Transaction } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'
import type { Billed, UpstreamError, UpstreamRef } from '../upstreams/upstream.ts'

/**
 * One try at one upstream.
 *
 *   planned ──> submitting ──> submitted ──> succeeded
 *      │            │              └───────> failed      the upstream's verdict, or a useless result
 *      │            ├──────────────────────> refused     certain: no job exists there
 *      │            └──────────────────────> unknown     a job may exist, and nobody can tell
 *      └───────────────────────────────────> refused     cancelled, or out of time, before it was sent
 *
 * `submitting` is committed before the request leaves, `submitted` before anything else happens
 * after it. Whoever finds `submitting` after a crash must look the job up, never send it again.
 */
export type AttemptState =
  | 'planned'
  | 'submitting'
  | 'submitted'
  | 'succeeded'
  | 'refused'
  | 'failed'
  | 'unknown'

export interface Attempt {
  id: string
  generationId: string
  /** 1, 2, 3 … within its generation. */
  number: number
  /** Index into the model's routes. */
  route: number
  upstream: string
  upstreamModel: string
  state: AttemptState
  ref: UpstreamRef | null
  error: UpstreamError | null
  billed: Billed
  /** Failed polls or unknown-job answers in a row. */
  pollErrors: number
  createdAt: number
  updatedAt: number
}

interface AttemptRow {
  id: string
  generation_id: string
  number: number
  route: number
  upstream: string
  upstream_model: string
  state: AttemptState
  ref: string | null
  error: string | null
  billed: Billed
  poll_errors: number
  created_at: number
  updated_at: number
}

/** Adds a planned attempt. */
export async function insertAttempt(
  tx: Transaction,
  attempt: Pick<Attempt, 'generationId' | 'number' | 'route' | 'upstream' | 'upstreamModel'>,
): Promise<Attempt> {
  const row: Attempt = {
    ...attempt,
    id: newId('att'),
    state: 'planned',
    ref: null,
    error: null,
    billed: 'no',
    pollErrors: 0,
    createdAt: tx.now,
    updatedAt: tx.now,
  }
  await tx.run(
    `INSERT INTO attempts (id, generation_id, number, route, upstream, upstream_model, state, billed,
       poll_errors, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9)`,
    row.id,
    row.generationId,
    row.number,
    row.route,
    row.upstream,
    row.upstreamModel,
    row.state,
    row.billed,
    tx.now,
  )
  return row
}

/** Changes an attempt; what is not named stays. */
export async function updateAttempt(
  tx: Transaction,
  attempt: Attempt,
  changes: Partial<Pick<Attempt, 'state' | 'ref' | 'error' | 'billed' | 'pollErrors'>>,
): Promise<Attempt> {
  const row = { ...attempt, ...changes, updatedAt: tx.now }
  await tx.run(
    'UPDATE attempts SET state = $2, ref = $3, error = $4, billed = $5, poll_errors = $6, updated_at = $7 WHERE id = $1',
    row.id,
    row.state,
    row.ref === null ? null : JSON.stringify(row.ref),
    row.error === null ? null : JSON.stringify(row.error),
    row.billed,
    row.pollErrors,
    tx.now,
  )
  return row
}

/** The attempts of a generation, first to last. */
export async function listAttempts(queries: Queries, generationId: string): Promise<Attempt[]> {
  const rows = await queries.all<AttemptRow>(
    'SELECT * FROM attempts WHERE generation_id = $1 ORDER BY number',
    generationId,
  )
  return rows.map((row) => ({
    id: row.id,
    generationId: row.generation_id,
    number: row.number,
    route: row.route,
    upstream: row.upstream,
    upstreamModel: row.upstream_model,
    state: row.state,
    // Both were written by updateAttempt from values of exactly these types.
    ref: row.ref === null ? null : (JSON.parse(row.ref) as UpstreamRef),
    error: row.error === null ? null : (JSON.parse(row.error) as UpstreamError),
    billed: row.billed,
    pollErrors: row.poll_errors,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }))
}

/** What all attempts together cost the operator. */
export function billedByAll(attempts: readonly Attempt[]): Billed {
  if (attempts.some(({ billed }) => billed === 'yes')) return 'yes'
  return attempts.some(({ billed }) => billed === 'unknown') ? 'unknown' : 'no'
}
