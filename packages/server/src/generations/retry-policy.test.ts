import { expect, test } from 'vitest'
import type { UpstreamError } from '../upstreams/upstream.ts'
import type { Attempt } from './attempt.ts'
import { backoffMs, decideRetry, triesPerRoute } from './retry-policy.ts'

const refused: UpstreamError = {
  code: 'server_error',
  message: 'service unavailable',
  accepted: 'no',
  billed: 'no',
}
const taken: UpstreamError = { ...refused, accepted: 'yes' }

/** Attempts at these routes, the last of which has just failed. */
function attemptsAt(...routes: number[]): Attempt[] {
  return routes.map((route, index) => ({
    id: `att_${index}`,
    generationId: 'gen_a',
    number: index + 1,
    route,
    upstream: 'u',
    upstreamModel: 'm',
    state: 'submitting',
    ref: null,
    error: null,
    billed: 'no',
    pollErrors: 0,
    createdAt: 0,
    updatedAt: 0,
  }))
}

const end = { kind: 'end' }
const next = { kind: 'retry', route: 1, afterMs: 0 }
const sameAfter = (afterMs: number) => ({ kind: 'retry', route: 0, afterMs })

const rows: [string, UpstreamError, number[], object][] = [
  ['a refusal', refused, [0], sameAfter(250)],
  ['a second refusal', refused, [0, 0], sameAfter(500)],
  ['the last refusal of a route', refused, [0, 0, 0], next],
  ['the last refusal of the last route', refused, [0, 0, 0, 1, 1, 1], end],
  ['a refusal with a hint', { ...refused, retryAfterMs: 4000 }, [0], sameAfter(4000)],
  ['refused content', { ...refused, code: 'content_policy_violation' }, [0], end],
  ['a value of the client', { ...refused, code: 'invalid_parameter', param: 'seed' }, [0], end],
  ['a value of ours', { ...refused, code: 'invalid_parameter' }, [0], sameAfter(250)],
  ['a credential that fails', { ...refused, code: 'invalid_api_key' }, [0], next],
  ['an account that is empty', { ...refused, code: 'quota_exceeded' }, [0], next],
  ['a model that is gone', { ...refused, code: 'not_found' }, [0], next],
  ['a credential that fails on the last route', { ...refused, code: 'not_found' }, [0, 1], end],
  ['a job that failed for free', taken, [0], next],
  ['a job that failed and was billed', { ...taken, billed: 'yes' }, [0], end],
  ['a job that failed and may be billed', { ...taken, billed: 'unknown' }, [0], end],
  ['a job that may exist', { ...refused, accepted: 'maybe' }, [0], end],
  ['a free result of no use', { ...taken, isUseless: true }, [0], sameAfter(250)],
  ['a billed result of no use', { ...taken, isUseless: true, billed: 'yes' }, [0], end],
]
test.each(rows)('after %s comes the right next thing', (_what, error, routes, expected) => {
  const decision = decideRetry(attemptsAt(...routes), error, { routeCount: 2, random: () => 0.5 })
  expect(decision).toEqual(expected)
})

test('no route is tried more often than it may be, and every chain of refusals ends', () => {
  const routes = [0]
  for (;;) {
    const decision = decideRetry(attemptsAt(...routes), refused, {
      routeCount: 3,
      random: () => 0,
    })
    if (decision.kind === 'end') break
    routes.push(decision.route)
  }
  expect(routes).toEqual([0, 1, 2].flatMap((route) => Array(triesPerRoute).fill(route)))
})

test('waits double up to a bound, are spread from nothing to all of it, and never undercut a hint', () => {
  expect([1, 2, 3, 5, 6, 50].map((tries) => backoffMs(tries, undefined, () => 1))).toEqual([
    500, 1000, 2000, 8000, 10_000, 10_000,
  ])
  expect(backoffMs(4, undefined, () => 0)).toBe(0)
  expect(backoffMs(1, 30_000, () => 1)).toBe(30_000)
})
