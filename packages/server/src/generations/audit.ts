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
