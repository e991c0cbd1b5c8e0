import { createHash } from 'node:crypto'
import type { AuditedGeneration } from '../generations/audit.ts'
import type { KeptFile, MediaStore } from '../media/media-store.ts'

/** What an audit reads of the files. */
export type AuditedStore = Pick<MediaStore, 'size' | 'open' | 'list'>

/** How far the files are looked at. */
export interface FileAuditOptions {
  /** Compares sizes only, and reads no content. */
  isQuick: boolean
  clock: () => number
  /** Told after each piece of content that was read. */
  onProgress: (doneBytes: number, totalBytes: number) => void
}

/**
 * Files that are not what was stored, and files that belong to nothing, as sentences. One file is
 * read at a time, in pieces, so that a gateway which serves them meanwhile keeps its disk and memory.
 */
export async function auditFiles(
  store: AuditedStore,
  { kept, generations }: { kept: readonly KeptFile[]; generations: readonly AuditedGeneration[] },
  options: FileAuditOptions,
): Promise<string[]> {
  const totalBytes = kept.reduce((sum, { bytes }) => sum + bytes, 0)
  const problems: string[] = []
  let doneBytes = 0
  for (const file of kept) {
    const startBytes = doneBytes
    const onRead = (bytes: number) => options.onProgress((doneBytes += bytes), totalBytes)
    const problem = await auditFile(store, file, options, onRead)
    if (problem !== undefined) problems.push(`file ${file.storageKey}: ${problem}`)
    doneBytes = startBytes + file.bytes
  }
  return [...problems, ...(await findStrays(store, kept, generations))]
}

// A file may reach its time during a long audit. The sweep then deletes it before it says so.
async function auditFile(
  store: AuditedStore,
  file: KeptFile,
  { isQuick, clock }: FileAuditOptions,
  onRead: (bytes: number) => void,
): Promise<string | undefined> {
  try {
    const problem =
      (await compareSize(store, file)) ??
      (isQuick ? undefined : await compareContent(store, file, onRead))
    if (problem === undefined || file.deletesAt > clock()) return problem
    return (await store.size(file.storageKey)) === undefined ? undefined : problem
  } catch (error) {
    return `cannot be read (${error instanceof Error ? error.message : String(error)})`
  }
}

async function compareSize(
  store: AuditedStore,
  { storageKey, bytes }: KeptFile,
): Promise<string | undefined> {
  const size = await store.size(storageKey)
  return size === bytes ? undefined : `${size ?? 'missing'} instead of ${bytes} bytes`
}

async function compareContent(
  store: AuditedStore,
  { storageKey, sha256: expected }: KeptFile,
  onRead: (bytes: number) => void,
): Promise<string | undefined> {
  const hash = createHash('sha256')
  const file = await store.open(storageKey)
  if (file === undefined) return 'missing'
  for await (const part of file.read()) {
    // A file stream without an encoding yields buffers.
    const piece = part as Buffer
    hash.update(piece)
    onRead(piece.byteLength)
  }
  const found = hash.digest('hex')
  if (found === expected) return undefined
  return `its content is not what was stored (SHA-256 is ${found}, was ${expected})`
}

async function findStrays(
  store: AuditedStore,
  kept: readonly KeptFile[],
  generations: readonly AuditedGeneration[],
): Promise<string[]> {
  const known = new Set(kept.map(({ storageKey }) => storageKey))
  // A file that is kept just before its generation completes is not yet in the snapshot. One that comes
  // after the end, while its bill is looked up, is kept until it is known that nobody wants it.
  const pending = new Set(
    generations
      .filter(({ status, isReconciling }) => status === 'pending' || isReconciling)
      .map(({ id }) => id),
  )
  const all = new Set(generations.map(({ id }) => id))
  const problems: string[] = []
  for await (const key of store.list()) {
    // What follows the id differs: number and position of a result, `input0.png` of a reference image.
    const id = key.slice(0, key.indexOf('-'))
    if (!known.has(key) && !pending.has(id) && all.has(id))
      problems.push(`file ${key} belongs to nothing`)
  }
  return problems
}
