/**
 * Images that came inside a request, as `data:` URLs. They wait in files of their own until the
 * content checks have looked at them: in the generation's row each of them, up to 28 MB, would be
 * read again at every look at it. Their rows are written before the files, and counted as
 * belonging to nobody until the generation is accepted, so a crash at any moment leaves nothing.
 */
import { fail, Failure } from '../contract/failure.ts'
import type { Database, Queries, Transaction } from '../storage/database.ts'
import { readPieces, type KeptFile, type MediaStore, type StagedFile } from './media-store.ts'

/** A `data:` URL in UTF-8, by the position of its image in the request. */
export type InlineImages = ReadonlyMap<number, Uint8Array>

/** A kept `data:` URL, to be read when it is its turn. */
export interface InlineImage {
  /** Size of the `data:` URL. */
  bytes: number
  open(): AsyncIterable<Uint8Array>
}

/** More than enough time to be accepted; what is left after it belongs to a process that died. */
const acceptWithinMs = 10 * 60_000

/** Written and hashed in pieces, so that nothing else waits for long. */
const pieceBytes = 1024 * 1024

/** Writes the images of a request that is about to be accepted; throws server_error if it cannot. */
export async function keepInlineImages(
  { database, mediaStore }: { database: Database; mediaStore: MediaStore },
  generationId: string,
  images: InlineImages,
): Promise<void> {
  const kept: InlineFile[] = []
  try {
    for (const [position, text] of images) {
      const staged = await mediaStore.stage(piecesOf(text), { maxBytes: text.byteLength })
      const storageKey = toStorageKey(generationId, position)
      kept.push({ generationId, position, storageKey, staged })
    }
    await database.transaction(async (tx) => {
      for (const file of kept) await insertRow(tx, file)
    })
    for (const { staged, storageKey } of kept) await mediaStore.keep(staged, storageKey)
  } catch (error) {
    for (const { staged } of kept) await mediaStore.discard(staged)
    await removeInlineFiles(mediaStore, generationId, images.keys())
    throw error instanceof Failure ? error : cannotWrite(error)
  }
}

interface InlineFile {
  generationId: string
  position: number
  storageKey: string
  staged: StagedFile
}

function cannotWrite(cause: unknown): Failure {
  return fail('server_error', 'storage_unavailable', {
    message:
      'The server cannot write to its storage at the moment. Nothing was accepted or charged; try again later.',
    cause,
  })
}

function insertRow(
  tx: Transaction,
  { generationId, position, storageKey, staged }: InlineFile,
): Promise<number> {
  return tx.run(
    `INSERT INTO inline_images (generation_id, position, storage_key, sha256, bytes, accepted, deletes_at)
     VALUES ($1, $2, $3, $4, $5, 0, $6)`,
    generationId,
    position,
    storageKey,
    staged.sha256,
    staged.bytes,
    tx.now + acceptWithinMs,
  )
}

/** Ties kept images to a generation that is accepted in this transaction, at the latest until `deletesAt`. */
export async function acceptInlineImages(
  tx: Transaction,
  generationId: string,
  deletesAt: number,
): Promise<number> {
  return tx.run(
    'UPDATE inline_images SET accepted = 1, deletes_at = $2 WHERE generation_id = $1',
    generationId,
    deletesAt,
  )
}

/** Marks the images of a generation as of no more use. Their files go with `removeInlineFiles`, or with the next sweep. */
export async function expireInlineImages(tx: Transaction, generationId: string): Promise<void> {
  await tx.run(
    'UPDATE inline_images SET deletes_at = $2 WHERE generation_id = $1',
    generationId,
    tx.now,
  )
}

/** Removes the files of images that no generation refers to; the sweep takes their rows. */
export async function removeInlineFiles(
  store: MediaStore,
  generationId: string,
  positions: Iterable<number>,
): Promise<void> {
  for (const position of positions) await store.remove(toStorageKey(generationId, position))
}

/** Deletes images past their time, at most `limit`; whether there are more. */
export async function sweepInlineImages(
  { database, mediaStore }: { database: Database; mediaStore: MediaStore },
  { now, limit }: { now: number; limit: number },
): Promise<boolean> {
  const keys = await database.read.all<{ key: string }>(
    'SELECT storage_key AS key FROM inline_images WHERE deletes_at <= $1 ORDER BY deletes_at LIMIT $2',
    now,
    limit,
  )
  // The file goes first: a crash in between leaves a row that is swept again, never an orphan.
  for (const { key } of keys) {
    await mediaStore.remove(key)
    await database.transaction((tx) =>
      tx.run('DELETE FROM inline_images WHERE storage_key = $1', key),
    )
  }
  return keys.length === limit
}

/** The images of a generation that came inside its request, by their position. */
export async function findInlineImages(
  queries: Queries,
  store: MediaStore,
  generationId: string,
): Promise<Map<number, InlineImage>> {
  const rows = await queries.all<{ position: number; storage_key: string; bytes: number }>(
    'SELECT position, storage_key, bytes FROM inline_images WHERE generation_id = $1 AND accepted = 1',
    generationId,
  )
  return new Map(
    rows.map(({ position, storage_key: key, bytes }) => [
      position,
      { bytes, open: () => readPieces(store, key) },
    ]),
  )
}

/** An image that is kept nowhere, for a request that is only asked about. */
export function inMemory(text: Uint8Array): InlineImage {
  return { bytes: text.byteLength, open: () => piecesOf(text) }
}

/**
 * The images of accepted generations, for the audit. Their time counts as over, because they may go
 * at any moment; what is still there must be what was stored.
 */
export async function listKeptInlineImages(queries: Queries): Promise<KeptFile[]> {
  return queries.all(
    'SELECT storage_key AS "storageKey", sha256, bytes, 0 AS "deletesAt" FROM inline_images WHERE accepted = 1',
  )
}

function toStorageKey(generationId: string, position: number): string {
  return `${generationId}-inline${position}`
}

async function* piecesOf(text: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < text.byteLength; at += pieceBytes) {
    yield text.subarray(at, at + pieceBytes)
  }
}
