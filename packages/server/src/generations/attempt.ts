import type { Queries, Transaction } from '../storage/database.ts'
import type { Billed, Json, UpstreamFailure, UpstreamRef } from '../upstreams/upstream.ts'

/**
 * One try at one upstream. Its row is written in the transaction that decides to send it, so there
 * is none that was never about to be sent; (generation, number) is unique, so no number is sent twice.
 *
 *   submitting ──> submitted ──> delivered ──> succeeded
 *     │  │             │             └───────> failed     nothing usable, or withheld by a check
 *     │  │             ├─────────────────────> failed     the upstream's verdict
 *     │  │             └─────────────────────> unknown    out of time while it may go on
 *     │  ├───────────────────────────────────> refused    certain: no job exists there
 *     │  └───────────────────────────────────> failed     it answered at once, with a verdict
 *     └──────────────────────────────────────> unknown    a job may exist, and nobody can tell
 *
 * `submitting` is committed before the request leaves; the answer is committed before anything else
 * happens to it. Whoever finds `submitting` and is not itself waiting for the answer must look the
 * job up, never send it again. `unknown` belongs to a generation that has ended as failed; what is
 * found out later makes it `refused` or `failed`.
 */
export type AttemptState =
  | 'submitting'
  | 'submitted'
  | 'delivered'
  | 'succeeded'
  | 'refused'
  | 'failed'
  | 'unknown'

export interface Attempt {
  id: string
  generationId: string
  /** 1, 2, 3 … within its generation. */
  number: number
  upstream: string
  /** Name of the credential; null where the upstream needs none. */
  credential: string | null
  upstreamModel: string
  state: AttemptState
  ref: UpstreamRef | null
  /** What has arrived, while it is `delivered`. */
  delivery: Delivery | null
  failure: UpstreamFailure | null
  billed: Billed
  /** When it was about to be sent. */
  createdAt: number
  updatedAt: number
}

/** A result that is ours to keep: what it cost, and its files. */
export interface Delivery {
  billed: Billed
  files: DeliveredFile[]
}

export type DeliveredFile = (
  | { kind: 'kept'; storageKey: string; sha256: string; bytes: number }
  | { kind: 'remote'; source: Json }
) & { expiresAt?: number }

interface AttemptRow {
  id: string
  generation_id: string
  number: number
  upstream: string
  credential: string | null
  upstream_model: string
  state: AttemptState
  ref: string | null
  delivery: string | null
  failure: string | null
  billed: Billed
  created_at: number
  updated_at: number
}

/** What an attempt is before it is on record. */
export type NewAttempt = Pick<
  Attempt,
  'id' | 'generationId' | 'number' | 'upstream' | 'credential' | 'upstreamModel'
>

/** Adds an attempt that is sent as soon as this is committed, or one that could not even be sent. */
export async function insertAttempt(
  tx: Transaction,
  attempt: NewAttempt,
  unsent?: UpstreamFailure,
): Promise<Attempt> {
  const row: Attempt = {
    ...attempt,
    state: unsent === undefined ? 'submitting' : 'refused',
    ref: null,
    delivery: null,
    failure: unsent ?? null,
    billed: unsent === undefined ? 'unknown' : 'no',
    createdAt: tx.now,
    updatedAt: tx.now,
  }
  await tx.run(
    `INSERT INTO attempts (id, generation_id, number, upstream, credential, upstream_model, state,
       failure, billed, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
    row.id,
    row.generationId,
    row.number,
    row.upstream,
    row.credential,
    row.upstreamModel,
    row.state,
    toJson(row.failure),
    row.billed,
    tx.now,
  )
  return row
}

/** What may change. */
export type AttemptChanges = Partial<
  Pick<Attempt, 'state' | 'ref' | 'delivery' | 'failure' | 'billed'>
>

/**
 * Changes an attempt; what is not named stays. Undefined, and nothing is changed, if it is no
 * longer in the state in which it was read: somebody else was faster.
 */
export async function changeAttempt(
  tx: Transaction,
  attempt: Attempt,
  changes: AttemptChanges,
): Promise<Attempt | undefined> {
  const next = { ...attempt, ...changes, updatedAt: tx.now }
  // Addresses of files that nobody will fetch any more are not kept.
  const row = next.state === 'delivered' ? next : { ...next, delivery: null }
  const changed = await tx.run(
    `UPDATE attempts SET state = $2, ref = $3, delivery = $4, failure = $5, billed = $6, updated_at = $7
     WHERE id = $1 AND state = $8`,
    row.id,
    row.state,
    toJson(row.ref),
    toJson(row.delivery),
    toJson(row.failure),
    row.billed,
    tx.now,
    attempt.state,
  )
  return changed === 1 ? row : undefined
}

/** By id; undefined if there is none. */
export async function findAttempt(queries: Queries, id: string): Promise<Attempt | undefined> {
  const row = await queries.get<AttemptRow>('SELECT * FROM attempts WHERE id = $1', id)
  return row === undefined ? undefined : toAttempt(row)
}

/** The attempts of a generation, first to last. */
export async function listAttempts(queries: Queries, generationId: string): Promise<Attempt[]> {
  const rows = await queries.all<AttemptRow>(
    'SELECT * FROM attempts WHERE generation_id = $1 ORDER BY number',
    generationId,
  )
  return rows.map(toAttempt)
}

// The JSON was written by this module from values of exactly these types.
function toAttempt(row: AttemptRow): Attempt {
  return {
    id: row.id,
    generationId: row.generation_id,
    number: row.number,
    upstream: row.upstream,
    credential: row.credential,
    upstreamModel: row.upstream_model,
    state: row.state,
    ref: row.ref === null ? null : (JSON.parse(row.ref) as UpstreamRef),
    delivery: row.delivery === null ? null : (JSON.parse(row.delivery) as Delivery),
    failure: row.failure === null ? null : (JSON.parse(row.failure) as UpstreamFailure),
    billed: row.billed,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}

/** What all attempts together cost the operator. */
export function billedByAll(attempts: readonly Attempt[]): Billed {
  if (attempts.some(({ billed }) => billed === 'yes')) return 'yes'
  return attempts.some(({ billed }) => billed === 'unknown') ? 'unknown' : 'no'
}
