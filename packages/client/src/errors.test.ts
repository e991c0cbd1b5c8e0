import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { FilmgateError, isFilmgateError, RateLimitError, toError } from './errors.ts'
import { errorCatalog, errorClasses, type ErrorCode } from './generated/errors.ts'

const failure = {
  code: 'rate_limit' as const,
  message: 'Slow down.',
  retryable: true,
  status: 429,
  generationId: 'gen_1',
  requestId: 'req_1',
  docUrl: 'http://docs.invalid/rate_limit',
  param: 'prompt',
  retryAfterMs: 2_000,
}

test('every code has a class of its own, named after itself', () => {
  // Object.keys loses the literal type; the table is closed, so the cast holds.
  const codes = Object.keys(errorCatalog) as ErrorCode[]
  const errors = codes.map((code) => toError({ code, message: '', retryable: false }, 1))
  for (const [at, code] of codes.entries()) {
    expect(errors[at]).toBeInstanceOf(errorClasses[code])
    expect(errors[at]).toBeInstanceOf(FilmgateError)
    expect(errors[at]).toBeInstanceOf(Error)
    expect(errors[at]?.code).toBe(code)
  }
  expect(new Set(errors.map(({ name }) => name)).size).toBe(codes.length)
})

test('text, console and JSON show code, parameter, ids and the docs', () => {
  const error = toError(failure, 3)
  const facts = ['rate_limit', 'prompt', 'gen_1', 'req_1', 'http://docs.invalid/rate_limit', 'Slow']
  for (const text of [String(error), inspect(error), JSON.stringify(error)]) {
    for (const fact of facts) expect(text).toContain(fact)
    expect(text).not.toContain('undefined')
  }
  expect(String(error)).toBe(
    'RateLimitError: Slow down. (code rate_limit, status 429, param prompt, generation gen_1, request req_1, 3 attempts, see http://docs.invalid/rate_limit)',
  )
})

test('errors of another copy of the package are recognised, and nothing else is', () => {
  expect(isFilmgateError(toError(failure, 1))).toBe(true)
  expect(isFilmgateError(Object.create(null, { [Symbol.for('filmgate.error')]: {} }))).toBe(true)
  for (const other of [new Error('x'), undefined, null, 'rate_limit', { code: 'rate_limit' }]) {
    expect(isFilmgateError(other)).toBe(false)
  }
})

test('the cause is kept and not repeated among the fields', () => {
  const cause = new Error('connect ECONNREFUSED')
  const error = toError({ ...failure, cause }, 1)
  expect(error.cause).toBe(cause)
  expect(Object.keys(error)).not.toContain('cause')
  expect(
    new RateLimitError('rate_limit', 'm', { retryable: true, attempts: 1 }),
  ).not.toHaveProperty('cause')
})
