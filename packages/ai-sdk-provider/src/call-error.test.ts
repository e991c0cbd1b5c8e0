import { APICallError } from '@ai-sdk/provider'
import {
  AbortError,
  ConnectionError,
  InvalidApiKeyError,
  InvalidParameterError,
  RateLimitError,
  ServerError,
  WaitInterruptedError,
  type AnyFilmgateError,
} from '@filmgate/client'
import { expect, test } from 'vitest'
import { findFilmgateError, toCallError, type Subject } from './call-error.ts'

const once = { retryable: true, attempts: 1 }
const limited = (details: object = {}) =>
  new RateLimitError('rate_limit', 'Too much.', { ...once, ...details })
const failed = (details: object = {}) =>
  new ServerError('server_error', 'It broke.', { ...once, ...details })
const lost = new ConnectionError('connection_error', 'No answer.', once)
const wrong = new InvalidParameterError('invalid_parameter', 'No.', { ...once, retryable: false })

/** What failed, how, and for which kinds of calls the AI SDK may send it again. */
const table: [string, AnyFilmgateError, Subject['again'][]][] = [
  ['a refusal for the rate', limited(), ['orders', 'joins', 'reads']],
  ['one after other tries', limited({ attempts: 2 }), ['reads']],
  ['one of what was accepted', limited({ generationId: 'gen_1' }), ['reads']],
  ['one that asks for 59 s', limited({ retryAfterMs: 59_000 }), ['orders', 'joins', 'reads']],
  ['one that asks for a minute', limited({ retryAfterMs: 60_000 }), []],
  ['one that must not be repeated', limited({ retryable: false }), []],
  ['a failure of the server', failed(), ['joins', 'reads']],
  ['one that was repeated in vain', failed({ attempts: 7 }), ['reads']],
  ['one after acceptance', failed({ generationId: 'gen_1' }), ['reads']],
  ['a lost connection', lost, ['joins', 'reads']],
  ['a refusal', wrong, []],
]

test.each(table)(
  '%s: the AI SDK repeats it only where that makes nothing twice',
  (_, error, allowed) => {
    for (const again of ['orders', 'joins', 'reads'] as const) {
      const thrown = toCallError(error, { url: '/x', again })
      expect(thrown).toMatchObject({ isRetryable: allowed.includes(again), cause: error })
    }
  },
)

test('an abort keeps its name, also when it ended the waiting', () => {
  const details = { retryable: false, attempts: 1, generationId: 'gen_1', idempotencyKey: 'key' }
  const aborted = new AbortError('aborted', 'Aborted.', details)
  expect(toCallError(aborted, { url: '/x', again: 'orders' })).toBe(aborted)
  const waited = new WaitInterruptedError('wait_interrupted', 'It goes on.', {
    ...details,
    cause: aborted,
  })
  expect(toCallError(waited, { url: '/x', again: 'orders' })).toMatchObject({
    name: 'AbortError',
    code: 'aborted',
    generationId: 'gen_1',
    idempotencyKey: 'key',
  })
})

test('what else ends the waiting is no abort, and is not repeated', () => {
  const details = { ...once, generationId: 'gen_1' }
  const cause = new InvalidApiKeyError('invalid_api_key', 'Revoked.', { ...once, retryable: false })
  for (const each of [cause, lost]) {
    const waited = new WaitInterruptedError('wait_interrupted', 'It goes on.', {
      ...details,
      retryable: false,
      cause: each,
    })
    expect(toCallError(waited, { url: '/x', again: 'joins' })).toMatchObject({
      name: 'AI_APICallError',
      isRetryable: false,
      data: { code: 'wait_interrupted', generationId: 'gen_1' },
    })
  }
})

test('the headers of the answer come along, with the wait in the form that the AI SDK prefers', () => {
  const headers = new Headers({ 'X-Request-Id': 'req_1', 'Retry-After': '2' })
  expect(
    toCallError(limited({ headers, retryAfterMs: 2_000 }), { url: '/x', again: 'reads' }),
  ).toMatchObject({
    responseHeaders: { 'x-request-id': 'req_1', 'retry-after': '2', 'retry-after-ms': '2000' },
  })
})

test('what is no error of the client stays as it is', () => {
  const mistake = new TypeError('x is not a function')
  expect(toCallError(mistake, { url: '/x', again: 'orders' })).toBe(mistake)
})

test('findFilmgateError looks through what the AI SDK wraps, and finds nothing in other errors', () => {
  const call = toCallError(lost, { url: '/x', again: 'orders' })
  const repeated = Object.assign(new Error('Failed after 3 attempts.'), { lastError: call })
  expect(findFilmgateError(lost)).toBe(lost)
  expect(findFilmgateError(call)).toBe(lost)
  expect(findFilmgateError(repeated)).toBe(lost)
  const other = { message: 'm', url: 'u', requestBodyValues: {} }
  for (const error of [new APICallError(other), new Error('x'), 'x', null, undefined]) {
    expect(findFilmgateError(error)).toBeUndefined()
  }
})
