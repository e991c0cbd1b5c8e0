import type { Queries, Transaction } from '../storage/database.ts'
import type { Measured } from './measure.ts'
import type { KeptFile } from './media-store.ts'
import { countStored, type FileOwner } from './storage-usage.ts'

/** A file that belongs to a finished generation. */
export interface Output extends Measured, KeptFile {
  generationId: string
  /** 0, 1, 2 … within its generation. */
  position: number
  deletedAt: number | null
}

interface OutputRow {
  generation_id: string
  position: number
  storage_key: string
  sha256: string
  bytes: number
  mime_type: string
  width: number
  height: number
  duration_ms: number | null
  fps: number | null
  has_sound: number | null
  deletes_at: number
  deleted_at: number | null
}

/** Records a kept file, and counts it as its owner's. */
export async function insertOutput(
  tx: Transaction,
  output: Output,
  owner: FileOwner,
): Promise<void> {
  await tx.run(
    `INSERT INTO outputs (generation_id, position, storage_key, sha256, bytes, mime_type, width,
       height, duration_ms, fps, has_sound, deletes_at, workspace_id, mode)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    output.generationId,
    output.position,
    output.storageKey,
    output.sha256,
    output.bytes,
    output.mimeType,
    output.width,
    output.height,
    output.durationMs,
    output.fps,
    output.hasSound === null ? null : Number(output.hasSound),
    output.deletesAt,
    owner.workspaceId,
    owner.mode,
  )
  await countStored(tx, owner, output.bytes)
}

/** The files of a generation in order. */
export async function listOutputs(queries: Queries, generationId: string): Promise<Output[]> {
  const rows = await queries.all<OutputRow>(
    'SELECT * FROM outputs WHERE generation_id = $1 ORDER BY position',
    generationId,
  )
  return rows.map(toOutput)
}

/** One file; undefined if there is none. */
export async function findOutput(
  queries: Queries,
  generationId: string,
  position: number,
): Promise<Output | undefined> {
  const row = await queries.get<OutputRow>(
    'SELECT * FROM outputs WHERE generation_id = $1 AND position = $2',
    generationId,
    position,
  )
  return row === undefined ? undefined : toOutput(row)
}

/** Every recorded file that should exist, for the audit. */
export function listKept(queries: Queries): Promise<KeptFile[]> {
  return queries.all<KeptFile>(
    'SELECT storage_key AS "storageKey", bytes, sha256, deletes_at AS "deletesAt" FROM outputs WHERE deleted_at IS NULL',
  )
}

/** Files past their time, oldest first. */
export async function listExpired(
  queries: Queries,
  { now, limit }: { now: number; limit: number },
): Promise<Output[]> {
  const rows = await queries.all<OutputRow>(
    'SELECT * FROM outputs WHERE deletes_at <= $1 AND deleted_at IS NULL ORDER BY deletes_at LIMIT $2',
    now,
    limit,
  )
  return rows.map(toOutput)
}

function toOutput(row: OutputRow): Output {
  return {
    generationId: row.generation_id,
    position: row.position,
    storageKey: row.storage_key,
    sha256: row.sha256,
    bytes: row.bytes,
    mimeType: row.mime_type,
    width: row.width,
    height: row.height,
    durationMs: row.duration_ms,
    fps: row.fps,
    hasSound: row.has_sound === null ? null : row.has_sound === 1,
    deletesAt: row.deletes_at,
    deletedAt: row.deleted_at,
  }
}
