import { STATUS_CODES } from 'node:http'
import type { ErrorBody, ErrorObject } from '../contract/common.ts'
import { errorCatalog, errorPagePath } from '../contract/errors.ts'
import { fail, Failure, type FailureRecord } from '../contract/failure.ts'
import { kindOfError } from '../telemetry/describe-error.ts'
import type { Logger } from '../telemetry/log.ts'

/** Clients throw away a Retry-After above 60 s and come back after half a second. */
const longestRetryAfterSeconds = 60

/** A failure as it goes over the wire. */
export interface ErrorAnswer {
  status: number
  headers: Record<string, string>
  body: ErrorBody
}

/** Ids to quote, for answers that nobody but the operator can act on. */
export interface AnswerIds {
  requestId: string
  generationId?: string | undefined
}

/** The one place where a failure becomes an answer. What is no Failure becomes `server_error`; its message never leaves. */
export function toErrorAnswer(error: unknown, publicUrl: string, ids: AnswerIds): ErrorAnswer {
  const failure = toFailure(error)
  return {
    status: errorCatalog[failure.code].status,
    headers: {
      'x-should-retry': String(failure.shouldRetry),
      ...(failure.code === 'invalid_api_key' ? { 'www-authenticate': 'Bearer' } : {}),
      ...retryHeaders(failure),
    },
    body: { error: toErrorObject(failure.toRecord(), publicUrl, ids) },
  }
}

/** The error object of a failure: five fields, always all of them. */
export function toErrorObject(
  failure: Pick<FailureRecord, 'code' | 'message' | 'param'>,
  publicUrl: string,
  { requestId, generationId }: AnswerIds,
): ErrorObject {
  const quote = generationId === undefined ? requestId : `${generationId}, ${requestId}`
  const message =
    failure.code === 'server_error' ? `${failure.message} (${quote})` : failure.message
  return {
    message: message.toWellFormed(),
    type: 'invalid_request_error',
    // Half a character would be sent as an escape that some clients cannot turn into a string.
    param: failure.param?.toWellFormed() ?? null,
    code: failure.code,
    doc_url: `${publicUrl}${errorPagePath(failure.code)}`,
  }
}

function retryHeaders({ code, retryAfterMs }: Failure): Record<string, string> {
  const waitMs = retryAfterMs ?? (code === 'rate_limit' ? 1000 : undefined)
  if (waitMs === undefined) return {}
  const seconds = Math.min(longestRetryAfterSeconds, Math.max(1, Math.ceil(waitMs / 1000)))
  const cappedMs = Math.min(longestRetryAfterSeconds * 1000, Math.max(1, Math.ceil(waitMs)))
  return { 'retry-after': String(seconds), 'retry-after-ms': String(cappedMs) }
}

/** Any thrown value as a failure. Fastify's own errors are the caller's fault where they say 4xx. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = frameworkFailures[code]
  if (known !== undefined)
    return fail('invalid_parameter', known.reason, { message: known.message, cause: error })
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (code.startsWith('FST_') && status >= 400 && status < 500) {
    return fail('invalid_parameter', 'malformed_request', {
      message: 'The request could not be read. Check its headers and body.',
      cause: error,
    })
  }
  return fail('server_error', 'internal', {
    message:
      'Something went wrong on this server while it was answering. Try again; if it happens again, report these ids.',
    cause: error,
  })
}

/** Logs a failure on its way out: a fault of ours whole, a caller's without a word of what was sent. */
export function logRefusal(log: Logger, failure: Failure, ids: AnswerIds): void {
  const { code, reason, note, cause } = failure
  if (code === 'server_error' && reason !== 'cancelled') {
    log.error({ ...ids, code, reason, note, err: cause }, 'refused')
  } else {
    log.debug({ ...ids, code, reason, note, cause: kindOfError(cause) }, 'refused')
  }
}

type RequestReason = keyof (typeof errorCatalog)['invalid_parameter']['reasons']

const tooSlow = {
  reason: 'request_too_slow',
  message:
    'The request did not arrive completely in time. Send it again over a connection that is not stalled.',
} as const
const malformed = {
  reason: 'malformed_request',
  message:
    'What arrived is not a valid HTTP request. Use an HTTP client library, or look for a proxy that damages requests.',
} as const

/** Errors of the HTTP parser, of Node and of Fastify, by their code. */
const frameworkFailures: Record<string, { reason: RequestReason; message: string } | undefined> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    reason: 'unsupported_content_type',
    message: 'The Content-Type header is not valid. Send `Content-Type: application/json`.',
  },
  FST_ERR_BAD_URL: {
    reason: 'malformed_request',
    message:
      'The path is not validly percent-encoded. Write a percent sign of its own as %25, and other characters as UTF-8.',
  },
  HPE_HEADER_OVERFLOW: {
    reason: 'headers_too_large',
    message: 'The request headers are larger than 16 KiB. Send fewer or shorter headers.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: tooSlow,
  ERR_HTTP_INVALID_HEADER_VALUE: malformed,
  ECONNRESET: malformed,
}

/** The answer to bytes that are no HTTP request, for a socket that no framework has touched. */
export function toRawErrorAnswer(
  error: Error & { code?: string },
  publicUrl: string,
  requestId: string,
): string {
  const known = frameworkFailures[error.code ?? '']
  const { reason, message } = known ?? malformed
  const failure = fail('invalid_parameter', reason, { message, cause: error })
  const answer = toErrorAnswer(failure, publicUrl, { requestId })
  const body = JSON.stringify(answer.body)
  const lines = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
