import type { Queries, Transaction } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'

/** A tenant: has keys, limits and a balance. */
export interface Workspace {
  id: string
  name: string
  limits: WorkspaceLimits
  createdAt: number
}

/** Limits on generation requests. Test keys have counters of their own under the same limits. */
export interface WorkspaceLimits {
  imagesPerMinute: number
  videosPerMinute: number
  /** Generations in flight at once. */
  concurrency: number
  /** Bytes of files kept, of live generations and of those made with test keys. */
  storageBytes: number
  testStorageBytes: number
}

/** Limits of a new workspace. */
export const defaultLimits: WorkspaceLimits = {
  imagesPerMinute: 60,
  videosPerMinute: 20,
  concurrency: 10,
  storageBytes: 100_000_000_000,
  testStorageBytes: 1_000_000_000,
}

/** The limits as their columns. */
export interface LimitColumns {
  image_rpm: number
  video_rpm: number
  concurrency: number
  storage_bytes: number
  test_storage_bytes: number
}

interface WorkspaceRow extends LimitColumns {
  id: string
  name: string
  created_at: number
}

/** Adds a workspace; the caller opens its account. The name must be free. */
export async function createWorkspace(tx: Transaction, name: string): Promise<Workspace> {
  const workspace = { id: newId('ws'), name, limits: defaultLimits, createdAt: tx.now }
  await tx.run(
    `INSERT INTO workspaces (id, name, image_rpm, video_rpm, concurrency, storage_bytes,
       test_storage_bytes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    workspace.id,
    name,
    defaultLimits.imagesPerMinute,
    defaultLimits.videosPerMinute,
    defaultLimits.concurrency,
    defaultLimits.storageBytes,
    defaultLimits.testStorageBytes,
    tx.now,
  )
  return workspace
}

/** All workspaces by name. */
export async function listWorkspaces(queries: Queries): Promise<Workspace[]> {
  const rows = await queries.all<WorkspaceRow>('SELECT * FROM workspaces ORDER BY name')
  return rows.map(toWorkspace)
}

/** By name or id; undefined if there is none. */
export async function findWorkspace(
  queries: Queries,
  nameOrId: string,
): Promise<Workspace | undefined> {
  const row = await queries.get<WorkspaceRow>(
    'SELECT * FROM workspaces WHERE id = $1 OR name = $1',
    nameOrId,
  )
  return row === undefined ? undefined : toWorkspace(row)
}

/** Changes the limits that are given; takes effect with the next request. */
export async function setLimits(
  tx: Transaction,
  workspace: Workspace,
  changes: Partial<WorkspaceLimits>,
): Promise<Workspace> {
  const limits = { ...workspace.limits, ...changes }
  await tx.run(
    `UPDATE workspaces SET image_rpm = $2, video_rpm = $3, concurrency = $4, storage_bytes = $5,
       test_storage_bytes = $6 WHERE id = $1`,
    workspace.id,
    limits.imagesPerMinute,
    limits.videosPerMinute,
    limits.concurrency,
    limits.storageBytes,
    limits.testStorageBytes,
  )
  return { ...workspace, limits }
}

/** Whether the database has no workspace yet. */
export async function hasNoWorkspace(queries: Queries): Promise<boolean> {
  return (await queries.get('SELECT 1 AS one FROM workspaces LIMIT 1')) === undefined
}

function toWorkspace(row: WorkspaceRow): Workspace {
  return { id: row.id, name: row.name, limits: toLimits(row), createdAt: row.created_at }
}

/** Limits from a row that has their columns. */
export function toLimits(row: LimitColumns): WorkspaceLimits {
  return {
    imagesPerMinute: row.image_rpm,
    videosPerMinute: row.video_rpm,
    concurrency: row.concurrency,
    storageBytes: row.storage_bytes,
    testStorageBytes: row.test_storage_bytes,
  }
}
