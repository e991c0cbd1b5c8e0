import { createHash } from 'node:crypto'
import { fail } from '../contract/failure.ts'
import type { InlineImages } from '../media/inline-images.ts'
import type { Queries, Transaction } from '../storage/database.ts'
import type { Caller } from '../workspaces/api-keys.ts'

/** How long a key stands for its request. */
export const idempotencyTtlMs = 24 * 60 * 60 * 1000

/** A key with the request it stands for. */
export interface IdempotentRequest {
  key: string
  /** Equal for equal operation and body, whatever the order of fields. */
  fingerprint: string
}

/** The digest by which a repeated request is recognised. */
export function fingerprintOf(operation: string, body: unknown): string {
  return createHash('sha256')
    .update(`${operation}\n${canonicalJson(body)}`)
    .digest('hex')
}

/** A body as its fingerprint sees it: inline images are there by their digests. */
export async function withDigests<Body extends { images?: readonly object[] }>(
  body: Body,
  inlineImages: InlineImages,
): Promise<Body> {
  if (body.images === undefined || inlineImages.size === 0) return body
  const images: object[] = []
  for (const [position, image] of body.images.entries()) {
    const text = inlineImages.get(position)
    images.push(text === undefined ? image : { ...image, url: `data:${await digestOf(text)}` })
  }
  return { ...body, images }
}

/** Bytes hashed before the event loop gets its turn: a few milliseconds. */
const sliceBytes = 2 * 1024 * 1024

async function digestOf(text: Uint8Array): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < text.byteLength; at += sliceBytes) {
    hash.update(text.subarray(at, at + sliceBytes))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return hash.digest('hex')
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}

/**
 * Id of the generation that this key already stands for; undefined if it is free. Throws
 * invalid_parameter if it stands for another request.
 */
export async function findReplay(
  queries: Queries,
  caller: Caller,
  request: IdempotentRequest,
  now: number,
): Promise<string | undefined> {
  const row = await queries.get<{ fingerprint: string; generation_id: string }>(
    'SELECT fingerprint, generation_id FROM idempotency_keys WHERE workspace_id = $1 AND mode = $2 AND key = $3 AND expires_at > $4',
    caller.workspaceId,
    caller.mode,
    request.key,
    now,
  )
  if (row === undefined) return undefined
  if (row.fingerprint === request.fingerprint) return row.generation_id
  throw fail('invalid_parameter', 'idempotency_key_reused', {
    message:
      'This Idempotency-Key was used within the last 24 hours for a different request. Use a new key, or send exactly the same body.',
    param: 'Idempotency-Key',
  })
}

/**
 * Binds a key to a generation if it is free, and else answers the generation that it stands for.
 * One statement decides, so of two that come at once, on whatever node, one waits for the other and
 * then finds its row. Throws invalid_parameter if the key stands for another request.
 */
export async function claimKey(
  tx: Transaction,
  caller: Caller,
  request: IdempotentRequest,
  generationId: string,
): Promise<string | undefined> {
  const claimed = await tx.run(
    `INSERT INTO idempotency_keys (workspace_id, mode, key, fingerprint, generation_id, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (workspace_id, mode, key) DO UPDATE SET fingerprint = excluded.fingerprint,
       generation_id = excluded.generation_id, expires_at = excluded.expires_at
     WHERE idempotency_keys.expires_at <= $7`,
    caller.workspaceId,
    caller.mode,
    request.key,
    request.fingerprint,
    generationId,
    tx.now + idempotencyTtlMs,
    tx.now,
  )
  if (claimed === 1) return undefined
  const replay = await findReplay(tx, caller, request, tx.now)
  if (replay === undefined) throw new Error('an idempotency key is neither free nor taken')
  return replay
}

/** Frees a key, so that the same request starts a new generation. */
export async function freeKey(
  tx: Transaction,
  owner: Pick<Caller, 'workspaceId' | 'mode'>,
  key: string,
  generationId: string,
): Promise<void> {
  await tx.run(
    'DELETE FROM idempotency_keys WHERE workspace_id = $1 AND mode = $2 AND key = $3 AND generation_id = $4',
    owner.workspaceId,
    owner.mode,
    key,
    generationId,
  )
}

/** Lets no key live longer than from now on: one that would was bound by a clock that was ahead. */
export async function boundKeys(tx: Transaction): Promise<void> {
  await tx.run(
    'UPDATE idempotency_keys SET expires_at = $1 WHERE expires_at > $1',
    tx.now + idempotencyTtlMs,
  )
}

/** Drops keys past their time. */
export async function dropExpiredKeys(tx: Transaction): Promise<void> {
  await tx.run('DELETE FROM idempotency_keys WHERE expires_at <= $1', tx.now)
}
