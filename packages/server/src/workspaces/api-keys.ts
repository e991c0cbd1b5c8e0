import { createHash, randomBytes } from 'node:crypto'
import { fail } from '../contract/failure.ts'
import type { Queries, Transaction } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'
import type { WorkspaceLimits } from './workspaces.ts'

/** `live` keys spend the balance; `test` keys run everything on the sandbox at no cost. */
export type KeyMode = 'live' | 'test'

/** A key as the operator sees it; the secret itself is stored nowhere. */
export interface ApiKey {
  id: string
  workspaceId: string
  name: string
  mode: KeyMode
  /** The last four characters, to tell keys apart. */
  hint: string
  createdAt: number
  revokedAt: number | null
}

/** Who is asking: what one look-up of a key tells. */
export interface Caller {
  keyId: string
  mode: KeyMode
  workspaceId: string
  limits: WorkspaceLimits
}

// 160 random bits: a plain hash suffices, since there is nothing to guess that a slow one would protect.
const secretBytes = 20
const keyPattern = /^sk_(live|test)_[A-Za-z0-9_-]{16,128}$/

/** A new secret of the right form. */
export function newSecret(mode: KeyMode): string {
  return `sk_${mode}_${randomBytes(secretBytes).toString('hex')}`
}

/** The mode a secret's prefix names, or undefined if it does not have the form of a key. */
export function modeOfSecret(secret: string): KeyMode | undefined {
  // The pattern admits exactly these two words.
  return keyPattern.exec(secret)?.[1] as KeyMode | undefined
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Stores a key by its hash. */
export async function addKey(
  tx: Transaction,
  { workspaceId, name, secret }: { workspaceId: string; name: string; secret: string },
): Promise<ApiKey> {
  const mode = modeOfSecret(secret)
  if (mode === undefined) {
    throw new Error(
      'A key has the form sk_live_… or sk_test_… with 16 to 128 letters, digits, _ or -.',
    )
  }
  const key: ApiKey = {
    id: newId('key'),
    workspaceId,
    name,
    mode,
    hint: secret.slice(-4),
    createdAt: tx.now,
    revokedAt: null,
  }
  await tx.run(
    'INSERT INTO api_keys (id, workspace_id, name, mode, hash, hint, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    key.id,
    workspaceId,
    name,
    mode,
    hashOf(secret),
    key.hint,
    key.createdAt,
  )
  return key
}

interface KeyRow {
  id: string
  workspace_id: string
  name: string
  mode: KeyMode
  hint: string
  created_at: number
  revoked_at: number | null
}

/** All keys, newest first, of one workspace or of all. */
export async function listKeys(queries: Queries, workspaceId?: string): Promise<ApiKey[]> {
  const rows = await queries.all<KeyRow>(
    'SELECT id, workspace_id, name, mode, hint, created_at, revoked_at FROM api_keys WHERE $1 IS NULL OR workspace_id = $1 ORDER BY id DESC',
    workspaceId ?? null,
  )
  return rows.map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    mode: row.mode,
    hint: row.hint,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }))
}

/** Revokes by id; false if there is no such active key. Takes effect with the next request. */
export async function revokeKey(tx: Transaction, id: string): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL',
    id,
    tx.now,
  )
  return changed === 1
}

interface CallerRow {
  id: string
  mode: KeyMode
  workspace_id: string
  revoked_at: number | null
  image_rpm: number
  video_rpm: number
  concurrency: number
  storage_bytes: number
  test_storage_bytes: number
}

const callerColumns = `SELECT api_keys.id, mode, workspace_id, revoked_at, image_rpm, video_rpm,
    concurrency, storage_bytes, test_storage_bytes
  FROM api_keys JOIN workspaces ON workspaces.id = workspace_id`

/**
 * The caller behind an Authorization header. Throws invalid_api_key with one of four messages:
 * missing, malformed, unknown, revoked.
 */
export async function authenticate(
  queries: Queries,
  authorization: string | undefined,
): Promise<Caller> {
  const hash = hashOf(parseBearer(authorization))
  return toCaller(await queries.get<CallerRow>(`${callerColumns} WHERE hash = $1`, hash))
}

/** The caller of a key that was authenticated before, as it is now. */
export async function getCaller(queries: Queries, keyId: string): Promise<Caller> {
  return toCaller(await queries.get<CallerRow>(`${callerColumns} WHERE api_keys.id = $1`, keyId))
}

function toCaller(row: CallerRow | undefined): Caller {
  if (row === undefined) {
    throw fail('invalid_api_key', 'key_unknown', {
      message:
        'This API key does not exist on this server. Check that it was copied whole and belongs to this server.',
    })
  }
  if (row.revoked_at !== null) throw revokedKey()
  return {
    keyId: row.id,
    mode: row.mode,
    workspaceId: row.workspace_id,
    limits: {
      imagesPerMinute: row.image_rpm,
      videosPerMinute: row.video_rpm,
      concurrency: row.concurrency,
      storageBytes: row.storage_bytes,
      testStorageBytes: row.test_storage_bytes,
    },
  }
}

/** The failure of a key that was revoked. */
export function revokedKey() {
  return fail('invalid_api_key', 'key_revoked', {
    message: 'This API key has been revoked. Use an active key.',
  })
}

function parseBearer(authorization: string | undefined): string {
  if (authorization === undefined || authorization.trim() === '') {
    throw fail('invalid_api_key', 'key_missing', {
      message: 'No API key was provided. Send it as `Authorization: Bearer sk_…`.',
    })
  }
  const secret = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (secret === undefined || modeOfSecret(secret) === undefined) {
    throw fail('invalid_api_key', 'key_malformed', {
      message:
        'The Authorization header does not hold a key of the form `Bearer sk_live_…` or `Bearer sk_test_…`. Look for cut-off characters, quotes or line breaks.',
    })
  }
  return secret
}
