import { FilmgateError, hasFilmgateBrand, type ErrorDetails } from './filmgate-error.ts'
import { errorClasses, type ErrorCode } from './generated/errors.ts'
import type { FailedGeneration } from './generated/types.ts'

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
  override readonly name = 'ConnectionError'
}

/** The answer, or the end of the generation, did not come in time. A generation that was accepted goes on. */
export class TimeoutError extends FilmgateError<'timeout'> {
  override readonly name = 'TimeoutError'
}

/** The caller's signal ended the call; its reason is the `cause`. A generation that was accepted goes on. */
export class AbortError extends FilmgateError<'aborted'> {
  override readonly name = 'AbortError'
}

/** The generation was accepted and ended as failed. `code` says why; to try again, submit a new one. */
export class GenerationFailedError<Code extends ErrorCode = ErrorCode> extends FilmgateError<Code> {
  override readonly name = 'GenerationFailedError'
  declare readonly generationId: string
  readonly generation: FailedGeneration

  constructor(code: Code, message: string, details: ErrorDetails, generation: FailedGeneration) {
    super(code, message, details)
    this.generation = generation
  }
}

type ApiError = { [Code in ErrorCode]: InstanceType<(typeof errorClasses)[Code]> }[ErrorCode]
type FailedError = { [Code in ErrorCode]: GenerationFailedError<Code> }[ErrorCode]

/** Everything this package throws, as a union that `switch (error.code)` narrows and exhausts. */
export type AnyFilmgateError = ApiError | FailedError | ConnectionError | TimeoutError | AbortError

/** Narrows a caught value to the errors of this package. */
export function isFilmgateError(error: unknown): error is AnyFilmgateError {
  return hasFilmgateBrand(error)
}

const clientErrors = {
  connection_error: ConnectionError,
  timeout: TimeoutError,
  aborted: AbortError,
} as const

/** What went wrong in one try, before it is decided whether to try again. */
export interface Failure extends Omit<ErrorDetails, 'attempts'> {
  code: ErrorCode | keyof typeof clientErrors
  message: string
}

/** The error object for a failure. */
export function toError(failure: Failure, attempts: number): AnyFilmgateError {
  const { code, message, ...details } = failure
  // TypeScript cannot see that a table's key and the class under it belong together.
  const Class = { ...errorClasses, ...clientErrors }[code] as new (
    code: string,
    message: string,
    details: ErrorDetails,
  ) => AnyFilmgateError
  return new Class(code, message, { ...details, attempts })
}
