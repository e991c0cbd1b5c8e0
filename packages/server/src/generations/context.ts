import type { FairShare } from '../fairness/fair-share.ts'
import type { MediaStore } from '../media/media-store.ts'
import type { Output } from '../media/outputs.ts'
import type { Failure } from '../contract/failure.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Routing } from '../upstreams/routing.ts'
import type { UpstreamImage } from '../upstreams/upstream.ts'
import type { GenerationEvents } from './events.ts'
import type { Generation } from './generation.ts'
import type { EndHooks } from './settle.ts'
import type { Submissions } from './submissions.ts'

/** What the life of a generation needs from the rest of the server. */
export interface LifeContext {
  database: Database
  mediaStore: MediaStore
  events: GenerationEvents
  submissions: Submissions
  log: Logger
  clock: () => number
  /** From completion to the deletion of a generation's files, in milliseconds. */
  retentionMs(generation: Pick<Generation, 'mode'>): number
  maxOutputBytes: number
  /** Pictures that are decoded at once, of results and of checked references. */
  pictures: FairShare
  /** Where a generation may go, and by whom attempts were sent. */
  routing: Routing
  /** Content checks. Safe to repeat after a crash. */
  check(generation: Generation, signal: AbortSignal): Promise<ContentVerdict>
  /** Checks kept files before they become visible; throws the failure that withholds them. */
  checkOutputs(
    generation: Generation,
    outputs: readonly Output[],
    signal: AbortSignal,
  ): Promise<void>
  /** The reference images as they passed the checks. */
  imagesOf(generation: Generation): Promise<UpstreamImage[]>
  hooks: EndHooks
}

/** What the content checks came to. */
export interface ContentVerdict {
  /** What ends the generation; undefined if the content is passed. */
  refusal: Failure | undefined
  /** Writes what the checks found and keeps the reference images, in the transaction of what follows. */
  record(tx: Transaction): Promise<void>
  /** Tidies up after that transaction; what it does not get to, the sweep does. */
  afterwards(): Promise<void>
}
