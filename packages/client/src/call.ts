import type { AnyFilmgateError } from './errors.ts'
import type { Clock } from './retry.ts'

/** Where log lines go. `console` fits. What it throws is ignored. */
export interface Logger {
  debug?(message: string, fields: object): unknown
  info?(message: string, fields: object): unknown
  warn?(message: string, fields: object): unknown
}

/** A try that failed and will be repeated. */
export interface Retry {
  error: AnyFilmgateError
  /** Milliseconds until the next try. */
  delayMs: number
}

/** Headers by name; `null` leaves one out that would be sent otherwise. Or what `Headers` is made of. */
export type HeaderValues =
  | Record<string, string | null | undefined>
  | Iterable<readonly [string, string]>

/** Headers to be sent, looked at before. */
export type CheckedHeaders = ReadonlyMap<string, string | null>

/** What a client keeps for all its calls. Times in milliseconds. */
export interface Settings {
  baseURL: string
  /** The key at this moment; undefined sends none. */
  apiKey: () => string | undefined | Promise<string | undefined>
  headers: CheckedHeaders
  fetch: typeof fetch
  timeout: number
  requestTimeout: number
  maxRetries: number | undefined
  maxElapsed: number
  logger: Logger
  onRetry: Callback<Retry>
  readFiles: boolean
  clock: Clock
  /** Whether a server has ever answered at this address. */
  wasReached: boolean
}

/** Something of the caller's that is told of news. It may be async; what it throws is logged and ignored. */
export type Callback<T> = ((news: T) => unknown) | undefined

/** What a caller may set for one call. Times in milliseconds. */
export interface CallOptions {
  /** Ends the call. A generation that was accepted goes on. */
  signal?: AbortSignal | undefined
  /** Longest the whole call may take, retries and waiting included. */
  timeout?: number | undefined
  /** How often a failed request is sent again. Reads while waiting for a generation do not count. */
  maxRetries?: number | undefined
  /** How long after the first failure a request may still be repeated. */
  maxElapsed?: number | undefined
  /** Told of every try that failed and will be repeated. */
  onRetry?: Callback<Retry>
  /** Sent with the requests of this call, over those of the client. Not with downloads. */
  headers?: HeaderValues | undefined
}

/** One call of the caller, however many requests it takes. */
export interface Call {
  settings: Settings
  signal: AbortSignal | undefined
  startedAt: number
  endsAt: number
  timeout: number
  /** Undefined where nobody chose a number. */
  maxRetries: number | undefined
  maxElapsed: number
  onRetry: Callback<Retry>
  headers: CheckedHeaders
  /** Of the generation that the call creates. */
  idempotencyKey?: string
}

/** Begins a call: its time runs from here. Throws a TypeError for an option that cannot be meant. */
export function startCall(settings: Settings, options: CallOptions = {}): Call {
  checkNumbers(options)
  if (options.signal && typeof options.signal.aborted !== 'boolean') {
    throw new TypeError('signal must be an AbortSignal, such as the signal of an AbortController.')
  }
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
    headers: checkedHeaders(options.headers),
  }
}

/** The headers by lower-case name. Throws a TypeError, which shows no value, for what no header can be. */
export function checkedHeaders(values: HeaderValues = {}): CheckedHeaders {
  const pairs = Symbol.iterator in values ? [...values] : Object.entries(values)
  const checked = new Map<string, string | null>()
  for (const [name, value] of pairs) {
    if (value === undefined) continue
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t -~\x80-\xff]*$/.test(value ?? '')) {
      throw new TypeError(`The header ${JSON.stringify(name)} cannot be sent with that value.`)
    }
    checked.set(name.toLowerCase(), value)
  }
  return checked
}

/** Numbers that limit a call. Not a number at all would be no limit. */
interface Limits {
  timeout?: number | undefined
  requestTimeout?: number | undefined
  maxElapsed?: number | undefined
  maxRetries?: number | undefined
}

export function checkNumbers(options: Limits): void {
  const { timeout, requestTimeout, maxElapsed, maxRetries } = options
  for (const [name, value] of Object.entries({ timeout, requestTimeout, maxElapsed, maxRetries })) {
    const least = name === 'maxRetries' || name === 'maxElapsed' ? 0 : 1
    if (value === undefined || (typeof value === 'number' && value >= least)) continue
    throw new TypeError(
      `${name} must be a number of at least ${least}, but is ${typeof value === 'number' ? value : `a ${typeof value}`}.`,
    )
  }
}

/** Tells a callback of the caller. Its mistake must not cost the caller a generation that was paid for. */
export function notify<T>({ settings }: Call, callback: Callback<T>, news: T): void {
  harmless(
    () => callback?.(news),
    (error) => settings.logger.warn?.('filmgate: a callback threw', { error }),
  )
}

/** A logger that never throws, whatever the caller's does: it has nowhere else to be told. */
export function quietly(logger: Logger): Logger {
  const guard = (level: keyof Logger) => (message: string, fields: object) =>
    harmless(
      () => logger[level]?.(message, fields),
      () => {},
    )
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn') }
}

/** Does what may throw, or reject later. Not awaited: what is slow holds nothing up. */
function harmless(work: () => unknown, complain: (error: unknown) => unknown): void {
  const done = async (): Promise<unknown> => work()
  done().catch(complain)
}
