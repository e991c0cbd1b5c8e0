import type { ApiKey } from '../options.ts'
import type { Refusal } from './refusal.ts'
import type { Operation } from './routes.ts'

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>

/** What a hook is told about the request that it decides on. */
export interface ProxyCall<Context = unknown> {
  /** As the page sent it. */
  request: Request
  /** What the framework passed along: Express's request, Hono's context, Next's params. */
  context: Context
  /** Who asks, as `authorize` said. */
  user: string | undefined
  operation: Operation
}

/** What `onAccepted` is told besides. */
export interface AcceptedCall<Context = unknown> extends ProxyCall<Context> {
  /**
   * Whether the gateway says that this user's Idempotency-Key had made it before. Its first answer may
   * have been lost on the way, so it can be news still; where `authorize` names no user, it may be
   * somebody else's.
   */
  isReplayed: boolean
}

/** That a request may go through. */
export interface Authorization {
  /**
   * Who asks, as your own program names people. Keeps the idempotency keys of two people apart.
   * `null`, `undefined` and an empty text are nobody, and are refused.
   */
  user?: string | number | null | undefined
  /** Added to the request to the gateway, over all others: `Authorization` for a key of this user's own. */
  headers?: Record<string, string> | Headers | undefined
}

/** What is let through besides generating, reading and cancelling one generation, quotes and models. */
export interface ProxyAllowances {
  /** The models that may be used and are listed; all of the gateway's when omitted. */
  models?: readonly string[] | undefined
  /** Other origins whose pages may POST, such as `https://app.example.com`. */
  origins?: readonly string[] | undefined
  /** The list of all generations of the key, whoever made them. */
  list?: boolean | undefined
  /** Balance, costs and rate limits of the key's workspace. */
  billing?: boolean | undefined
}

/** How the proxy decides, and where the gateway is. */
export interface ProxyOptions<Context = unknown> {
  /**
   * Whether this request may go through: `true` or `{ user, headers }` lets it, anything empty is a
   * 401, and anything else a mistake that `onError` is told. May return or throw a Response or a
   * Refusal. Must leave the request's body alone.
   */
  authorize(
    request: Request,
    context: Context,
  ): Awaitable<Authorization | Response | Refusal | boolean | null | undefined | void>
  /** `sk_live_…` or `sk_test_…`, or where to get it; FILMGATE_API_KEY when omitted. */
  apiKey?: ApiKey | undefined
  /** Address of the gateway for this program; FILMGATE_BASE_URL when omitted, or else http://127.0.0.1:4700. */
  baseURL?: string | undefined
  /** Address of the gateway for browsers, for links in the proxy's own errors; they have none when omitted. */
  publicURL?: string | undefined
  /** Where the proxy is on your site, such as `/films`: other paths are 404. Anywhere when omitted. */
  basePath?: string | undefined
  allow?: ProxyAllowances | undefined
  /** Sees and may change the body of what creates a generation; what it returns, if anything, takes its place. */
  transform?:
    | ((
        body: Record<string, unknown>,
        call: ProxyCall<Context>,
      ) => Awaitable<Record<string, unknown> | Response | Refusal | void>)
    | undefined
  /** Whether this generation may be read and cancelled: only `true` lets it. Every id that is known may be when omitted. */
  canRead?:
    | ((generationId: string, call: ProxyCall<Context>) => Awaitable<boolean | Response | Refusal>)
    | undefined
  /**
   * Told of each generation that is accepted, before the page is and also when that has gone; may be
   * told twice of one.
   */
  onAccepted?: ((generationId: string, call: AcceptedCall<Context>) => Awaitable<void>) | undefined
  /**
   * Where the platform stops a program whose page has gone: what it offers to go on, for a POST that
   * was sent. `work` never rejects.
   */
  waitUntil?: ((work: Promise<void>, context: Context) => void) | undefined
  /** Told of what the page is not told: failing hooks, a gateway that does not answer. The console when omitted. */
  onError?: ((error: unknown, request: Request) => void) | undefined
  /** Largest body that is read; 30 MB when omitted. */
  maxBodyBytes?: number | undefined
  /** Longest a request may take, its body, hooks and the gateway's answer, in milliseconds; 5 minutes when omitted. */
  timeout?: number | undefined
  /** Replaces the global fetch. */
  fetch?: typeof fetch | undefined
}
