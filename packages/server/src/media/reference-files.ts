import type { ImageRole } from '../contract/common.ts'
import type { Queries, Transaction } from '../storage/database.ts'
import { readAll, readPieces, type KeptFile, type MediaStore } from './media-store.ts'
import { countStored, type FileOwner } from './storage-usage.ts'

/** A reference image that is kept with its generation. */
export interface ReferenceFile extends KeptFile {
  generationId: string
  /** Index in the request's `images`. */
  position: number
  role: ImageRole
  mimeType: string
  width: number
  height: number
}

interface ReferenceRow {
  generation_id: string
  position: number
  role: ImageRole
  storage_key: string
  sha256: string
  bytes: number
  mime_type: string
  width: number
  height: number
  deletes_at: number
}

/** A reference image as it passed the fetch: checked, decoded and written anew. */
export interface FetchedImage {
  role: ImageRole
  bytes: Uint8Array
  mimeType: string
  width: number
  height: number
}

const extensions: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
}
const otherExtension = 'bin'

function toStorageKey(generationId: string, position: number, extension: string): string {
  return `${generationId}-input${position}.${extension}`
}

/** Until its generation has ended, an image is not deleted. */
const whileNeeded = Number.MAX_SAFE_INTEGER

/** Keeps the images of a generation until it has ended; the rows are for the transaction that follows. */
export async function keepReferenceFiles(
  store: MediaStore,
  generationId: string,
  images: readonly FetchedImage[],
): Promise<ReferenceFile[]> {
  const kept: ReferenceFile[] = []
  for (const [position, image] of images.entries()) {
    const staged = await store.stage(once(image.bytes), { maxBytes: image.bytes.byteLength })
    const extension = extensions[image.mimeType] ?? otherExtension
    const storageKey = toStorageKey(generationId, position, extension)
    await store.keep(staged, storageKey)
    const { role, mimeType, width, height } = image
    const { sha256, bytes } = staged
    kept.push({
      generationId,
      position,
      role,
      storageKey,
      sha256,
      bytes,
      mimeType,
      width,
      height,
      deletesAt: whileNeeded,
    })
  }
  return kept
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

/** Records kept images and counts them as their owner's; safe to repeat after a crash. */
export async function insertReferenceFiles(
  tx: Transaction,
  files: readonly ReferenceFile[],
  owner: FileOwner,
): Promise<void> {
  for (const file of files) {
    const inserted = await tx.run(
      `INSERT INTO reference_images (generation_id, position, role, storage_key, sha256, bytes,
         mime_type, width, height, deletes_at, workspace_id, mode)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       ON CONFLICT (generation_id, position) DO NOTHING`,
      file.generationId,
      file.position,
      file.role,
      file.storageKey,
      file.sha256,
      file.bytes,
      file.mimeType,
      file.width,
      file.height,
      file.deletesAt,
      owner.workspaceId,
      owner.mode,
    )
    if (inserted === 1) await countStored(tx, owner, file.bytes)
  }
}

/** Says when the images of a generation go, now that it has ended. */
export async function expireReferenceFiles(
  tx: Transaction,
  generationId: string,
  deletesAt: number,
): Promise<void> {
  await tx.run(
    'UPDATE reference_images SET deletes_at = $2 WHERE generation_id = $1',
    generationId,
    deletesAt,
  )
}

/**
 * Removes images that were kept but never recorded: a killed gateway may have left them, and once
 * the generation has failed nobody would ever look for them again.
 */
export async function removeUnrecordedReferences(
  queries: Queries,
  store: MediaStore,
  { generationId, count }: { generationId: string; count: number },
): Promise<void> {
  const rows = await queries.all<Pick<ReferenceRow, 'storage_key'>>(
    'SELECT storage_key FROM reference_images WHERE generation_id = $1',
    generationId,
  )
  const recorded = new Set(rows.map(({ storage_key: key }) => key))
  for (let position = 0; position < count; position++) {
    for (const extension of [...Object.values(extensions), otherExtension]) {
      const key = toStorageKey(generationId, position, extension)
      if (!recorded.has(key)) await store.remove(key)
    }
  }
}

/** The images of a generation, in the order of the request, with their bytes. */
export async function readReferenceFiles(
  queries: Queries,
  store: MediaStore,
  generationId: string,
): Promise<FetchedImage[]> {
  const rows = await queries.all<ReferenceRow>(
    'SELECT * FROM reference_images WHERE generation_id = $1 ORDER BY position',
    generationId,
  )
  return Promise.all(
    rows.map(async ({ role, storage_key: key, mime_type: mimeType, width, height }) => ({
      role,
      bytes: await readAll(store, key),
      mimeType,
      width,
      height,
    })),
  )
}

/** The images of a generation, in the order of the request, to be streamed. */
export async function openReferenceFiles(
  queries: Queries,
  store: MediaStore,
  generationId: string,
): Promise<(Omit<FetchedImage, 'bytes'> & { bytes: number; open(): AsyncIterable<Uint8Array> })[]> {
  const rows = await queries.all<ReferenceRow>(
    'SELECT * FROM reference_images WHERE generation_id = $1 ORDER BY position',
    generationId,
  )
  return rows.map(({ role, storage_key: key, mime_type: mimeType, width, height, bytes }) => ({
    role,
    mimeType,
    width,
    height,
    bytes,
    open: () => readPieces(store, key),
  }))
}

/** Which image, and where its file is. */
export type ReferenceKey = Pick<ReferenceFile, 'generationId' | 'position' | 'storageKey'>

/** Images past their time, oldest first. */
export function listExpiredReferences(
  queries: Queries,
  { now, limit }: { now: number; limit: number },
): Promise<ReferenceKey[]> {
  return queries.all(
    `SELECT generation_id AS "generationId", position, storage_key AS "storageKey"
     FROM reference_images WHERE deletes_at <= $1 AND deleted_at IS NULL
     ORDER BY deletes_at LIMIT $2`,
    now,
    limit,
  )
}

/** Every recorded image that should exist, for the audit. */
export function listKeptReferences(queries: Queries): Promise<KeptFile[]> {
  return queries.all<KeptFile>(
    'SELECT storage_key AS "storageKey", bytes, sha256, deletes_at AS "deletesAt" FROM reference_images WHERE deleted_at IS NULL',
  )
}
