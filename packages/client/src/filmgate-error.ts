import type { ErrorCode } from './generated/errors.ts'
import type { FailedGeneration } from './generated/types.ts'

/** The codes of what the API itself cannot have said. */
export type ClientErrorCode = 'connection_error' | 'timeout' | 'aborted' | 'wait_interrupted'

/** Every `code` an error of this package can have: the eight of the API, and four of the client's own. */
export type FilmgateErrorCode = ErrorCode | ClientErrorCode

/** What is known about a failure besides its code and message. Absent means unknown. */
export interface ErrorDetails {
  status?: number | undefined
  param?: string | null | undefined
  docUrl?: string | undefined
  requestId?: string | undefined
  generationId?: string | undefined
  idempotencyKey?: string | undefined
  retryable: boolean
  billed?: boolean | undefined
  retryAfterMs?: number | undefined
  attempts: number
  headers?: Headers | undefined
  generation?: FailedGeneration | undefined
  cause?: unknown
}

// Registered, so that two copies of this package in one program recognise each other's errors.
const brand = Symbol.for('filmgate.error')

/** What all errors of this package share. Branch on `code`, or on the class. */
export class FilmgateError<Code extends FilmgateErrorCode = FilmgateErrorCode> extends Error {
  readonly code: Code
  /** HTTP status of the answer; absent when none came. 200 when a read told of a failed generation. */
  declare readonly status: number | undefined
  /** The request parameter at fault, such as `images[1].url`. */
  readonly param: string | null
  /** The page that explains the code. */
  declare readonly docUrl: string | undefined
  /** Id of the HTTP exchange, to quote in a report. */
  declare readonly requestId: string | undefined
  /** The generation concerned, once it is known. `generations.wait(id)` tells how it ends. */
  declare readonly generationId: string | undefined
  /** The generation, where a read told that it was accepted and then failed. */
  declare readonly generation: FailedGeneration | undefined
  /** The key that every try of this call carried. The same call with this key joins what it started. */
  declare readonly idempotencyKey: string | undefined
  /** Whether the same call may succeed later without a change, and makes nothing twice. */
  readonly retryable: boolean
  /** Whether the generation was paid for; absent when the server does not say. */
  declare readonly billed: boolean | undefined
  /** How long the server asks to wait, in milliseconds. */
  declare readonly retryAfterMs: number | undefined
  /** How many times the request was sent. */
  readonly attempts: number
  /** Headers of the answer; absent when none came. Not among the fields that are printed. */
  declare readonly headers: Headers | undefined

  constructor(code: Code, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.param = details.param ?? null
    this.retryable = details.retryable
    this.attempts = details.attempts
    const { cause: _, headers, ...fields } = details
    // What is unknown is left out, so that a printed error shows no row of `undefined`.
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this, { [name]: value })
    }
    Object.defineProperty(this, 'headers', { value: headers })
    Object.defineProperty(this, brand, { value: true })
  }

  /**
   * Goes by brand and code, so that the classes know each other's errors across two copies of this
   * package, such as one that was imported and one that was required.
   */
  static override [Symbol.hasInstance](this: { code?: string }, value: unknown): boolean {
    if (this === FilmgateError) return hasFilmgateBrand(value)
    // A class that somebody derived has no code of its own, and knows its own by their prototype.
    if (!Object.hasOwn(this, 'code'))
      return Function.prototype[Symbol.hasInstance].call(this, value)
    return hasFilmgateBrand(value) && value.code === this.code
  }

  /** One line with everything a log needs. */
  override toString(): string {
    const facts = [
      `code ${this.code}`,
      this.status && `status ${this.status}`,
      this.param && `param ${this.param}`,
      this.generationId && `generation ${this.generationId}`,
      // That of the read which told of a failed generation would not help to find the failure.
      !this.generation && this.requestId && `request ${this.requestId}`,
      this.attempts > 1 && `${this.attempts} attempts`,
      this.docUrl && `see ${this.docUrl}`,
    ]
    return `${this.name}: ${this.message} (${facts.filter(Boolean).join(', ')})`
  }

  /** For loggers that print JSON: all fields, the message among them. */
  toJSON(): object {
    const { name, message } = this
    return Object.assign({ name, message }, this)
  }
}

/** Whether a caught value is an error of this package, also one from another copy of it. */
export function hasFilmgateBrand(value: unknown): value is FilmgateError {
  return typeof value === 'object' && value !== null && brand in value
}
