import { expect, test } from 'vitest'
import { accepted, done, failed, finished, throttled } from './support/answers.ts'
import { openLife } from './support/life.ts'
import { deadlineMs, price, startAt } from './support/orders.ts'

const both = { routes: ['first', 'second'] }

test('a short wait is taken where it was asked for', async () => {
  const life = await openLife(both)
  const id = await life.accept()
  life.upstream.answers.submit.push(throttled(5000), done)
  await life.run(id)
  expect(life.now).toBe(startAt + 5000)
  expect(life.upstream.calls).toEqual(['submit', 'submit'])
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('D5: a wait that takes up much of the time that is left is worth asking elsewhere for', async () => {
  const life = await openLife(both)
  const id = await life.accept()
  life.upstream.answers.submit.push(throttled(deadlineMs / 4 + 1))
  life.other.answers.submit.push(done)
  await life.run(id)
  expect(life.now).toBe(startAt)
  expect(await life.attempts(id)).toMatchObject([
    { upstream: 'first', state: 'refused', failure: { kind: 'throttled' } },
    { upstream: 'second', state: 'succeeded' },
  ])
})

test('where nobody takes more, an image is told the smallest wait that is known', async () => {
  const life = await openLife(both)
  const id = await life.accept()
  life.upstream.answers.submit.push(throttled(deadlineMs + 9000))
  life.other.answers.submit.push(throttled(deadlineMs + 5000))
  await life.run(id)
  expect((await life.generation(id)).failure).toMatchObject({
    code: 'rate_limit',
    reason: 'model_busy',
    retryAfterMs: deadlineMs + 5000,
    shouldRetry: true,
  })
  expect(await life.freed()).toEqual([id])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('a video was accepted long ago, so its end is no refusal', async () => {
  const life = await openLife()
  const id = await life.accept({ type: 'video' })
  life.upstream.answers.submit.push(throttled(10 * deadlineMs))
  await life.run(id)
  expect((await life.generation(id)).failure).toMatchObject({
    code: 'server_error',
    reason: 'upstream_failed',
    retryAfterMs: 60_000,
  })
  expect(await life.freed()).toEqual([id])
})

test('an upstream that asked to be left alone is left alone by everybody', async () => {
  const life = await openLife(both)
  const first = await life.accept()
  life.upstream.answers.submit.push(throttled(9000), done)
  await life.step(first)
  const second = await life.accept()
  expect(await life.step(second)).toEqual({ afterMs: 9000 })
  expect(life.upstream.calls).toEqual(['submit'])
  await life.pass(9000)
  await life.run(second)
  expect(life.now).toBe(startAt + 9000)
  expect((await life.generation(second)).status).toBe('completed')
  life.upstream.answers.submit.push(done)
  await life.run(first)
})

test('so it is by those who were waiting for a place there', async () => {
  const life = await openLife({ concurrency: 1 })
  const first = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(first)
  const second = await life.accept()
  const queued = life.process.faults.transaction()
  const waiting = life.step(second)
  await queued
  life.upstream.answers.poll.push(failed({ job: 'ended' }))
  life.process.context.routing.accountFor({ upstream: 'first' })?.capacity.pause(4000)
  await life.step(first)
  expect(await waiting).toBe('continue')
  expect(await life.step(second)).toEqual({ afterMs: 4000 })
  expect(life.upstream.jobs).toHaveLength(1)
  await life.pass(4000)
  life.upstream.answers.submit.push(done)
  await life.run(second)
  await life.run(first)
})

test('an upstream that is throttled while images are sent ahead is left alone, too', async () => {
  const life = await openLife()
  const first = await life.accept()
  life.upstream.answers.prepare.push(failed({ kind: 'throttled', retryAfterMs: 6000 }))
  await life.step(first)
  const second = await life.accept()
  expect(await life.step(second)).toEqual({ afterMs: 6000 })
})

test('D8: one that nobody had asked for before its turn came was never begun', async () => {
  const life = await openLife({ concurrency: 1 })
  const first = await life.accept({ deadlineAt: startAt + 10 * deadlineMs })
  life.upstream.answers.submit.push(accepted)
  await life.step(first)
  const second = await life.accept()
  const queued = life.process.faults.transaction()
  const waiting = life.step(second)
  await queued
  await life.pass(deadlineMs)
  expect(await waiting).toBe('continue')
  await life.run(second)
  expect(await life.generation(second)).toMatchObject({
    upstreamBilled: 'no',
    failure: { reason: 'deadline_exceeded', shouldRetry: true },
  })
  expect((await life.generation(second)).failure?.message).toContain('never begun')
  expect(await life.attempts(second)).toEqual([])
  expect(await life.freed()).toEqual([second])
  life.upstream.answers.poll.push(finished)
  await life.run(first)
})

test('a model without a route is made by nobody, and says so', async () => {
  const life = await openLife({ routes: [] })
  const id = await life.accept()
  await life.run(id)
  expect((await life.generation(id)).failure).toMatchObject({
    reason: 'upstream_failed',
    shouldRetry: true,
  })
  expect((await life.generation(id)).failure?.message).toContain('Nobody makes this model')
  expect(await life.freed()).toEqual([id])
})
