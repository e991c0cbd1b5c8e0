import { expect, test } from 'vitest'
import { mustLeaveWithinMs } from '../../packages/server/src/generations/submissions.ts'
import type { Found } from '../../packages/server/src/upstreams/upstream.ts'
import { broken, done, failed, finished, silence } from './support/answers.ts'
import { openLife, type Life, type LifeOptions } from './support/life.ts'
import { deadlineMs, price, startAt } from './support/orders.ts'

const found: Found = { kind: 'found', ref: { id: 'found' } }
const absent: Found = { kind: 'absent' }
const cannotTell: Found = { kind: 'unknown', note: '503' }

/** A submission whose process died before it heard the answer. */
async function crashWhileSubmitting(
  options: LifeOptions = {},
): Promise<{ life: Life; id: string }> {
  const life = await openLife({ canFind: true, ...options })
  const id = await life.accept()
  life.upstream.answers.submit.push(silence)
  void life.step(id)
  await life.upstream.asked('submit')
  await life.crash()
  return { life, id }
}

test('a job that was taken before the crash is found by our own id, and delivers', async () => {
  const { life, id } = await crashWhileSubmitting()
  life.upstream.answers.find.push(found)
  life.upstream.answers.poll.push(finished)
  await life.run(id)
  const [attempt] = await life.attempts(id)
  expect(life.upstream.sought).toEqual([
    { id: attempt?.id, sentAt: startAt, route: { upstream: 'first', model: 'first-model' } },
  ])
  expect(life.upstream.jobs).toHaveLength(1)
  expect(life.upstream.refs).toEqual([{ id: 'found' }])
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('a job that is missing is sent again only once it is certain that it never came', async () => {
  const listingDelayMs = 7000
  const { life, id } = await crashWhileSubmitting({ listingDelayMs })
  life.upstream.answers.find.push(absent, absent)
  expect(await life.step(id)).toEqual({ afterMs: mustLeaveWithinMs + listingDelayMs })
  expect(await life.attempts(id)).toMatchObject([{ state: 'submitting' }])
  await life.pass(mustLeaveWithinMs + listingDelayMs - 1)
  expect(await life.step(id)).toEqual({ afterMs: 1 })
  await life.pass(1)
  life.upstream.answers.find.push(absent)
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([
    { state: 'refused', billed: 'no', failure: { kind: 'transient', job: 'none', billed: 'no' } },
    { state: 'succeeded' },
  ])
  expect(life.upstream.jobs).toHaveLength(2)
})

test('a job that was sent in the future, by a clock that was wrong, was sent long ago', async () => {
  const { life, id } = await crashWhileSubmitting()
  life.setClock(startAt - 1)
  life.upstream.answers.find.push(absent)
  expect(await life.step(id)).toBe('continue')
  expect(await life.attempts(id)).toMatchObject([{ state: 'refused' }])
})

test('what the answer said is kept when the job turns out never to have been taken', async () => {
  const life = await openLife({ canFind: true })
  const id = await life.accept()
  const note = 'connection reset'
  life.upstream.answers.submit.push(failed({ note, job: 'possible', billed: 'unknown' }))
  await life.step(id)
  await life.pass(mustLeaveWithinMs)
  life.upstream.answers.find.push(absent)
  await life.step(id)
  expect(await life.attempts(id)).toMatchObject([
    { state: 'refused', failure: { kind: 'transient', note, job: 'none', billed: 'no' } },
  ])
})

test('looks that fail are repeated ever more slowly, and never past the deadline', async () => {
  const { life, id } = await crashWhileSubmitting()
  const rests: number[] = []
  while (life.now < startAt + deadlineMs) {
    life.upstream.answers.find.push((call) => {
      expect(call.timeoutMs).toBe(startAt + deadlineMs - life.now)
      return cannotTell
    })
    const step = await life.step(id)
    if (typeof step === 'string') throw new Error(`the step came to ${step}`)
    rests.push(step.afterMs)
    await life.pass(step.afterMs)
  }
  expect(rests.slice(0, 6)).toEqual([500, 1000, 2000, 4000, 8000, 10_000])
  expect(life.now).toBe(startAt + deadlineMs)
  expect(await life.step(id)).toBe('continue')
  expect((await life.generation(id)).failure).toMatchObject({
    reason: 'outcome_unknown',
    shouldRetry: false,
  })
  expect(await life.money()).toEqual({ balance: 0, held: price })
})

test('the wait until an absence means something does not go past the deadline either', async () => {
  const { life, id } = await crashWhileSubmitting({ listingDelayMs: 10 * deadlineMs })
  life.upstream.answers.find.push(absent)
  expect(await life.step(id)).toEqual({ afterMs: deadlineMs })
})

test('D8: where nobody can look it up, the end says that the outcome is not known', async () => {
  const { life, id } = await crashWhileSubmitting({ canFind: false })
  expect(await life.step(id)).toBe('continue')
  expect(await life.generation(id)).toMatchObject({
    status: 'failed',
    failure: { reason: 'outcome_unknown', shouldRetry: false },
    upstreamBilled: 'unknown',
    reconcileUntil: startAt + 24 * 60 * 60 * 1000,
  })
  expect(await life.freed()).toEqual([])
  expect(await life.money()).toEqual({ balance: 0, held: price })
})

test.each([
  ['the upstream is gone from the configuration', {}],
  ['its credential is another one now', { first: 'OTHER_KEY' }],
])('D6: nobody is asked with the wrong key when %s', async (_what, accounts) => {
  const { life, id } = await crashWhileSubmitting({ accounts: { first: 'KEY' } })
  life.options.accounts = accounts
  await life.crash()
  expect(await life.step(id)).toBe('continue')
  expect(life.upstream.calls).toEqual(['submit'])
  expect((await life.generation(id)).failure?.reason).toBe('outcome_unknown')
  expect(await life.money()).toEqual({ balance: 0, held: price })
})

test('a maybe that is found goes on, and takes up a place again', async () => {
  const life = await openLife({ canFind: true, concurrency: 1 })
  const id = await life.accept()
  life.upstream.answers.submit.push(broken)
  await life.step(id)
  life.upstream.answers.find.push(found)
  await life.step(id)
  life.upstream.answers.poll.push({ kind: 'pending', pollAfterMs: 1000 })
  await life.step(id)
  const next = await life.accept()
  const waiting = life.step(next)
  life.upstream.answers.poll.push(finished)
  await life.run(id)
  expect(life.upstream.jobs).toHaveLength(1)
  life.upstream.answers.submit.push(done)
  await waiting
  await life.run(next)
  expect(life.upstream.calls).toEqual(['submit', 'find', 'poll', 'poll', 'submit'])
})
