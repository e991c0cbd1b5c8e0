import { checkedHeaders, checkNumbers, quietly } from './call.ts'
import type { Callback, HeaderValues, Logger, Retry, Settings } from './call.ts'
import { version } from './generated/version.ts'
import { systemClock, type Clock } from './retry.ts'

/** An API key, or where to get one for each request. */
export type ApiKey = string | (() => string | Promise<string>)

/** How to reach a server and how patient to be. Times in milliseconds. */
export interface FilmgateOptions {
  /**
   * `sk_live_…` or `sk_test_…`, or a function that gives it, asked before every request;
   * FILMGATE_API_KEY when omitted. `null` sends none, for a proxy that adds it.
   */
  apiKey?: ApiKey | null | undefined
  /**
   * Address of the server; FILMGATE_BASE_URL when omitted, or else http://127.0.0.1:4700. In a page
   * it may be relative to the page.
   */
  baseURL?: string | undefined
  /** Longest a call may take, retries and waiting included; 30 minutes when omitted. */
  timeout?: number | undefined
  /** Longest a server may take over one try, besides work and holds it was asked for; 60 s when omitted. */
  requestTimeout?: number | undefined
  /** How often a failed request is sent again; 6 when omitted, 2 where nobody has ever answered. */
  maxRetries?: number | undefined
  /** How long after the first failure a request may still be repeated; 2 minutes when omitted. */
  maxElapsed?: number | undefined
  /** Replaces the global fetch. */
  fetch?: typeof fetch | undefined
  /** Sent with every request to the API, but not with downloads. */
  defaultHeaders?: HeaderValues | undefined
  /** Gets accepted generations (info), retries (warn) and exchanges (debug). `console` fits. */
  logger?: Logger | undefined
  /** Told of every try that failed and will be repeated. */
  onRetry?: Callback<Retry>
  /**
   * Whether `images[].url` may be the path of a local file; true when omitted. Turn it off where
   * strangers decide what that string is.
   */
  readFiles?: boolean | undefined
}

/** Fills in the defaults. Throws a TypeError for a missing key, or an option that cannot be meant. */
export function toSettings(options: FilmgateOptions, clock: Clock = systemClock): Settings {
  checkNumbers(options)
  if (typeof (options.fetch ?? fetch) !== 'function')
    throw new TypeError('fetch must be a function.')
  if (typeof (options.readFiles ?? true) !== 'boolean' || options.readFiles === null) {
    throw new TypeError('readFiles must be true or false.')
  }
  const {
    fetch: own,
    timeout = 30 * 60_000,
    requestTimeout = 60_000,
    maxElapsed = 120_000,
  } = options
  const logger = quietly(options.logger ?? {})
  return {
    baseURL: serverAddress(options.baseURL ?? environment('FILMGATE_BASE_URL')),
    apiKey: keySource(options.apiKey, options.logger ?? console),
    headers: new Map([
      ...checkedHeaders({ 'User-Agent': userAgent() }),
      ...checkedHeaders(options.defaultHeaders),
    ]),
    // Called as a plain function: browsers refuse a fetch that is called as somebody's method.
    fetch: (input, init) => (own ?? globalThis.fetch)(input, init),
    timeout,
    requestTimeout,
    maxElapsed,
    maxRetries: options.maxRetries,
    logger,
    onRetry: options.onRetry,
    readFiles: options.readFiles ?? true,
    clock,
    wasReached: false,
  }
}

function serverAddress(text = 'http://127.0.0.1:4700'): string {
  const page = (globalThis as { location?: { href?: string } }).location?.href
  const url = text !== '' && URL.canParse(text, page) ? new URL(text, page) : undefined
  // Not quoted where it may hold a password.
  if (url?.username || url?.password) {
    throw new TypeError(
      'baseURL must hold no password, which would end up in logs. Send it in defaultHeaders, with apiKey: null.',
    )
  }
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    const shown = JSON.stringify(text.replace(/\/\/[^/]*@/, '//…@'))
    throw new TypeError(
      `baseURL must be an address such as http://127.0.0.1:4700, without a query, but is ${shown}.`,
    )
  }
  // Both forms are in use: with the version, as the paths in the docs begin, and without.
  return url.href.replace(/\/+$/, '').replace(/\/v2$/, '')
}

function keySource(option: ApiKey | null | undefined, logger: Logger): Settings['apiKey'] {
  if (option === null) return () => undefined
  if (typeof option === 'function') return async () => checkedKey(await option())
  const key = checkedKey(option ?? environment('FILMGATE_API_KEY'))
  const { window, document } = globalThis as { window?: unknown; document?: unknown }
  if (key.startsWith('sk_live_') && window && document) {
    logger.warn?.(
      'filmgate: a live API key in a page can be read and spent by everybody. Let your server add it (@filmgate/client/proxy).',
      {},
    )
  }
  return () => key
}

/** A key as it is sent. Throws a TypeError where it is missing or cannot be one. */
export function checkedKey(text: string | undefined): string {
  const key = (text ?? '').trim()
  if (key === '') throw new TypeError('No API key: pass apiKey, or set FILMGATE_API_KEY.')
  // Said here, without the key: the runtime's own message would quote it.
  if (!/^[!-~]+$/.test(key))
    throw new TypeError(
      'The API key holds characters that no key has. Give a real one, without `Bearer`.',
    )
  return key
}

interface Environment {
  navigator?: { userAgent?: string }
  process?: { env?: Record<string, string | undefined>; versions?: { node?: string } }
}

/** This client and what it runs in, for the server's log; pages have their browser's. */
function userAgent(): string | undefined {
  const { navigator, process } = globalThis as Environment
  const runtime = navigator?.userAgent ?? `Node.js/${process?.versions?.node}`
  return runtime.startsWith('Mozilla') ? undefined : `filmgate-client/${version} ${runtime}`
}

/** A variable of the process, where there is one. */
export function environment(name: string): string | undefined {
  try {
    // Node, Bun and Deno have it; elsewhere the optional chain ends.
    return (globalThis as Environment).process?.env?.[name] || undefined
  } catch {
    // Deno throws when the program may not read its environment.
    return undefined
  }
}
