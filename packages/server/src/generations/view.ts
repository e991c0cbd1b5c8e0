import type { ErrorObject } from '../contract/common.ts'
import type { FailureRecord } from '../contract/failure.ts'
import type { ListedGeneration } from '../contract/generations.ts'
import type { ImageGeneration } from '../contract/images.ts'
import type { VideoGeneration } from '../contract/videos.ts'
import { toUsage } from '../ledger/prices.ts'
import { listOutputs, type Output } from '../media/outputs.ts'
import type { UrlSigner } from '../media/signed-url.ts'
import type { Queries } from '../storage/database.ts'
import type { Generation } from './generation.ts'

/** What turning a row into an answer needs. */
export interface ViewContext {
  read: Queries
  urls: UrlSigner
  clock: () => number
  /** Shortest time a fresh link works, if the file exists that long. */
  urlTtlMs: number
  toErrorObject(failure: FailureRecord, generation: Generation): ErrorObject
}

/** A generation as its GET shows it. */
export async function toView(
  context: ViewContext,
  generation: Generation,
): Promise<ImageGeneration | VideoGeneration> {
  const { id, status } = generation
  if (status === 'pending') return toPendingView(generation)
  if (status === 'failed') {
    if (generation.failure === null) throw new Error(`generation ${id} failed without a reason`)
    return { id, status, error: context.toErrorObject(generation.failure, generation) }
  }
  const outputs = await listOutputs(context.read, id)
  const common = {
    id,
    status,
    model: generation.model,
    usage: toUsage(generation.type, generation.price),
  }
  return generation.type === 'image'
    ? { ...common, data: outputs.map((output) => toImageData(context, generation, output)) }
    : { ...common, data: outputs.map((output) => toVideoData(context, generation, output)) }
}

/** A pending generation: id, status, and how far it is where that is known. */
export function toPendingView({ id, progress, queuePosition }: Generation) {
  return {
    id,
    status: 'pending' as const,
    ...(progress === null ? {} : { progress }),
    ...(queuePosition === null ? {} : { queue_position: queuePosition }),
  }
}

/** A generation as the list shows it. */
export async function toListedView(
  context: ViewContext,
  generation: Generation,
): Promise<ListedGeneration> {
  return {
    ...(await toView(context, generation)),
    type: generation.type,
    model: generation.model,
    created_at: new Date(generation.createdAt).toISOString(),
  }
}

function toImageData(context: ViewContext, generation: Generation, output: Output) {
  return {
    url: toUrl(context, generation, output),
    width: output.width,
    height: output.height,
    mime_type: output.mimeType,
    deletes_at: new Date(output.deletesAt).toISOString(),
  }
}

function toVideoData(context: ViewContext, generation: Generation, output: Output) {
  const { durationMs, fps, hasSound } = output
  if (durationMs === null || fps === null || hasSound === null) {
    throw new Error(`output ${output.storageKey} was never measured as a video`)
  }
  return {
    ...toImageData(context, generation, output),
    duration: durationMs / 1000,
    fps,
    has_sound: hasSound,
  }
}

// Expiry moves in steps counted from completion, so that answers given shortly after another are
// equal to the letter, as a replayed request demands.
function toUrl(context: ViewContext, generation: Generation, output: Output): string {
  const { urlTtlMs, clock, urls } = context
  const since = generation.endedAt ?? generation.createdAt
  const steps = Math.floor((clock() - since) / urlTtlMs) + 2
  return urls.sign({
    generationId: generation.id,
    position: output.position,
    expiresAt: Math.min(output.deletesAt, since + steps * urlTtlMs),
  })
}
