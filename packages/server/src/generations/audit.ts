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
  /** Whether its last attempt's outcome is still being looked up. */
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
    unknown: number
    job: number
  }>(
    `SELECT id, workspace_id, mode, status, cost_micros,
       (SELECT count(*) FROM attempts WHERE generation_id = generations.id AND state = 'unknown') AS unknown,
       (SELECT count(*) FROM jobs WHERE jobs.id = generations.id) AS job
     FROM generations`,
  )
  return rows.map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    mode: row.mode,
    status: row.status,
    costMicros: row.cost_micros,
    isReconciling: row.unknown > 0,
    hasJob: row.job > 0,
  }))
}

/** Attempts that were sent more than once, or twice for the same number: there must be none. */
export async function auditAttempts(queries: Queries): Promise<string[]> {
  const rows = await queries.all<{ generation_id: string; live: number }>(
    `SELECT generation_id, count(*) AS live FROM attempts
     WHERE state IN ('submitting', 'submitted', 'succeeded', 'unknown')
     GROUP BY generation_id HAVING count(*) > 1`,
  )
  return rows.map(
    ({ generation_id: id, live }) => `generation ${id}: ${live} attempts may have a job at once`,
  )
}
