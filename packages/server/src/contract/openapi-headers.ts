import type { OperationId, operations } from './operations.ts'

/** One header, as OpenAPI and the reference show it. */
export interface HeaderRow {
  description: string
  schema: Record<string, string | number | readonly string[]>
  example: string
}

/** Request headers that at least one row of the operations table names. */
export type RequestHeaderName = Extract<
  (typeof operations)[OperationId],
  { headers: readonly string[] }
>['headers'][number]

/** Request headers with a meaning of their own. The compiler demands a row for each that the table names. */
export const requestHeaders = {
  'Idempotency-Key': {
    description:
      'Makes the request safe to repeat: the same key with the same body within 24 hours is answered with the first generation, never with a second one or a second charge.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
    example: '0198c6a2-f4b0-7c3e-9a51-d2e6b8f01234',
  },
  Prefer: {
    description:
      '`wait=N` (1 to 60) holds the answer until the generation ends, at most N seconds, and never more than 50, since proxies cut at 60. On the image POST, `respond-async` answers 202 at once.',
    schema: { type: 'string' },
    example: 'wait=30',
  },
} as const satisfies Record<RequestHeaderName, HeaderRow>

/** Response headers of the contract. */
export const responseHeaders = {
  'X-Request-Id': {
    description: 'Id of this exchange; quote it when you report a problem.',
    schema: { type: 'string' },
    example: 'req_0198c6a2f4b07c3e9a51d2e6b8f05678',
  },
  'X-Generation-Id': {
    description: 'Id of the generation that the answer is about, once there is one.',
    schema: { type: 'string' },
    example: 'gen_0198c6a2f4b07c3e9a51d2e6b8f01234',
  },
  'X-Billed': {
    description:
      'Whether the generation was charged. Left out of an error while the generation goes on: its end decides.',
    schema: { type: 'string', enum: ['true', 'false'] },
    example: 'false',
  },
  'X-Should-Retry': {
    description:
      'Whether sending the same request again can help; on the state of a failed generation, whether submitting it anew can.',
    schema: { type: 'string', enum: ['true', 'false'] },
    example: 'true',
  },
  'WWW-Authenticate': {
    description: 'How to present a key.',
    schema: { type: 'string', enum: ['Bearer'] },
    example: 'Bearer',
  },
  'Retry-After': {
    description:
      'Whole seconds to wait before the next request. Always there with 429; with 500 where known; with a pending generation it is the hint when to look again.',
    schema: { type: 'integer', minimum: 1, maximum: 60 },
    example: '12',
  },
  'Retry-After-Ms': {
    description: 'The same wait in milliseconds.',
    schema: { type: 'integer', minimum: 1 },
    example: '11640',
  },
  'X-RateLimit-Limit': {
    description: 'Generation requests of this kind that the workspace may send per minute.',
    schema: { type: 'integer', minimum: 0 },
    example: '60',
  },
  'X-RateLimit-Remaining': {
    description: 'How many of them are left in the current window.',
    schema: { type: 'integer', minimum: 0 },
    example: '0',
  },
  'X-RateLimit-Reset': {
    description: 'When the window ends, in Unix seconds.',
    schema: { type: 'integer', minimum: 0 },
    example: '1795370460',
  },
  'Idempotent-Replayed': {
    description: '`true` when this is the answer of an earlier request with the same key.',
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
} as const satisfies Record<string, HeaderRow>

/** A response header of the contract. */
export type ResponseHeaderName = keyof typeof responseHeaders
