import { reasonOf } from './cause.ts'
import {
  FilmgateError,
  hasFilmgateBrand,
  type ErrorDetails,
  type FilmgateErrorCode,
} from './filmgate-error.ts'
import { errorClasses, type ErrorCode } from './generated/errors.ts'

export { FilmgateError } from './filmgate-error.ts'
export type { FilmgateErrorCode } from './filmgate-error.ts'
export {
  ContentPolicyViolationError,
  InvalidApiKeyError,
  InvalidParameterError,
  NotFoundError,
  ParameterMissingError,
  QuotaExceededError,
  RateLimitError,
  ServerError,
} from './generated/errors.ts'
export type { ErrorCode } from './generated/errors.ts'

/** No answer of the API arrived: refused, cut off, or something else answered in its place. */
export class ConnectionError extends FilmgateError<'connection_error'> {
  static readonly code = 'connection_error'
  override readonly name = 'ConnectionError'
}

/** The answer did not come in time. */
export class TimeoutError extends FilmgateError<'timeout'> {
  static readonly code = 'timeout'
  override readonly name = 'TimeoutError'
}

/** The caller's signal ended the call; its reason is the `cause`. */
export class AbortError extends FilmgateError<'aborted'> {
  static readonly code = 'aborted'
  override readonly name = 'AbortError'
}

/**
 * The waiting for an accepted generation ended before the generation did; `cause` says what ended
 * it: a time-out, an abort, or whatever reading it ran into. To go on, keep `generationId` and call
 * `generations.wait` with it. Submitting again makes, and bills, a second generation.
 */
export class WaitInterruptedError extends FilmgateError<'wait_interrupted'> {
  static readonly code = 'wait_interrupted'
  override readonly name = 'WaitInterruptedError'
  declare readonly generationId: string
}

type ApiError = { [Code in ErrorCode]: InstanceType<(typeof errorClasses)[Code]> }[ErrorCode]

/**
 * What a request can fail with, as a union that `switch (error.code)` narrows and exhausts. Besides,
 * there are TypeErrors for mistakes in arguments, and what the caller's own files and streams throw.
 */
export type AnyFilmgateError =
  | ApiError
  | ConnectionError
  | TimeoutError
  | AbortError
  | WaitInterruptedError

/** Narrows a caught value to the errors of this package. */
export function isFilmgateError(error: unknown): error is AnyFilmgateError {
  return hasFilmgateBrand(error)
}

const clientErrors = {
  connection_error: ConnectionError,
  timeout: TimeoutError,
  aborted: AbortError,
  wait_interrupted: WaitInterruptedError,
} as const

/** What went wrong in one try, before it is decided whether to try again. */
export interface Failure extends Omit<ErrorDetails, 'attempts'> {
  code: FilmgateErrorCode
  message: string
  /** It is certain that no server began to work on the request. */
  untouched?: boolean
}

/** The error object for a failure. */
export function toError(failure: Failure, attempts: number): AnyFilmgateError {
  const { code, message, untouched: _, ...details } = failure
  // TypeScript cannot see that a table's key and the class under it belong together.
  const Class = { ...errorClasses, ...clientErrors }[code] as new (
    code: string,
    message: string,
    details: ErrorDetails,
  ) => AnyFilmgateError
  return new Class(code, message, { ...details, attempts })
}

/**
 * The error of a wait that ended without the outcome of the generation. That it failed, or that the
 * server never knew it, is an outcome, and stays the error it is.
 */
export function failureOfWait(error: unknown, id: string, idempotencyKey?: string): unknown {
  const isOurs = isFilmgateError(error)
  if (isOurs && (error.generation || error instanceof WaitInterruptedError)) return error
  const message = isOurs ? error.message : reasonOf(error)
  const { status, requestId, headers, docUrl, attempts = 0, retryAfterMs } = isOurs ? error : {}
  return new WaitInterruptedError(
    'wait_interrupted',
    `${message} Generation ${id} goes on, as far as is known: generations.wait('${id}') takes up the waiting; submitting again would make a second one.`,
    {
      generationId: id,
      idempotencyKey,
      retryable: false,
      status,
      requestId,
      headers,
      docUrl,
      attempts,
      retryAfterMs,
      cause: error,
    },
  )
}
