import { expect, test } from 'vitest'
import type { Route } from '../models/model.ts'
import type { UpstreamFailure } from '../upstreams/upstream.ts'
import type { Attempt } from './attempt.ts'
import { backoffMs, decide, triesPerRoute, type Crossroads } from './decide.ts'

const now = 1_800_000_000_000
const first: Route = { upstream: 'first', model: 'm', settings: null }
const second: Route = { upstream: 'second', model: 'm', settings: null }

/** An attempt that has just ended. */
function ended(
  { upstream, model: upstreamModel }: Route,
  failure: Partial<UpstreamFailure> | null = {},
  changes: Partial<Attempt> = {},
): Attempt {
  return {
    id: 'att_a',
    generationId: 'gen_a',
    number: 1,
    upstream,
    credential: null,
    upstreamModel,
    state: 'refused',
    ref: null,
    delivery: null,
    failure: failure && { kind: 'transient', note: '', job: 'none', billed: 'no', ...failure },
    billed: failure?.billed ?? 'no',
    createdAt: now,
    updatedAt: now,
    ...changes,
  }
}

const choose = (crossroads: Partial<Crossroads>) =>
  decide({
    type: 'image',
    attempts: [],
    routes: [first, second],
    now,
    leftMs: 40_000,
    pausedMs: () => 0,
    ...crossroads,
  })
const throttled = (retryAfterMs?: number): Partial<UpstreamFailure> => ({
  kind: 'throttled',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

test('routes are taken in their order', () => {
  expect(choose({})).toEqual({ kind: 'submit', route: first })
  expect(choose({ attempts: [ended(first, { kind: 'funds' })] })).toEqual({
    kind: 'submit',
    route: second,
  })
})

test('a route is tried three times, after pauses, and then the next one is taken', () => {
  const attempts: Attempt[] = []
  for (let tries = 1; tries < triesPerRoute; tries += 1) {
    attempts.push(ended(first))
    const decision = choose({ attempts })
    expect(decision.kind).toBe('wait')
    const elapsed = attempts.map((attempt) => ({ ...attempt, updatedAt: now - 10_000 }))
    expect(choose({ attempts: elapsed })).toEqual({ kind: 'submit', route: first })
  }
  attempts.push(ended(first))
  expect(choose({ attempts })).toEqual({ kind: 'submit', route: second })
})

test('a route that was of no use is not tried again, whatever came after', () => {
  const attempts = [ended(first, { kind: 'credential' }), ended(second)].map((attempt) => ({
    ...attempt,
    updatedAt: now - 10_000,
  }))
  expect(choose({ attempts })).toEqual({ kind: 'submit', route: second })
})

test('the model at an upstream is a route of its own', () => {
  const other = { ...first, model: 'other' }
  const attempts = [ended(first, { kind: 'model_gone' })]
  expect(choose({ routes: [first, other], attempts })).toEqual({ kind: 'submit', route: other })
})

test('a pause is the same in every process that looks at the row, and counts from its end', () => {
  const attempts = [ended(first)]
  const decision = choose({ routes: [first], attempts })
  if (decision.kind !== 'wait') throw new Error(`it came to ${decision.kind}`)
  expect(decision.afterMs).toBeGreaterThan(0)
  expect(decision.afterMs).toBeLessThanOrEqual(500)
  expect(choose({ routes: [first], attempts })).toEqual(decision)
  expect(choose({ routes: [first], attempts, now: now + decision.afterMs - 1 })).toEqual({
    kind: 'wait',
    afterMs: 1,
  })
  expect(choose({ routes: [first], attempts, now: now + decision.afterMs }).kind).toBe('submit')
  // Another row has another pause, so that not all come back at once.
  const others = ['att_b', 'att_c', 'att_d'].map((id) =>
    choose({ routes: [first], attempts: [ended(first, {}, { id })] }),
  )
  expect(new Set([decision, ...others].map((each) => JSON.stringify(each))).size).toBe(4)
})

test('an end in the future was written by a clock that was wrong: the pause is not made longer', () => {
  const decision = choose({ routes: [first], attempts: [ended(first)] })
  const late = ended(first, {}, { updatedAt: now + 1_000_000 })
  expect(choose({ routes: [first], attempts: [late] })).toEqual(decision)
})

test('the latest try at a route says how long to wait there', () => {
  const attempts = [ended(first, throttled(9000)), ended(first, throttled(3000))]
  expect(choose({ routes: [first], attempts })).toEqual({ kind: 'wait', afterMs: 3000 })
})

test('up to a quarter of the time that is left is waited for rather than asking elsewhere', () => {
  const short = [ended(first, throttled(10_000))]
  expect(choose({ attempts: short })).toEqual({ kind: 'wait', afterMs: 10_000 })
  const long = [ended(first, throttled(10_001))]
  expect(choose({ attempts: long })).toEqual({ kind: 'submit', route: second })
})

test('where all waits are long, the shortest is taken', () => {
  const attempts = [ended(first, throttled(30_000)), ended(second, throttled(20_000))]
  expect(choose({ attempts })).toEqual({ kind: 'wait', afterMs: 20_000 })
})

test('an upstream that asked to be left alone is waited for, or passed over', () => {
  const pausedMs = (ms: number) => (route: Route) => (route === first ? ms : 0)
  expect(choose({ pausedMs: pausedMs(5000) })).toEqual({ kind: 'wait', afterMs: 5000 })
  expect(choose({ pausedMs: pausedMs(15_000) })).toEqual({ kind: 'submit', route: second })
  const attempts = [ended(first, throttled(1000))]
  expect(choose({ attempts, pausedMs: pausedMs(5000) })).toEqual({ kind: 'wait', afterMs: 5000 })
})

test('a wait until the deadline is none; a millisecond less is one', () => {
  const attempts = [ended(first, throttled(40_000))]
  expect(choose({ routes: [first], attempts }).kind).toBe('end')
  expect(choose({ routes: [first], attempts, leftMs: 40_001 })).toEqual({
    kind: 'wait',
    afterMs: 40_000,
  })
})

test('what is the same everywhere, or cost money, ends it at once', () => {
  const final: Partial<UpstreamFailure>[] = [
    { kind: 'moderated' },
    { kind: 'bad_input', field: 'prompt' },
    { kind: 'transient', billed: 'yes' },
    { kind: 'lost', billed: 'unknown' },
  ]
  for (const failure of final) {
    expect(choose({ attempts: [ended(first, failure)] }).kind).toBe('end')
  }
  expect(choose({ attempts: [ended(first, { kind: 'bad_input' })] }).kind).toBe('submit')
})

test('an attempt that ended without saying why is a fault of ours', () => {
  expect(() => choose({ attempts: [ended(first, null)] })).toThrow('att_a ended without a failure')
})

test('when no route is left, the last failure is told', () => {
  const attempts = [
    ended(first, { kind: 'funds' }),
    ended(second, { kind: 'useless', job: 'none' }),
  ]
  const used = [...attempts, attempts[1], attempts[1]].flatMap((attempt) => attempt ?? [])
  expect(choose({ attempts: used })).toMatchObject({
    kind: 'end',
    failure: { reason: 'output_unusable' },
  })
  expect(choose({ routes: [] })).toMatchObject({
    kind: 'end',
    failure: { reason: 'upstream_failed' },
  })
  // The routes were taken away meanwhile.
  expect(choose({ routes: [], attempts: [ended(first, { kind: 'useless' })] })).toMatchObject({
    kind: 'end',
    failure: { reason: 'output_unusable' },
  })
})

test('where every route is throttled, the client is told when to come back', () => {
  const busy = (attempts: Attempt[], pausedMs: Crossroads['pausedMs'] = () => 0) => {
    const decision = choose({ attempts, pausedMs, leftMs: 1000 })
    if (decision.kind !== 'end') throw new Error(`it came to ${decision.kind}`)
    const { code, retryAfterMs } = decision.failure
    return { code, retryAfterMs }
  }
  const both = [ended(first, throttled(9000)), ended(second, throttled(7000))]
  expect(busy(both)).toEqual({ code: 'rate_limit', retryAfterMs: 7000 })
  expect(busy([], () => 5000)).toEqual({ code: 'rate_limit', retryAfterMs: 5000 })
  expect(busy([ended(first, throttled(9000))], () => 8000)).toEqual({
    code: 'rate_limit',
    retryAfterMs: 8000,
  })
  // Tried as often as any route is: only what was said is known.
  const exhausted = [...both, ...both, ...both]
  expect(busy(exhausted)).toEqual({ code: 'rate_limit', retryAfterMs: 7000 })
  const silent = ended(first, throttled())
  expect(
    busy(
      Array(3)
        .fill(silent)
        .concat(Array(3).fill(ended(second, throttled()))),
    ),
  ).toEqual({
    code: 'rate_limit',
    retryAfterMs: 1000,
  })
})

test('where one route is merely broken, the model is not busy', () => {
  const attempts = [ended(first, throttled(9000)), ended(second, { kind: 'funds' })]
  const decision = choose({ attempts, leftMs: 1000 })
  expect(decision).toMatchObject({ kind: 'end', failure: { code: 'server_error' } })
  const untried = choose({
    attempts: [ended(second, { kind: 'funds' })],
    routes: [second],
    leftMs: 0,
  })
  expect(untried).toMatchObject({ kind: 'end', failure: { code: 'server_error' } })
})

test('a route that was throttled first and broke then is broken', () => {
  const attempts = [ended(first, throttled(9000)), ended(first, { kind: 'transient' })]
  expect(choose({ routes: [first], attempts, leftMs: 1 })).toMatchObject({
    kind: 'end',
    failure: { code: 'server_error' },
  })
})

test('a video is never told that the model is busy: it was accepted long ago', () => {
  const decision = choose({ type: 'video', attempts: [], pausedMs: () => 90_000 })
  expect(decision).toMatchObject({
    kind: 'end',
    failure: { code: 'server_error', retryAfterMs: 60_000 },
  })
})

test('back-off doubles to a cap, is jittered as a whole, and is never less than the hint', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map((tries) => backoffMs(tries, undefined, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 10_000, 10_000,
  ])
  expect(backoffMs(1, undefined, 0)).toBe(0)
  expect(backoffMs(1, undefined, 0.5)).toBe(250)
  expect(backoffMs(1, 100, 0)).toBe(100)
  expect(backoffMs(1, 100, 1)).toBe(500)
  expect(backoffMs(1, undefined, 0.0011)).toBe(1)
})
