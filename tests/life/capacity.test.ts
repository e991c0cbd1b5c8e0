import { expect, test } from 'vitest'
import { nextDueAt } from '../../packages/server/src/jobs/queue.ts'
import {
  accepted,
  broken,
  done,
  failed,
  finished,
  held,
  noAnswer,
  pending,
} from './support/answers.ts'
import type { Submitted } from '../../packages/server/src/upstreams/upstream.ts'
import { openLife, passed } from './support/life.ts'
import { price, startAt } from './support/orders.ts'

test('a job takes up its place from before it is sent until it has ended', async () => {
  const life = await openLife({ concurrency: 1 })
  const [first, second] = [await life.accept(), await life.accept()]
  life.upstream.answers.submit.push(accepted)
  await life.step(first)
  const queued = life.process.faults.transaction()
  const waiting = life.step(second)
  await queued
  for (const look of [pending, noAnswer]) {
    life.upstream.answers.poll.push(look)
    await life.step(first)
  }
  expect(life.upstream.jobs).toHaveLength(1)
  life.upstream.answers.submit.push(done)
  life.upstream.answers.poll.push(finished)
  await life.run(first)
  await waiting
  await life.run(second)
  expect(await life.money()).toEqual({ balance: -2 * price, held: 0 })
})

test.each<[string, Submitted]>([
  ['a picture', done],
  ['a refusal', failed({ kind: 'credential' })],
  ['a verdict', failed({ kind: 'moderated', job: 'ended' })],
  ['nobody knows what', broken],
])('%s as an answer gives the place back at once', async (_what, answer) => {
  const life = await openLife({ concurrency: 1 })
  const [first, second] = [await life.accept(), await life.accept()]
  life.upstream.answers.submit.push(answer, done)
  await life.step(first)
  await life.run(second)
  expect((await life.generation(second)).status).toBe('completed')
  await life.run(first, () => life.hasEnded(first))
})

test('what cannot be prepared gives it back, and so does a verdict on the job', async () => {
  const life = await openLife({ concurrency: 1 })
  const [first, second] = [await life.accept(), await life.accept()]
  life.upstream.answers.prepare.push(failed({ kind: 'credential' }))
  life.upstream.answers.submit.push(accepted)
  await life.step(first)
  await life.step(second)
  const third = await life.accept()
  life.upstream.answers.poll.push(failed({ job: 'ended' }))
  await life.step(second)
  life.upstream.answers.submit.push(done)
  await life.run(third)
  expect((await life.generation(third)).status).toBe('completed')
  await life.run(first)
  await life.run(second)
})

test('a fault of our own before the commit gives it back', async () => {
  const life = await openLife({ concurrency: 1 })
  const [first, second] = [await life.accept(), await life.accept()]
  life.process.faults.transactions = 1
  expect(await life.step(first)).toEqual({ afterMs: 1000 })
  life.upstream.answers.submit.push(done, done)
  await life.run(second)
  await life.run(first)
  expect(await life.money()).toEqual({ balance: -2 * price, held: 0 })
})

test('while one waits for room, those who wait for its checks are told that it passed', async () => {
  let records = 0
  const life = await openLife({
    concurrency: 1,
    context: { check: async () => ({ ...passed, record: async () => void (records += 1) }) },
  })
  const [first, second] = [await life.accept(), await life.accept()]
  life.upstream.answers.submit.push(accepted)
  await life.step(first)
  const { events } = life.process.context
  const patience = new AbortController()
  const checked = events.waitFor(
    second,
    async () => (await life.generation(second)).checkedAt ?? undefined,
    patience.signal,
  )
  const waiting = life.step(second)
  expect(await checked).toBe(startAt)
  life.upstream.answers.poll.push(finished)
  life.upstream.answers.submit.push(done)
  await life.run(first)
  await waiting
  await life.run(second)
  expect(records).toBe(2)
})

test('after a restart a job that is under way takes its place again', async () => {
  const life = await openLife({ concurrency: 1 })
  const first = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(first)
  await life.crash()
  life.upstream.answers.poll.push(pending)
  await life.step(first)
  const second = await life.accept()
  const queued = life.process.faults.transaction()
  const waiting = life.step(second)
  await queued
  expect(life.upstream.jobs).toHaveLength(1)
  life.upstream.answers.poll.push(finished)
  life.upstream.answers.submit.push(done)
  await life.run(first)
  await waiting
  await life.run(second)
  expect(life.upstream.jobs).toHaveLength(2)
})

test('more than the minute allows wait for the next one', async () => {
  const life = await openLife({ requestsPerMinute: 2 })
  const ids = [await life.accept(), await life.accept(), await life.accept()]
  life.upstream.answers.submit.push(done, done, done)
  const [first = '', second = '', third = ''] = ids
  await life.run(first)
  await life.pass(10_000)
  await life.run(second)
  const queued = life.process.faults.transaction()
  const waiting = life.step(third)
  await queued
  await life.untilTimers(2)
  await life.pass(39_000)
  expect(life.upstream.jobs).toHaveLength(2)
  expect((await life.generation(third)).status).toBe('pending')
  const deadline = (await life.generation(third)).deadlineAt
  expect(deadline).toBe(startAt + 50_000)
  await life.pass(1000)
  await waiting
  await life.run(third)
  // Its minute would have begun after its deadline.
  expect((await life.generation(third)).failure?.reason).toBe('deadline_exceeded')
  expect(life.upstream.jobs).toHaveLength(2)
})

test('jobs of two upstreams do not hold up each other', async () => {
  const life = await openLife({ concurrency: 1, routes: ['first', 'second'] })
  const [first, second] = [await life.accept(), await life.accept()]
  const slow = held<Submitted>()
  life.upstream.answers.submit.push(failed({ kind: 'funds' }), slow.answer)
  life.other.answers.submit.push(done)
  await life.step(first)
  const waiting = life.step(second)
  await slow.asked
  await life.run(first)
  expect((await life.generation(first)).status).toBe('completed')
  slow.give(done)
  await waiting
  await life.run(second)
})

test('a film that finds a long line comes back later, and keeps nobody else waiting', async () => {
  const life = await openLife({ concurrency: 1, longestLine: 1 })
  const film = { type: 'video' } as const
  const [first, second, third] = [
    await life.accept(film),
    await life.accept(film),
    await life.accept(film),
  ]
  life.upstream.answers.submit.push(accepted)
  await life.step(first)
  const queued = life.process.faults.transaction()
  const waiting = life.step(second)
  await queued
  expect(await life.step(third)).toBe('released')
  expect((await life.generation(third)).checkedAt).not.toBeNull()
  expect(await nextDueAt(life.database.read)).toBe(life.now + 50_000)
  // For an image somebody waits, so it stays in line.
  const image = await life.accept()
  const inLine = life.step(image)
  life.upstream.answers.submit.push(done, done)
  life.upstream.answers.poll.push(finished)
  await life.run(first)
  await Promise.all([waiting, inLine])
  expect(life.upstream.jobs).toHaveLength(3)
})
