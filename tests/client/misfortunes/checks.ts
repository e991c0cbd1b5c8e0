import { expect } from 'vitest'
import {
  AbortError,
  ConnectionError,
  ContentPolicyViolationError,
  InvalidApiKeyError,
  NotFoundError,
  QuotaExceededError,
  RateLimitError,
  ServerError,
  TimeoutError,
  WaitInterruptedError,
  type FilmgateError,
} from '../../../packages/client/src/index.ts'
import type { Observed } from './run-cell.ts'
import type { Row } from './rows.ts'
import { summaryOf } from './summary.ts'
import { film, id } from './world.ts'

const classes = {
  InvalidApiKeyError,
  QuotaExceededError,
  NotFoundError,
  ContentPolicyViolationError,
  RateLimitError,
  ServerError,
  ConnectionError,
  TimeoutError,
  AbortError,
  WaitInterruptedError,
}

/** Names of the classes that a call may throw. */
export type ErrorName = keyof typeof classes

/** Whether a cell came to what the row says. */
export function checkEnding(row: Row, observed: Observed): void {
  const { what: _, advice: __, ...expected } = row
  const { code, ...summary } = summaryOf(observed)
  expect(summary).toEqual({ reads: 0, ...expected })
  const { error, value } = observed
  if (row.gets === 'value') return checkValue(value)
  if (row.gets === 'own') return
  const Class = classes[row.gets]
  expect(error).toBeInstanceOf(Class)
  expect(code).toBe(Class.code)
  if (row.gets === 'WaitInterruptedError') checkInterrupted(error as WaitInterruptedError)
  // The class has just been looked at.
  if (row.what === 'failed') expect((error as FilmgateError).generation?.id).toBe(id)
}

/** Whether what a call gave is what was asked for. */
export function checkValue(value: unknown): void {
  if (typeof value === 'string') expect([film, film.toUpperCase()]).toContain(value)
  else expect(value).toMatchObject({ id, status: 'completed' })
}

function checkInterrupted(error: WaitInterruptedError): void {
  expect(error).toMatchObject({ generationId: id, retryable: false })
  expect(error.message).toContain(`generations.wait('${id}')`)
}

/** What holds in every cell, whatever goes wrong. */
export function checkManners(row: Row, observed: Observed): void {
  const { seen, error, endedAtOnce, timersLeft, listenersLeft, files } = observed
  expect({ timersLeft, listenersLeft }).toEqual({ timersLeft: 0, listenersLeft: 0 })
  if (row.gets !== 'value') {
    expect(endedAtOnce).not.toBe(false)
    expect(files).toEqual({})
  }
  expect(Object.keys(files).filter((name) => name.endsWith('.part'))).toEqual([])
  const keys = seen
    .filter(({ method }) => method === 'POST')
    .map(({ headers }) => headers.get('idempotency-key') ?? 'none')
  expect(new Set(keys).size).toBeLessThanOrEqual(1)
  const [key] = keys
  if (key && error) expect(error).toMatchObject({ idempotencyKey: key })
  // Where it is unknown whether it was accepted, the advice is to join it.
  if (key && error && row.advice.startsWith('join')) {
    expect(error).toMatchObject({ message: expect.stringContaining(key) })
  }
}

/** Whether waits that the server asks for are kept, and reads that were answered keep their distance. */
export function checkPauses({ seen }: Observed, isSpaced: boolean): void {
  const times = seen.filter(({ isStruck }) => isStruck).map(({ at }) => at)
  if (isSpaced) expect(shortest(times)).toBeGreaterThanOrEqual(30_000)
  const reads = seen.filter(({ method }) => method === 'GET')
  const answered = reads.findIndex(({ isAnswered }) => isAnswered)
  if (answered < 0) return
  expect(shortest(reads.slice(answered, answered + 2).map(({ at }) => at))).toBeGreaterThanOrEqual(
    500,
  )
}

function shortest(times: number[]): number {
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  return Math.min(Infinity, ...gaps)
}
