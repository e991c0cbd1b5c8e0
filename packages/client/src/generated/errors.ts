// Generated from the contract by tools/generate.ts. Do not edit.

import { FilmgateError } from '../filmgate-error.ts'

/** The codes the API answers with: their HTTP status, and whether the same request may succeed later. */
export const errorCatalog = {
  invalid_api_key: { status: 401, retryable: false },
  parameter_missing: { status: 400, retryable: false },
  invalid_parameter: { status: 400, retryable: false },
  quota_exceeded: { status: 402, retryable: false },
  content_policy_violation: { status: 422, retryable: false },
  rate_limit: { status: 429, retryable: true },
  not_found: { status: 404, retryable: false },
  server_error: { status: 500, retryable: true },
} as const

/** One of the 8 codes of the API. */
export type ErrorCode = keyof typeof errorCatalog

/** Invalid API key (401). The request did not carry an API key that this server accepts. Send `Authorization: Bearer sk_…` with a key that exists, has neither been revoked nor expired, and may do what the request asks. */
export class InvalidApiKeyError extends FilmgateError<'invalid_api_key'> {
  static readonly code = 'invalid_api_key'
  override readonly name = 'InvalidApiKeyError'
}

/** Parameter missing (400). A required parameter was not provided; `param` names it. Add the parameter named in `param` and send the request again. */
export class ParameterMissingError extends FilmgateError<'parameter_missing'> {
  static readonly code = 'parameter_missing'
  override readonly name = 'ParameterMissingError'
}

/** Invalid parameter (400). A value in the request is not supported, here or by the selected model; `param` names it where there is one. Change the value as the message says; the allowed ones are in `GET /v2/models`. */
export class InvalidParameterError extends FilmgateError<'invalid_parameter'> {
  static readonly code = 'invalid_parameter'
  override readonly name = 'InvalidParameterError'
}

/** Quota exceeded (402). The balance or a budget does not cover this generation, or the workspace keeps as many files as it may. Do what the message says: add credit, raise the budget or the storage quota, wait for the date it names, or choose a cheaper model, resolution or duration. */
export class QuotaExceededError extends FilmgateError<'quota_exceeded'> {
  static readonly code = 'quota_exceeded'
  override readonly name = 'QuotaExceededError'
}

/** Content policy violation (422). The prompt or a reference image failed a safety check; `param` names which. Revise the prompt or replace the reference image. */
export class ContentPolicyViolationError extends FilmgateError<'content_policy_violation'> {
  static readonly code = 'content_policy_violation'
  override readonly name = 'ContentPolicyViolationError'
}

/** Rate limit (429). The workspace sent too many generation requests in a minute or has too many in flight at once, or the model takes no more at the moment. Wait as long as `Retry-After` says, then send the same request again; spread bursts, or ask for higher limits. */
export class RateLimitError extends FilmgateError<'rate_limit'> {
  static readonly code = 'rate_limit'
  override readonly name = 'RateLimitError'
}

/** Not found (404). The address, or the resource it names, does not exist for this key. Check the path, the method and the id, and with which key you ask: test and live keys do not see what the other made. Keep your record of the id until you know. */
export class NotFoundError extends FilmgateError<'not_found'> {
  static readonly code = 'not_found'
  override readonly name = 'NotFoundError'
}

/** Server error (500). Something failed on this side: in the gateway, in its storage, or in the model behind it. Send the request again with back-off and the same Idempotency-Key. If it persists, report the request id and the generation id. */
export class ServerError extends FilmgateError<'server_error'> {
  static readonly code = 'server_error'
  override readonly name = 'ServerError'
}

/** The class of each code. */
export const errorClasses = {
  invalid_api_key: InvalidApiKeyError,
  parameter_missing: ParameterMissingError,
  invalid_parameter: InvalidParameterError,
  quota_exceeded: QuotaExceededError,
  content_policy_violation: ContentPolicyViolationError,
  rate_limit: RateLimitError,
  not_found: NotFoundError,
  server_error: ServerError,
} as const
