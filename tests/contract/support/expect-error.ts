import { expect } from 'vitest'
import { errorCatalog, type ErrorCode } from '../../../packages/server/src/contract/errors.ts'
import type { ApiAnswer } from '../../support/api.ts'

/** Asserts a complete answer of this code: status, exactly the five fields, and the headers. */
export function expectError(
  answer: ApiAnswer,
  code: ErrorCode,
  { param = null, message }: { param?: string | null; message?: string | RegExp } = {},
): void {
  expect(answer.body, answer.text).toEqual({
    error: {
      message: expect.stringMatching(message ?? /\S{2}/),
      type: 'invalid_request_error',
      param,
      code,
      doc_url: expect.stringMatching(new RegExp(`^https?://.+/docs/errors/${code}$`)),
    },
  })
  expect(answer.status).toBe(errorCatalog[code].status)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(answer.headers.get('x-request-id')).toMatch(/^\S+$/)
  expect(answer.headers.get('x-should-retry')).toMatch(/^(true|false)$/)
  if (code === 'rate_limit') expectRetryAfter(answer)
}

/** Retry-After is in whole seconds from 1 to 60, and Retry-After-Ms says the same more exactly. */
function expectRetryAfter({ headers }: ApiAnswer): void {
  const seconds = Number(headers.get('retry-after'))
  expect(seconds).toBeOneOf(Array.from({ length: 60 }, (_, index) => index + 1))
  expect(Math.ceil(Number(headers.get('retry-after-ms')) / 1000)).toBe(seconds)
}
