import type { Logger, Retry, Settings } from './call.ts'
import { systemClock, type Clock } from './retry.ts'

/** How to reach a server and how patient to be. Times in milliseconds. */
export interface FilmgateOptions {
  /** `sk_live_…` or `sk_test_…`; FILMGATE_API_KEY when omitted. `null` sends none, for a proxy that adds it. */
  apiKey?: string | null | undefined
  /** Address of the server; FILMGATE_BASE_URL when omitted, or else http://127.0.0.1:4700. */
  baseURL?: string | undefined
  /** Longest a call may take, retries and waiting included; 30 minutes when omitted. */
  timeout?: number | undefined
  /** Longest a server may take over one try, besides work and holds it was asked for; 60 s when omitted. */
  requestTimeout?: number | undefined
  /** How often a failed request is sent again; 6 when omitted. */
  maxRetries?: number | undefined
  /** How long after the first failure a request may still be repeated; 2 minutes when omitted. */
  maxElapsed?: number | undefined
  /** Replaces the global fetch. */
  fetch?: typeof fetch | undefined
  /** Sent with every request to the API, but not with downloads. */
  defaultHeaders?: Record<string, string> | undefined
  /** Gets accepted generations (info), retries (warn) and exchanges (debug). `console` fits. */
  logger?: Logger | undefined
  /** Told of every try that failed and will be repeated. */
  onRetry?: ((retry: Retry) => void) | undefined
}

/** Fills in the defaults. Throws a TypeError for a missing key or an address that is none. */
export function toSettings(options: FilmgateOptions, clock: Clock = systemClock): Settings {
  const { fetch } = options
  return {
    baseURL: serverAddress(options.baseURL ?? environment('FILMGATE_BASE_URL')),
    headers: { ...options.defaultHeaders, ...authorization(options.apiKey) },
    // Called as a plain function: browsers refuse a fetch that is called as somebody's method.
    fetch: (input, init) => (fetch ?? globalThis.fetch)(input, init),
    timeout: options.timeout ?? 30 * 60_000,
    requestTimeout: options.requestTimeout ?? 60_000,
    maxRetries: options.maxRetries ?? 6,
    maxElapsed: options.maxElapsed ?? 120_000,
    logger: options.logger ?? {},
    onRetry: options.onRetry,
    clock,
  }
}

function serverAddress(text = 'http://127.0.0.1:4700'): string {
  const { protocol } = new URL(text)
  if (!/^https?:$/.test(protocol)) throw new TypeError(`baseURL must be http or https: ${text}`)
  // Both forms are in use: with the version, as the paths in the docs begin, and without.
  return text.replace(/\/+$/, '').replace(/\/v2$/, '')
}

function authorization(option: string | null | undefined): Record<string, string> {
  if (option === null) return {}
  const key = (option ?? environment('FILMGATE_API_KEY') ?? '').trim()
  if (key === '') throw new TypeError('No API key: pass apiKey, or set FILMGATE_API_KEY.')
  // Said here, without the key: the runtime's own message would quote it.
  if (!/^[!-~]+$/.test(key)) throw new TypeError('The API key holds characters that no key has.')
  return { Authorization: `Bearer ${key}` }
}

interface Environment {
  process?: { env?: Record<string, string | undefined> }
}

function environment(name: string): string | undefined {
  try {
    // Node, Bun and Deno have it; elsewhere the optional chain ends.
    return (globalThis as Environment).process?.env?.[name] || undefined
  } catch {
    // Deno throws when the program may not read its environment.
    return undefined
  }
}
