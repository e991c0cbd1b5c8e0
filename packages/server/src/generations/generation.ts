import type { FailureRecord } from '../contract/failure.ts'
import {
  generationStatuses,
  generationTypes,
  type GenerationStatus,
  type GenerationType,
} from '../contract/generations.ts'
import type { Price } from '../ledger/prices.ts'
import type { GenerationInput } from '../models/parse-input.ts'
import type { Queries, SqlValue, Transaction } from '../storage/database.ts'
import type { Billed } from '../upstreams/upstream.ts'
import type { KeyMode } from '../workspaces/api-keys.ts'

/** One row of the table of generations: an image or a video, from acceptance to its end. */
export interface Generation {
  id: string
  workspaceId: string
  keyId: string
  mode: KeyMode
  type: GenerationType
  model: string
  input: GenerationInput
  status: GenerationStatus
  /** When prompt and images passed the checks; null before. */
  checkedAt: number | null
  cancelRequestedAt: number | null
  price: Price
  idempotencyKey: string | null
  requestId: string
  /** 0 to 1, where the upstream tells. */
  progress: number | null
  queuePosition: number | null
  failure: FailureRecord | null
  /** What the attempts cost the operator, as far as known. */
  upstreamBilled: Billed
  deadlineAt: number
  createdAt: number
  endedAt: number | null
  /** While what became of its last attempt is still being looked up: until when at the latest. */
  reconcileUntil: number | null
}

interface GenerationRow {
  id: string
  workspace_id: string
  key_id: string
  mode: KeyMode
  type: GenerationType
  model: string
  input: string
  status: GenerationStatus
  checked_at: number | null
  cancel_requested_at: number | null
  unit_price_micros: number
  quantity: number
  cost_micros: number
  idempotency_key: string | null
  request_id: string
  progress: number | null
  queue_position: number | null
  failure: string | null
  upstream_billed: Billed
  deadline_at: number
  created_at: number
  ended_at: number | null
  reconcile_until: number | null
}

/** Adds a new, pending generation. */
export async function insertGeneration(tx: Transaction, generation: Generation): Promise<void> {
  await tx.run(
    `INSERT INTO generations (id, workspace_id, key_id, mode, type, model, input, status,
       unit_price_micros, quantity, cost_micros, idempotency_key, request_id, upstream_billed,
       deadline_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    generation.id,
    generation.workspaceId,
    generation.keyId,
    generation.mode,
    generation.type,
    generation.model,
    JSON.stringify(generation.input),
    generation.status,
    generation.price.unitPriceMicros,
    generation.price.quantity,
    generation.price.costMicros,
    generation.idempotencyKey,
    generation.requestId,
    generation.upstreamBilled,
    generation.deadlineAt,
    generation.createdAt,
  )
}

/** By id; undefined if there is none. */
export async function findGeneration(
  queries: Queries,
  id: string,
): Promise<Generation | undefined> {
  const row = await queries.get<GenerationRow>('SELECT * FROM generations WHERE id = $1', id)
  return row === undefined ? undefined : toGeneration(row)
}

/** By id; throws a plain error if it is gone, which would be a fault of ours. */
export async function getGeneration(queries: Queries, id: string): Promise<Generation> {
  const generation = await findGeneration(queries, id)
  if (generation === undefined) throw new Error(`generation ${id} does not exist`)
  return generation
}

/** What a listing is narrowed to. */
export interface GenerationFilter {
  workspaceId?: string | undefined
  mode?: KeyMode | undefined
  status?: GenerationStatus | undefined
  type?: GenerationType | undefined
  /** Only generations accepted before this one. */
  beforeId?: string | undefined
  limit: number
}

/** Newest first. For one workspace and mode, what it takes does not grow with what they have made. */
export async function listGenerations(
  queries: Queries,
  filter: GenerationFilter,
): Promise<Generation[]> {
  const values: SqlValue[] = []
  const bind = (value: SqlValue) => `$${values.push(value)}`
  const { workspaceId, mode, status, type } = filter
  const isOwned = workspaceId !== undefined && mode !== undefined
  const isNarrowed = isOwned && (status ?? type) !== undefined
  const sql = isNarrowed ? selectNarrowed(filter, bind) : selectNewest('*', filter, bind)
  const rows = await queries.all<GenerationRow>(sql, ...values)
  return rows.map(toGeneration)
}

type Bind = (value: SqlValue) => string

// The index by status and type has the newest of one status and one type in order. Along any other
// index, a filter that matches little would read all rows to find that little.
function selectNarrowed(filter: GenerationFilter, bind: Bind): string {
  const statuses = filter.status === undefined ? generationStatuses : [filter.status]
  const types = filter.type === undefined ? generationTypes : [filter.type]
  const kinds = statuses.flatMap((status) => types.map((type) => ({ ...filter, status, type })))
  const newest = kinds.map((kind, index) => {
    return `SELECT id FROM (${selectNewest('id', kind, bind)}) AS kind_${index}`
  })
  return `SELECT * FROM generations WHERE id IN (
    SELECT id FROM (${newest.join(' UNION ALL ')}) AS kinds ORDER BY id DESC LIMIT ${bind(filter.limit)}
  ) ORDER BY id DESC`
}

function selectNewest(columns: string, filter: GenerationFilter, bind: Bind): string {
  const conditions: string[] = []
  const add = (condition: string, value: SqlValue | undefined) => {
    if (value !== undefined) conditions.push(`${condition} ${bind(value)}`)
  }
  add('workspace_id =', filter.workspaceId)
  add('mode =', filter.mode)
  add('status =', filter.status)
  add('type =', filter.type)
  add('id <', filter.beforeId)
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  return `SELECT ${columns} FROM generations ${where} ORDER BY id DESC LIMIT ${bind(filter.limit)}`
}

/** Records that prompt and images passed the checks. */
export async function recordChecked(tx: Transaction, { id }: Generation): Promise<void> {
  await tx.run(
    "UPDATE generations SET checked_at = $2 WHERE id = $1 AND status = 'pending'",
    id,
    tx.now,
  )
}

/** Forgets the prompt and where images came from; what remains is what was ordered and paid. */
export async function forgetContent(tx: Transaction, { id, input }: Generation): Promise<void> {
  const images = input.images.map(({ role }) => ({ role, url: '' }))
  await tx.run(
    'UPDATE generations SET input = $2 WHERE id = $1',
    id,
    JSON.stringify({ ...input, prompt: '', images }),
  )
}

/** Records what the upstream told of a running job. */
export async function recordProgress(
  tx: Transaction,
  id: string,
  { progress, queuePosition }: { progress: number | null; queuePosition: number | null },
): Promise<void> {
  await tx.run(
    'UPDATE generations SET progress = $2, queue_position = $3 WHERE id = $1',
    id,
    progress,
    queuePosition,
  )
}

/** Asks for the end of a pending generation; false if it has already ended. */
export async function requestCancel(tx: Transaction, id: string): Promise<boolean> {
  const changed = await tx.run(
    "UPDATE generations SET cancel_requested_at = coalesce(cancel_requested_at, $2) WHERE id = $1 AND status = 'pending'",
    id,
    tx.now,
  )
  return changed === 1
}

/** Ends a pending generation; false if it had already ended, and then nothing may follow. */
export async function recordEnd(
  tx: Transaction,
  id: string,
  end: {
    status: 'completed' | 'failed'
    failure: FailureRecord | null
    upstreamBilled: Billed
    reconcileUntil: number | null
  },
): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE generations SET status = $2, failure = $3, upstream_billed = $4, ended_at = $5,
       reconcile_until = $6, progress = NULL, queue_position = NULL
     WHERE id = $1 AND status = 'pending'`,
    id,
    end.status,
    end.failure === null ? null : JSON.stringify(end.failure),
    end.upstreamBilled,
    tx.now,
    end.reconcileUntil,
  )
  return changed === 1
}

/** Ids of generations that ended before an instant, the oldest first; none whose outcome is open. */
export async function listEndedBefore(
  queries: Queries,
  { instant, limit }: { instant: number; limit: number },
): Promise<string[]> {
  const rows = await queries.all<{ id: string }>(
    `SELECT id FROM generations
     WHERE ended_at IS NOT NULL AND reconcile_until IS NULL AND ended_at < $1
     ORDER BY ended_at LIMIT $2`,
    instant,
    limit,
  )
  return rows.map(({ id }) => id)
}

/** Drops the row of a generation, and those of its attempts. */
export async function dropGeneration(tx: Transaction, id: string): Promise<void> {
  await tx.run('DELETE FROM attempts WHERE generation_id = $1', id)
  await tx.run('DELETE FROM generations WHERE id = $1', id)
}

/** Moves the deadline of everything that is pending by `byMs`, which may be negative. */
export async function shiftDeadlines(tx: Transaction, byMs: number): Promise<void> {
  // By way of the jobs: they are few, generations are all there ever were.
  await tx.run(
    "UPDATE generations SET deadline_at = deadline_at + $1 WHERE status = 'pending' AND id IN (SELECT id FROM jobs)",
    byMs,
  )
}

/** Records what was found out after the end; nothing is open any more. */
export async function recordReconciled(
  tx: Transaction,
  id: string,
  { upstreamBilled, failure }: { upstreamBilled: Billed; failure: FailureRecord | null },
): Promise<void> {
  await tx.run(
    'UPDATE generations SET upstream_billed = $2, failure = $3, reconcile_until = NULL WHERE id = $1',
    id,
    upstreamBilled,
    failure === null ? null : JSON.stringify(failure),
  )
}

function toGeneration(row: GenerationRow): Generation {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    keyId: row.key_id,
    mode: row.mode,
    type: row.type,
    model: row.model,
    // Both were written by this module from values of exactly these types.
    input: JSON.parse(row.input) as GenerationInput,
    status: row.status,
    checkedAt: row.checked_at,
    cancelRequestedAt: row.cancel_requested_at,
    price: {
      unitPriceMicros: row.unit_price_micros,
      quantity: row.quantity,
      costMicros: row.cost_micros,
    },
    idempotencyKey: row.idempotency_key,
    requestId: row.request_id,
    progress: row.progress,
    queuePosition: row.queue_position,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as FailureRecord),
    upstreamBilled: row.upstream_billed,
    deadlineAt: row.deadline_at,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    reconcileUntil: row.reconcile_until,
  }
}
