/**
 * How failures leave the provider. The AI SDK repeats a call by itself when it throws an APICallError
 * that says `isRetryable`, and it hands nothing to an image call by which two tries could be told
 * from two orders. So the client does the repeating, under one idempotency key, and what comes out of
 * it says `isRetryable` only where the client has not repeated it and a second try can make nothing twice.
 */
import { APICallError } from '@ai-sdk/provider'
import {
  AbortError,
  isFilmgateError,
  type AnyFilmgateError,
  type CreateOptions,
  type FilmgateErrorCode,
} from '@filmgate/client'
import { withoutBytes } from './reference-images.ts'

/** `data` of an APICallError that this provider throws. */
export interface FilmgateErrorData {
  /** One of the eight of the API, or of those of the client: branch on this. */
  code: FilmgateErrorCode
  message: string
  /** The request parameter at fault, or null. */
  param: string | null
  docUrl?: string
  /** A generation that was accepted. It may still be running, or even be finished. */
  generationId?: string
  requestId?: string
  /** Pass it as `providerOptions.filmgate.idempotencyKey` to join what this call may have started. */
  idempotencyKey?: string
  /** Whether the generation was paid for; absent when the server does not say. */
  billed?: boolean
  /** Whether the same call may succeed later. The AI SDK's own retry goes by `isRetryable` instead. */
  retryable: boolean
  retryAfterMs?: number
  attempts: number
}

/** What a failed call was about. */
export interface Subject {
  /** The path of the request, or the link to a file. */
  url: string
  body?: object
  /** What sending the call again does: order a second one, join the first by its key, or read only. */
  again: 'orders' | 'joins' | 'reads'
}

/** The error for a caller of the AI SDK. What is no error of the client, such as a mistake, stays as it is. */
export function toCallError(error: unknown, subject: Subject): unknown {
  if (!isFilmgateError(error)) return error
  if (isAborted(error)) return abortError(error)
  return new APICallError({
    message: error.message,
    url: subject.url,
    requestBodyValues: subject.body ?? {},
    ...(error.status !== undefined && { statusCode: error.status }),
    responseHeaders: headersOf(error),
    isRetryable: mayRepeat(error, subject),
    data: dataOf(error),
    cause: error,
  })
}

/** Throws what a failed creation is for a caller of the AI SDK. */
export function creationFailed(
  url: string,
  body: { images?: { url: unknown }[] | undefined },
  { idempotencyKey }: CreateOptions,
): (error: unknown) => never {
  const again = idempotencyKey === undefined ? 'orders' : 'joins'
  return (error) => {
    throw toCallError(error, { url, body: withoutBytes(body), again })
  }
}

/** The error of `@filmgate/client` behind what a call of the AI SDK threw, retries included. */
export function findFilmgateError(error: unknown): AnyFilmgateError | undefined {
  let next = error
  for (let depth = 0; depth < 5 && !isFilmgateError(next); depth++) {
    // The AI SDK wraps what it has repeated in an error that has a `lastError`.
    next = next instanceof Error ? ('lastError' in next ? next.lastError : next.cause) : undefined
  }
  return isFilmgateError(next) ? next : undefined
}

function dataOf(error: AnyFilmgateError): FilmgateErrorData {
  const { code, message, param, retryable, attempts } = error
  const { docUrl, generationId, requestId, idempotencyKey, billed, retryAfterMs } = error
  return {
    code,
    message,
    param,
    retryable,
    attempts,
    ...(docUrl !== undefined && { docUrl }),
    ...(generationId !== undefined && { generationId }),
    ...(requestId !== undefined && { requestId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(billed !== undefined && { billed }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** Whether the caller's own signal ended the call, or the waiting for what it had started. */
function isAborted({ code, cause }: AnyFilmgateError): boolean {
  return (
    code === 'aborted' ||
    (code === 'wait_interrupted' && isFilmgateError(cause) && isAborted(cause))
  )
}

// The AI SDK knows an abort by the error's name.
function abortError(error: AnyFilmgateError): AbortError {
  if (error instanceof AbortError) return error
  const { message, status, requestId, generationId, idempotencyKey, billed, attempts } = error
  const facts = { status, requestId, generationId, idempotencyKey, billed, attempts }
  return new AbortError('aborted', message, { ...facts, retryable: false, cause: error })
}

function headersOf({ headers = new Headers(), retryAfterMs }: AnyFilmgateError) {
  return {
    ...Object.fromEntries(headers),
    // The client has read all forms of it, and dates by the server's clock. The AI SDK prefers this one.
    ...(retryAfterMs !== undefined && { 'retry-after-ms': String(retryAfterMs) }),
  }
}

// From this wait on the AI SDK comes back after two seconds instead.
const longestSdkWaitMs = 60_000

function mayRepeat(error: AnyFilmgateError, { again }: Subject): boolean {
  if (!error.retryable || (error.retryAfterMs ?? 0) >= longestSdkWaitMs) return false
  if (again === 'reads') return true
  // What the client has repeated in vain, or somebody has accepted, is not sent again.
  if (error.attempts > 1 || error.generationId !== undefined) return false
  // A refusal for the rate starts nothing; any other failure leaves open what was started.
  return again === 'joins' || error.code === 'rate_limit'
}
