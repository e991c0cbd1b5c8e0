import type { GenerationStatus } from '../contract/generations.ts'
import type { Queries } from '../storage/database.ts'
import type { KeyMode } from '../workspaces/api-keys.ts'

/** What the audit needs of a generation. */
export interface AuditedGeneration {
  id: string
  workspaceId: string
  mode: KeyMode
  status: GenerationStatus
  costMicros: number
  /** Whether what became of its last attempt is still being looked up. */
  isReconciling: boolean
  hasJob: boolean
}

/** Every generation. */
export async function listAudited(queries: Queries): Promise<AuditedGeneration[]> {
  const rows = await queries.all<{
    id: string
    workspace_id: string
    mode: KeyMode
    status: GenerationStatus
    cost_micros: number
    reconciling: number
    job: number
  }>(
    `SELECT id, workspace_id, mode, status, cost_micros,
       CASE WHEN reconcile_until IS NULL THEN 0 ELSE 1 END AS reconciling,
       (SELECT count(*) FROM jobs WHERE jobs.id = generations.id) AS job
     FROM generations`,
  )
  return rows.map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    mode: row.mode,
    status: row.status,
    costMicros: row.cost_micros,
    isReconciling: row.reconciling > 0,
    hasJob: row.job > 0,
  }))
}

/** A generation that failed while it was unknown what became of its last attempt, and still is. */
export interface OpenOutcome {
  id: string
  mode: KeyMode
  upstream: string
  /** Name of the credential; null where the upstream needs none. */
  credential: string | null
  since: number
  /** When it is given up at the latest. */
  until: number
  /** What stays held meanwhile: nothing with a test key. */
  heldMicros: number
}

/** Every outcome that is still being looked up, those first that are given up first. */
export async function listOpenOutcomes(queries: Queries): Promise<OpenOutcome[]> {
  const rows = await queries.all<{
    id: string
    mode: KeyMode
    cost_micros: number
    ended_at: number
    reconcile_until: number
    upstream: string
    credential: string | null
  }>(
    `SELECT generations.id, mode, cost_micros, ended_at, reconcile_until, upstream, credential
     FROM generations JOIN attempts ON attempts.generation_id = generations.id
     WHERE reconcile_until IS NOT NULL AND number =
       (SELECT max(number) FROM attempts WHERE generation_id = generations.id)
     ORDER BY reconcile_until, generations.id`,
  )
  return rows.map(({ id, mode, upstream, credential, ...row }) => ({
    id,
    mode,
    upstream,
    credential,
    since: row.ended_at,
    until: row.reconcile_until,
    heldMicros: mode === 'live' ? row.cost_micros : 0,
  }))
}

/** Attempts that were sent more than once, or twice for the same number: there must be none. */
export async function auditAttempts(queries: Queries): Promise<string[]> {
  const rows = await queries.all<{ generation_id: string; live: number }>(
    `SELECT generation_id, count(*) AS live FROM attempts
     WHERE state IN ('submitting', 'submitted', 'delivered', 'succeeded', 'unknown')
     GROUP BY generation_id HAVING count(*) > 1`,
  )
  return rows.map(
    ({ generation_id: id, live }) => `generation ${id}: ${live} attempts may have a job at once`,
  )
}
