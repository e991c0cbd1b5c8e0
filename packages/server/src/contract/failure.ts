import { errorCatalog, type ErrorCode, type ErrorReason } from './errors.ts'

/** What may accompany a failure. `message` and `param` reach the caller; `note` and `cause` go to the log only. */
export interface FailureDetails {
  /** What happened and what to do, specific to this request. Names no internals. */
  message: string
  /** The request parameter at fault, as the client wrote it: `images[1].url`. */
  param?: string
  /** For the operator: what the caller must not see. */
  note?: string
  cause?: unknown
  /** Known wait before a retry can succeed, in milliseconds. */
  retryAfterMs?: number
  /** Overrides the catalog's advice for this one failure. */
  shouldRetry?: boolean
}

/** What a failed generation keeps: everything needed to answer again, as plain data. */
export interface FailureRecord {
  code: ErrorCode
  reason: string
  message: string
  param: string | null
  shouldRetry: boolean
  /** The wait that was known when it failed, in milliseconds. */
  retryAfterMs?: number
}

/** The one error class that the server throws on purpose. Anything else becomes `server_error`. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: ErrorCode
  readonly reason: string
  readonly param: string | null
  readonly note: string | undefined
  readonly retryAfterMs: number | undefined
  readonly shouldRetry: boolean

  constructor(code: ErrorCode, reason: string, details: FailureDetails) {
    super(details.message, details.cause === undefined ? {} : { cause: details.cause })
    this.code = code
    this.reason = reason
    this.param = details.param ?? null
    this.note = details.note
    this.retryAfterMs = details.retryAfterMs
    this.shouldRetry = details.shouldRetry ?? errorCatalog[code].retryable
  }

  /** The part that is stored with a failed generation. */
  toRecord(): FailureRecord {
    const { code, reason, message, param, shouldRetry, retryAfterMs } = this
    return {
      code,
      reason,
      message,
      param,
      shouldRetry,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  }

  /** The failure again, `ageMs` after it happened: of its wait that much is over, and perhaps all. */
  static fromRecord(record: FailureRecord, ageMs: number): Failure {
    const { code, reason, message, param, shouldRetry, retryAfterMs = 0 } = record
    const leftMs = retryAfterMs - Math.max(0, ageMs)
    return new Failure(code, reason, {
      message,
      shouldRetry,
      ...(leftMs > 0 ? { retryAfterMs: leftMs } : {}),
      ...(param === null ? {} : { param }),
    })
  }
}

/** The same failure, saying that it was brought about on request, by a directive in the prompt. */
export function asRehearsed(failure: Failure): Failure {
  const { code, reason, message, param, ...rest } = failure.toRecord()
  return new Failure(code, reason, {
    ...rest,
    message: `${message} (Rehearsed: the directive [[${code}]] in the prompt asks for this.)`,
    ...(param === null ? {} : { param }),
  })
}

/** Makes a failure; the compiler checks that the reason belongs to the code. */
export function fail<Code extends ErrorCode>(
  code: Code,
  reason: ErrorReason<Code>,
  details: FailureDetails,
): Failure {
  return new Failure(code, reason, details)
}
