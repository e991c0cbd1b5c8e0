import { createHash, randomBytes } from 'node:crypto'
import { keyScopes, type KeyScope } from '../contract/operations.ts'
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
  scopes: readonly KeyScope[]
  createdAt: number
  /** From this instant on it is refused; null if it never expires. */
  expiresAt: number | null
  /** At most a minute behind while a gateway serves; null if it was never used. */
  lastUsedAt: number | null
  revokedAt: number | null
}

/** Who is asking: what one look-up of a key tells. */
export interface Caller {
  keyId: string
  mode: KeyMode
  workspaceId: string
  scopes: readonly KeyScope[]
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

/** What is stored of a secret. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Scopes as they are stored, and as operators write them: `generate,read`. */
export function parseScopes(text: string): KeyScope[] {
  const names = text.split(',').map((name) => name.trim())
  return keyScopes.filter((scope) => names.includes(scope))
}

/** What may be changed about a key. */
export type KeySettings = Pick<ApiKey, 'name' | 'scopes' | 'expiresAt'>

type NewKey = { workspaceId: string; name: string; secret: string } & Partial<KeySettings>

/** Stores a key by its hash. It has all scopes and never expires unless said otherwise. */
export async function addKey(
  tx: Transaction,
  { workspaceId, secret, ...settings }: NewKey,
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
    mode,
    hint: secret.slice(-4),
    scopes: keyScopes,
    expiresAt: null,
    ...settings,
    createdAt: tx.now,
    lastUsedAt: null,
    revokedAt: null,
  }
  await tx.run(
    `INSERT INTO api_keys (id, workspace_id, name, mode, hash, hint, scopes, expires_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    key.id,
    workspaceId,
    key.name,
    mode,
    hashOf(secret),
    key.hint,
    key.scopes.join(','),
    key.expiresAt,
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
  scopes: string
  created_at: number
  expires_at: number | null
  last_used_at: number | null
  revoked_at: number | null
}

/** All keys, newest first, of one workspace or of all. */
export async function listKeys(queries: Queries, workspaceId?: string): Promise<ApiKey[]> {
  const rows = await queries.all<KeyRow>(
    'SELECT * FROM api_keys WHERE $1 IS NULL OR workspace_id = $1 ORDER BY id DESC',
    workspaceId ?? null,
  )
  return rows.map(toKey)
}

/** By id; undefined if there is none. */
export async function findKey(queries: Queries, id: string): Promise<ApiKey | undefined> {
  const row = await queries.get<KeyRow>('SELECT * FROM api_keys WHERE id = $1', id)
  return row === undefined ? undefined : toKey(row)
}

/** Changes what is given; takes effect with the next request. */
export async function setKey(
  tx: Transaction,
  key: ApiKey,
  changes: Partial<KeySettings>,
): Promise<ApiKey> {
  const changed = { ...key, ...changes }
  await tx.run(
    'UPDATE api_keys SET name = $2, scopes = $3, expires_at = $4 WHERE id = $1',
    key.id,
    changed.name,
    changed.scopes.join(','),
    changed.expiresAt,
  )
  return changed
}

/** Records when keys were last used. */
export async function recordLastUse(
  tx: Transaction,
  uses: readonly (readonly [keyId: string, at: number])[],
): Promise<void> {
  for (const [keyId, at] of uses) {
    await tx.run('UPDATE api_keys SET last_used_at = $2 WHERE id = $1', keyId, at)
  }
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

function toKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    mode: row.mode,
    hint: row.hint,
    scopes: parseScopes(row.scopes),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}
