/**
 * From what an upstream hands over to files that are ours. What came with an answer goes to disk at
 * once; what is to be fetched stays an address until `fetchRemote`.
 */
import { OutputTooLargeError, type MediaStore, type StagedFile } from '../media/media-store.ts'
import { UnusableFileError } from '../media/measure.ts'
import type { UpstreamOutput } from '../upstreams/upstream.ts'
import type { Attempt, DeliveredFile, Delivery } from './attempt.ts'

interface Keeper {
  mediaStore: MediaStore
  maxOutputBytes: number
}

type Owner = Pick<Attempt, 'generationId' | 'number'>

/** Adds to `files` what is kept of an answer; after a fault, called again, it goes on where it was. */
export async function keepOutputs(
  { mediaStore }: Pick<Keeper, 'mediaStore'>,
  owner: Owner,
  { outputs, files }: { outputs: readonly UpstreamOutput[]; files: DeliveredFile[] },
): Promise<void> {
  for (const [position, output] of outputs.entries()) {
    if (position < files.length) continue
    const expiry = output.expiresAt === undefined ? {} : { expiresAt: output.expiresAt }
    files.push({ ...(await keepOutput(mediaStore, toKey(owner, position), output)), ...expiry })
  }
}

async function keepOutput(
  mediaStore: MediaStore,
  storageKey: string,
  output: UpstreamOutput,
): Promise<DeliveredFile> {
  switch (output.kind) {
    case 'remote':
      return { kind: 'remote', source: output.source }
    case 'staged':
      return keep(mediaStore, storageKey, output.file)
    case 'bytes': {
      const { bytes } = output
      const staged = await mediaStore.stage(once(bytes), { maxBytes: bytes.byteLength })
      return keep(mediaStore, storageKey, staged)
    }
  }
}

/** Keeps a file that is being fetched. Throws UnusableFileError if it is larger than any may be. */
export async function keepFetched(
  { mediaStore, maxOutputBytes: maxBytes }: Keeper,
  owner: Owner,
  { position, body }: { position: number; body: AsyncIterable<Uint8Array> },
): Promise<DeliveredFile> {
  try {
    const staged = await mediaStore.stage(body, { maxBytes })
    return await keep(mediaStore, toKey(owner, position), staged)
  } catch (error) {
    if (!(error instanceof OutputTooLargeError)) throw error
    throw new UnusableFileError('a file larger than allowed', { cause: error })
  }
}

async function keep(
  store: MediaStore,
  storageKey: string,
  staged: StagedFile,
): Promise<DeliveredFile> {
  await store.keep(staged, storageKey)
  const { sha256, bytes } = staged
  return { kind: 'kept', storageKey, sha256, bytes }
}

/** Removes the files of a result that nobody wants. */
export async function removeKept(
  store: Pick<MediaStore, 'remove'>,
  { files }: Pick<Delivery, 'files'>,
): Promise<void> {
  for (const file of files) if (file.kind === 'kept') await store.remove(file.storageKey)
}

/** Drops what came with an answer that nobody wants. */
export async function discardOutputs(
  store: Pick<MediaStore, 'discard'>,
  outputs: readonly UpstreamOutput[],
): Promise<void> {
  for (const output of outputs) if (output.kind === 'staged') await store.discard(output.file)
}

// With the attempt's number: whoever was overtaken must not write over what another has kept.
function toKey({ generationId, number }: Owner, position: number): string {
  return `${generationId}-${number}-${position}`
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
