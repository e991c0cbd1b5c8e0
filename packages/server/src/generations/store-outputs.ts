import type { GenerationType } from '../contract/generations.ts'
import type { Asker, FairShare } from '../fairness/fair-share.ts'
import { measure, UnusableFileError, type Measured } from '../media/measure.ts'
import { OutputTooLargeError, type MediaStore } from '../media/media-store.ts'
import type { Output } from '../media/outputs.ts'
import type { UpstreamOutput } from '../upstreams/upstream.ts'

/** Keeps what an upstream delivered and measures it. Throws UnusableFileError if any of it is no picture or film. */
export async function storeOutputs(
  outputs: readonly UpstreamOutput[],
  target: {
    generationId: string
    type: GenerationType
    store: MediaStore
    maxBytes: number
    /** From now until the file is deleted. */
    retentionMs: number
    clock: () => number
    /** What measuring waits for its turn at. */
    pictures: FairShare
    asker: Asker
  },
): Promise<Output[]> {
  // An empty list is what several upstreams answer when their filter dropped everything.
  if (outputs.length === 0) throw new UnusableFileError('no file at all')
  const kept: Output[] = []
  try {
    for (const [position, output] of outputs.entries()) {
      kept.push(await storeOutput(output, position, target))
    }
    return kept
  } catch (error) {
    for (const { storageKey } of kept) await target.store.remove(storageKey)
    throw error
  }
}

async function storeOutput(
  output: UpstreamOutput,
  position: number,
  target: Parameters<typeof storeOutputs>[1],
): Promise<Output> {
  const { generationId, store, maxBytes, retentionMs, clock } = target
  const staged = await stage(output, store, maxBytes)
  try {
    const { extension, ...measured } = await measureInTurn(staged.path, target)
    const storageKey = `${generationId}-${position}.${extension}`
    await store.keep(staged, storageKey)
    return {
      ...measured,
      generationId,
      position,
      storageKey,
      sha256: staged.sha256,
      bytes: staged.bytes,
      deletesAt: Math.min(clock() + retentionMs, output.expiresAt ?? Number.MAX_SAFE_INTEGER),
      deletedAt: null,
    }
  } catch (error) {
    await store.discard(staged)
    throw error
  }
}

async function measureInTurn(
  path: string,
  { type, pictures, asker }: Parameters<typeof storeOutputs>[1],
): Promise<Measured> {
  const leave = await pictures.take(asker)
  try {
    return await measure(path, type)
  } finally {
    leave()
  }
}

async function stage(output: UpstreamOutput, store: MediaStore, maxBytes: number) {
  try {
    return await store.stage(output.open(), { maxBytes })
  } catch (error) {
    if (error instanceof OutputTooLargeError) {
      throw new UnusableFileError('a file larger than allowed', { cause: error })
    }
    throw error
  }
}
