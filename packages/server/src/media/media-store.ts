import type { Readable } from 'node:stream'

/** A file that has arrived on local disk and can be measured, but is not yet kept. */
export interface StagedFile {
  path: string
  bytes: number
  /** SHA-256 in hex, computed while it was written. */
  sha256: string
}

/** What is on record of a kept file. */
export interface KeptFile {
  storageKey: string
  bytes: number
  /** SHA-256 in hex, as computed when it was staged. */
  sha256: string
  /** When it goes, in milliseconds. */
  deletesAt: number
}

/** A part of a file; both ends included, as in HTTP. */
export interface ByteRange {
  start: number
  end: number
}

/** A kept file that was found and could be opened. Whoever has it reads it once, or closes it. */
export interface OpenFile {
  bytes: number
  /** The whole, or a part of it. Closes the file at its end, and fails if a byte is missing. */
  read(range?: ByteRange): Readable
  close(): Promise<void>
}

/** Where finished files are kept. */
export interface MediaStore {
  /** Streams a file to disk; throws OutputTooLargeError past `maxBytes`. Nothing is left behind when it throws. */
  stage(source: AsyncIterable<Uint8Array>, limits: { maxBytes: number }): Promise<StagedFile>
  /** Keeps a staged file under a key, durably, replacing what was there. */
  keep(staged: StagedFile, key: string): Promise<void>
  /** Drops a staged file that is not wanted. */
  discard(staged: StagedFile): Promise<void>
  /** Opens a kept file; undefined if it does not exist, or if something else is in its place. */
  open(key: string): Promise<OpenFile | undefined>
  /** Size in bytes, without opening it; undefined where `open` would find nothing. */
  size(key: string): Promise<number | undefined>
  /** Lends a kept file as a local path for the time of `work`; throws if it does not exist. */
  withLocalFile<Result>(key: string, work: (path: string) => Promise<Result>): Promise<Result>
  /** Safe to repeat. */
  remove(key: string): Promise<void>
  /** Keys of the kept files whose key begins with a generation's id. */
  keysOf(generationId: string): Promise<string[]>
  /** Keys of all kept files, for the audit. */
  list(): AsyncIterable<string>
}

/** An upstream sent more than the gateway takes. */
export class OutputTooLargeError extends Error {
  override readonly name = 'OutputTooLargeError'
}

/** The whole of a kept file; throws if it does not exist. Only for files known to be small. */
export async function readAll(store: MediaStore, key: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of readPieces(store, key)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** A kept file piece by piece; throws if it does not exist. */
export async function* readPieces(store: MediaStore, key: string): AsyncIterable<Uint8Array> {
  const file = await store.open(key)
  if (file === undefined) throw new Error(`file ${key} is gone`)
  // A stream without an encoding yields buffers.
  for await (const piece of file.read()) yield piece as Buffer
}
