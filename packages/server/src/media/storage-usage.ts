import type { Queries, Transaction } from '../storage/database.ts'

/** Whose files are counted together: a workspace's live files, or those made with its test keys. */
export interface FileOwner {
  workspaceId: string
  mode: string
}

/** Counts bytes that were recorded as kept (or, below zero, as deleted) in the same transaction. */
export async function countStored(
  tx: Transaction,
  { workspaceId, mode }: FileOwner,
  bytes: number,
): Promise<void> {
  await tx.run(
    `INSERT INTO storage_usage (workspace_id, mode, bytes) VALUES ($1, $2, $3)
     ON CONFLICT (workspace_id, mode) DO UPDATE SET bytes = storage_usage.bytes + excluded.bytes`,
    workspaceId,
    mode,
    bytes,
  )
}

/** Where files of generations are recorded: results, and reference images. */
const fileTables = ['outputs', 'reference_images'] as const
export type FileTable = (typeof fileTables)[number]

/** Records that a file is gone, and counts it no more. Safe to repeat. */
export async function recordDeleted(
  tx: Transaction,
  table: FileTable,
  { generationId, position }: { generationId: string; position: number },
): Promise<void> {
  const deleted = await tx.get<FileOwner & { bytes: number }>(
    `UPDATE ${table} SET deleted_at = $3 WHERE generation_id = $1 AND position = $2
       AND deleted_at IS NULL RETURNING workspace_id AS "workspaceId", mode, bytes`,
    generationId,
    position,
    tx.now,
  )
  if (deleted !== undefined) await countStored(tx, deleted, -deleted.bytes)
}

/** Drops the rows of a generation's files, if all of them are deleted; false, and nothing is dropped, if one is not. */
export async function dropFileRows(tx: Transaction, generationId: string): Promise<boolean> {
  for (const table of fileTables) {
    const kept = await tx.get(
      `SELECT 1 AS kept FROM ${table} WHERE generation_id = $1 AND deleted_at IS NULL LIMIT 1`,
      generationId,
    )
    if (kept !== undefined) return false
  }
  for (const table of fileTables) {
    await tx.run(`DELETE FROM ${table} WHERE generation_id = $1`, generationId)
  }
  return true
}

/** Bytes of all files that an owner keeps. */
export async function getStoredBytes(
  queries: Queries,
  { workspaceId, mode }: FileOwner,
): Promise<number> {
  const row = await queries.get<{ bytes: number }>(
    'SELECT bytes FROM storage_usage WHERE workspace_id = $1 AND mode = $2',
    workspaceId,
    mode,
  )
  return row?.bytes ?? 0
}

/** When the first of an owner's kept files is deleted; undefined if it keeps none. */
export async function findNextDeletion(
  queries: Queries,
  { workspaceId, mode }: FileOwner,
): Promise<number | undefined> {
  const nextIn = async (table: FileTable) => {
    const row = await queries.get<{ deletes_at: number }>(
      `SELECT deletes_at FROM ${table} WHERE workspace_id = $1 AND mode = $2 AND deleted_at IS NULL
       ORDER BY deletes_at LIMIT 1`,
      workspaceId,
      mode,
    )
    return row?.deletes_at
  }
  const found = [await nextIn('outputs'), await nextIn('reference_images')]
  const instants = found.filter((at) => at !== undefined)
  return instants.length === 0 ? undefined : Math.min(...instants)
}

/** Owners whose count is not the sum of their kept files, as sentences. */
export async function auditStorage(queries: Queries): Promise<string[]> {
  const rows = await queries.all<FileOwner & { counted: number; kept: number }>(
    `SELECT workspace_id AS "workspaceId", mode, CAST(sum(counted) AS bigint) AS counted,
       CAST(sum(kept) AS bigint) AS kept
     FROM (
       SELECT workspace_id, mode, bytes AS counted, 0 AS kept FROM storage_usage
       UNION ALL
       SELECT workspace_id, mode, 0, bytes FROM outputs WHERE deleted_at IS NULL
       UNION ALL
       SELECT workspace_id, mode, 0, bytes FROM reference_images WHERE deleted_at IS NULL
     ) AS files GROUP BY workspace_id, mode HAVING sum(counted) <> sum(kept)`,
  )
  return rows.map(
    ({ workspaceId, mode, counted, kept }) =>
      `workspace ${workspaceId} ${mode}: ${counted} bytes counted as kept, its files sum to ${kept}`,
  )
}

const units: [unit: string, bytes: number][] = [
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
]

/** A size for people, in powers of ten and at most three places: `1.25 GB`, `17 bytes`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = units.find(([, size]) => bytes >= size) ?? ['bytes', 1]
  return `${Math.floor((bytes / size) * 1000) / 1000} ${unit}`
}
