import type { FairShare } from '../fairness/fair-share.ts'
import type { MediaStore } from '../media/media-store.ts'
import type { Output } from '../media/outputs.ts'
import type { Route } from '../models/model.ts'
import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Upstream, UpstreamImage } from '../upstreams/upstream.ts'
import type { GenerationEvents } from './events.ts'
import type { Generation } from './generation.ts'
import type { Release } from './settle.ts'

/** What the life of a generation needs from the rest of the server. */
export interface LifeContext {
  database: Database
  mediaStore: MediaStore
  events: GenerationEvents
  log: Logger
  clock: () => number
  /** Uniform in [0, 1). */
  random: () => number
  /** From completion to the deletion of a generation's files, in milliseconds. */
  retentionMs(generation: Pick<Generation, 'mode'>): number
  maxOutputBytes: number
  /** Pictures that are decoded at once, of results and of checked references. */
  pictures: FairShare
  /** Where a generation may go, in order. */
  routesOf(generation: Pick<Generation, 'model' | 'mode'>): readonly Route[]
  /** Throws if there is no such upstream, which the configuration rules out. */
  upstream(name: string): Upstream
  /** Content checks; throws the failure that ends the generation. Safe to repeat after a crash. */
  check(generation: Generation, signal: AbortSignal): Promise<void>
  /** Checks kept files before they become visible; throws the failure that withholds them. */
  checkOutputs(
    generation: Generation,
    outputs: readonly Output[],
    signal: AbortSignal,
  ): Promise<void>
  /** The reference images as they passed the checks. */
  imagesOf(generation: Generation): Promise<UpstreamImage[]>
  release: Release
}
