import { errorCatalog, type ErrorCode } from '../generated/errors.ts'

/** What a refusal may say besides its message. */
export interface RefusalDetails {
  /** The request parameter at fault. */
  param?: string | undefined
  /** Seconds to wait, 1 to 60. A rate_limit always says one; 60 when omitted. */
  retryAfter?: number | undefined
  /** Whether sending the same request again can help; what the code says when omitted. */
  shouldRetry?: boolean | undefined
  /** Headers of the gateway's answer that stay true. */
  headers?: Headers | undefined
}

// Registered, so that the copy of this package that was imported knows the errors of the required one.
const brand = Symbol.for('filmgate.refusal')

/**
 * Thrown, also by the hooks of `createProxy`, to answer with an error as the API does. Its constructor
 * throws a TypeError for a code that is none of the API's.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ErrorCode
  readonly details: RefusalDetails

  constructor(code: ErrorCode, message: string, details: RefusalDetails = {}) {
    if (!Object.hasOwn(errorCatalog, code)) {
      const codes = Object.keys(errorCatalog).join(', ')
      throw new TypeError(`The code of a Refusal must be one of the API's: ${codes}.`)
    }
    super(message)
    this.code = code
    this.details = details
    Object.defineProperty(this, brand, { value: true })
  }

  /** Goes by brand for this class, and by prototype for those that somebody derived from it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== Refusal) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && brand in value
  }
}

/** The headers that every answer of the proxy has. */
export function ownHeaders(requestId: string): Record<string, string> {
  return {
    'Content-Type': 'application/json; charset=utf-8',
    // Answers are about one person's pictures and hold links that are rights.
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
  }
}

/** The answer that a refusal stands for: the five fields and the headers of the contract. */
export function toErrorResponse(
  { code, message, details }: Refusal,
  { requestId, publicURL }: { requestId: string; publicURL: string | undefined },
): Response {
  const { status, retryable } = errorCatalog[code]
  const { param = null, retryAfter, shouldRetry = retryable } = details
  const headers = new Headers(details.headers)
  for (const [name, value] of Object.entries(ownHeaders(requestId))) headers.set(name, value)
  headers.set('X-Should-Retry', String(shouldRetry))
  const isBare = code === 'rate_limit' && !headers.has('Retry-After')
  if (isBare || retryAfter !== undefined) headers.set('Retry-After', toSeconds(retryAfter ?? 60))
  if (status === 401) headers.set('WWW-Authenticate', 'Bearer')
  const doc_url = docUrl(code, publicURL)
  const error = { message, type: 'invalid_request_error', param, code, doc_url }
  return new Response(JSON.stringify({ error }), { status, headers })
}

/** The gateway's page about a code, where the owner gave an address of it that browsers reach. */
export function docUrl(code: unknown, publicURL: string | undefined): string {
  const isKnown = typeof code === 'string' && Object.hasOwn(errorCatalog, code)
  return isKnown && publicURL !== undefined ? `${publicURL}/docs/errors/${code}` : ''
}

/** How long to wait as the contract writes it. Widely used clients ignore more than a minute. */
export function toSeconds(seconds: number): string {
  return String(Math.min(60, Math.max(1, Math.ceil(seconds) || 60)))
}

/** What a refusal of a model ends with. */
export function choiceOf(models: readonly string[]): string {
  return `Choose one of these: ${models.join(', ')}.`
}
