import type { Accepted, GenerationRequest } from '../admission/accept.ts'
import type { RateLimitState } from '../admission/rate-limit.ts'
import type { CorsOrigins } from '../config/cors-origins.ts'
import type { Cancellation, Quote } from '../contract/common.ts'
import type { Generation } from '../generations/generation.ts'
import type { ViewContext } from '../generations/view.ts'
import type { MediaStore } from '../media/media-store.ts'
import type { UrlSigner } from '../media/signed-url.ts'
import type { Model } from '../models/model.ts'
import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/log.ts'
import type { KeyUse } from '../workspaces/key-use.ts'
import type { BodyLimits } from './body-budget.ts'

/** How much of this machine all requests together may take. */
export interface ServerLimits extends BodyLimits {
  /** Connections that are open at once. */
  connections: number
}

/** What the routes ask of the rest of the server. */
export interface Services {
  version: string
  database: Database
  models: readonly Model[]
  mediaStore: MediaStore
  urls: UrlSigner
  view: ViewContext
  log: Logger
  keyUse: KeyUse
  clock: () => number
  publicUrl: () => string
  /** Path of the public address; a request may come with it or, from a proxy that takes it off, without. */
  publicPath: string
  /** Whose pages may call the API from a browser. */
  corsOrigins: CorsOrigins
  /** How long an idle connection stays open; the proxy in front has to close its own sooner. */
  keepAliveMs: number
  /** The longest that an answer may be waited for, in milliseconds. */
  longestAnswerMs: number
  limits: ServerLimits
  /** Accepts a generation, or finds the one its key stands for, and starts it. */
  accept(
    request: GenerationRequest,
    onRateLimit: (state: RateLimitState) => void,
  ): Promise<Accepted>
  /** The price of a request that would be accepted now. */
  quote(request: GenerationRequest, onRateLimit: (state: RateLimitState) => void): Promise<Quote>
  /** The generation as it is now. */
  current(id: string): Promise<Generation>
  /** The generation once it has ended; undefined if `signal` aborts before. */
  ended(id: string, signal: AbortSignal): Promise<Generation | undefined>
  /** The same, but no longer than a little past the generation's own deadline. */
  endedInTime(id: string, signal: AbortSignal): Promise<Generation | undefined>
  /** The generation once it has passed the content checks, or has ended; undefined if `signal` aborts before. */
  checked(id: string, signal: AbortSignal): Promise<Generation | undefined>
  cancel(generation: Generation, signal: AbortSignal): Promise<Cancellation>
  /** Whether each part can do its work. */
  readiness(): Promise<Record<string, 'ok' | 'failing'>>
}
