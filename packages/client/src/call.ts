import type { AnyFilmgateError } from './errors.ts'
import type { Clock } from './retry.ts'

/** Where log lines go. `console` fits. */
export interface Logger {
  debug?(message: string, fields: object): void
  info?(message: string, fields: object): void
  warn?(message: string, fields: object): void
}

/** A try that failed and will be repeated. */
export interface Retry {
  error: AnyFilmgateError
  /** Milliseconds until the next try. */
  delayMs: number
}

/** What a client keeps for all its calls. Times in milliseconds. */
export interface Settings {
  baseURL: string
  headers: Record<string, string>
  fetch: typeof fetch
  timeout: number
  requestTimeout: number
  maxRetries: number
  maxElapsed: number
  logger: Logger
  onRetry: ((retry: Retry) => void) | undefined
  clock: Clock
}

/** What a caller may set for one call. Times in milliseconds. */
export interface CallOptions {
  /** Ends the call with an AbortError. A generation that was accepted goes on. */
  signal?: AbortSignal | undefined
  /** Longest the whole call may take, retries and waiting included. */
  timeout?: number | undefined
  /** How often a failed request is sent again. Reads while waiting for a generation do not count. */
  maxRetries?: number | undefined
  /** How long after the first failure a request may still be repeated. */
  maxElapsed?: number | undefined
  /** Told of every try that failed and will be repeated. */
  onRetry?: ((retry: Retry) => void) | undefined
}

/** One call of the caller, however many requests it takes. */
export interface Call {
  settings: Settings
  signal: AbortSignal | undefined
  startedAt: number
  endsAt: number
  timeout: number
  maxRetries: number
  maxElapsed: number
  onRetry: ((retry: Retry) => void) | undefined
}

/** Begins a call: its time runs from here. */
export function startCall(settings: Settings, options: CallOptions = {}): Call {
  const startedAt = settings.clock.now()
  const timeout = options.timeout ?? settings.timeout
  return {
    settings,
    signal: options.signal,
    startedAt,
    endsAt: startedAt + timeout,
    timeout,
    maxRetries: options.maxRetries ?? settings.maxRetries,
    maxElapsed: options.maxElapsed ?? settings.maxElapsed,
    onRetry: options.onRetry ?? settings.onRetry,
  }
}

/** Tells a callback of the caller. Its mistake must not cost the caller a generation that was paid for. */
export function notify<T>(call: Call, callback: ((news: T) => void) | undefined, news: T): void {
  try {
    callback?.(news)
  } catch (error) {
    call.settings.logger.warn?.('filmgate: a callback threw', { error })
  }
}
