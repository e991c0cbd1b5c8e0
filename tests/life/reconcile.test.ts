import { expect, test } from 'vitest'
import type { Cancelled, Found, Polled } from '../../packages/server/src/upstreams/upstream.ts'
import {
  accepted,
  broken,
  done,
  failed,
  noAnswer,
  pending,
  silence,
  unknownJob,
} from './support/answers.ts'
import { openLife, type Life, type LifeOptions } from './support/life.ts'
import { deadlineMs, picture, price, startAt } from './support/orders.ts'

const dayMs = 24 * 60 * 60 * 1000
const found: Found = { kind: 'found', ref: { id: 'found' } }

/** A generation that has failed while nobody knows whether its job was taken. */
async function endOpen(options: LifeOptions = {}): Promise<{ life: Life; id: string }> {
  const life = await openLife(options)
  const id = await life.accept()
  life.upstream.answers.submit.push(broken)
  life.upstream.answers.find.push({ kind: 'unknown', note: '503' })
  await life.step(id)
  if (options.canFind === true) await life.pass(deadlineMs)
  await life.step(id)
  life.upstream.answers.find.length = 0
  expect(await life.money()).toEqual({ balance: 0, held: price })
  return { life, id }
}

/** One whose job was taken and had not delivered in time. */
async function endOverdue(): Promise<{ life: Life; id: string }> {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  await life.pass(deadlineMs + 2000)
  life.upstream.answers.poll.push(pending)
  life.upstream.answers.cancel.push('unknown')
  await life.step(id)
  expect((await life.generation(id)).failure?.reason).toBe('deadline_exceeded')
  return { life, id }
}

async function expectFreed(life: Life, id: string): Promise<void> {
  expect(await life.generation(id)).toMatchObject({
    status: 'failed',
    upstreamBilled: 'no',
    reconcileUntil: null,
    failure: { reason: 'upstream_failed', shouldRetry: true },
  })
  expect(await life.attempts(id)).toMatchObject([{ state: 'refused', billed: 'no' }])
  expect(await life.freed()).toEqual([id])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
}

async function expectBilled(life: Life, id: string, billed: 'yes' | 'unknown'): Promise<void> {
  expect(await life.generation(id)).toMatchObject({
    status: 'failed',
    upstreamBilled: billed,
    reconcileUntil: null,
    failure: { shouldRetry: false },
  })
  expect((await life.generation(id)).failure?.message).not.toContain('being looked up')
  expect(await life.attempts(id)).toMatchObject([{ state: 'failed', billed }])
  expect(await life.freed()).toEqual([])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
}

test('D7: a job that was never taken was not billed: the key is free, and a retry is safe', async () => {
  const { life, id } = await endOpen({ canFind: true })
  life.upstream.answers.find.push({ kind: 'absent' })
  expect(await life.step(id)).toBe('released')
  await expectFreed(life, id)
})

test('D7: so is a job that could be cancelled, whether it was found or known', async () => {
  const { life, id } = await endOpen({ canFind: true })
  life.upstream.answers.find.push(found)
  life.upstream.answers.cancel.push('cancelled')
  expect(await life.step(id)).toBe('released')
  expect(life.upstream.refs).toEqual([{ id: 'found' }])
  await expectFreed(life, id)
  const overdue = await endOverdue()
  overdue.life.upstream.answers.cancel.push('cancelled')
  expect(await overdue.life.step(overdue.id)).toBe('released')
  await expectFreed(overdue.life, overdue.id)
})

test.each<[Polled, 'no' | 'yes']>([
  [{ kind: 'done', outputs: [], billed: 'yes' }, 'yes'],
  [failed({ job: 'ended', billed: 'no' }), 'no'],
  [failed({ job: 'ended', billed: 'yes' }), 'yes'],
])('the bill of a job that has ended is what the upstream says: %j', async (polled, billed) => {
  const { life, id } = await endOverdue()
  life.upstream.answers.cancel.push('too_late')
  life.upstream.answers.poll.push(polled)
  expect(await life.step(id)).toBe('released')
  await (billed === 'no' ? expectFreed(life, id) : expectBilled(life, id, billed))
})

test.each<[Cancelled, Polled]>([
  ['requested', pending],
  ['unknown', noAnswer],
  ['too_late', failed({ job: 'ended', billed: 'unknown' })],
  ['unknown', { kind: 'done', outputs: [], billed: 'unknown' }],
])('while nobody can tell it is asked once a minute: %s, %j', async (cancelled, polled) => {
  const { life, id } = await endOverdue()
  for (let count = 0; count < 5; count += 1) {
    life.upstream.answers.cancel.push(cancelled)
    life.upstream.answers.poll.push(polled)
    expect(await life.step(id)).toEqual({ afterMs: 60_000 })
    expect(await life.money()).toEqual({ balance: 0, held: price })
    await life.pass(60_000)
  }
  life.upstream.answers.cancel.push('cancelled')
  expect(await life.step(id)).toBe('released')
  await expectFreed(life, id)
})

test('a job that the upstream does not know was lost only after several such answers', async () => {
  const { life, id } = await endOverdue()
  const { cancel, poll } = life.upstream.answers
  poll.push(unknownJob, unknownJob, noAnswer, unknownJob, unknownJob, unknownJob)
  cancel.push(...Array<Cancelled>(6).fill('unknown'))
  for (let count = 0; count < 5; count += 1)
    expect(await life.step(id)).toEqual({ afterMs: 60_000 })
  expect(await life.step(id)).toBe('released')
  await expectFreed(life, id)
})

test('a look-up that cannot tell, or finds nothing yet, is repeated', async () => {
  const { life, id } = await endOpen({ canFind: true, listingDelayMs: deadlineMs })
  life.upstream.answers.find.push({ kind: 'absent' }, { kind: 'unknown', note: '503' })
  expect(await life.step(id)).toEqual({ afterMs: 60_000 })
  expect(await life.step(id)).toEqual({ afterMs: 60_000 })
  await life.pass(60_000)
  life.upstream.answers.find.push({ kind: 'absent' })
  expect(await life.step(id)).toBe('released')
  await expectFreed(life, id)
})

test('a question without an answer is given up after three seconds', async () => {
  const { life, id } = await endOpen({ canFind: true })
  life.upstream.answers.find.push((call) => {
    expect(call.timeoutMs).toBe(3000)
    return silence(call)
  })
  const looking = life.step(id)
  await life.upstream.asked('find')
  await life.pass(3000)
  expect(await looking).toEqual({ afterMs: 60_000 })
  life.upstream.answers.find.push(found)
  life.upstream.answers.cancel.push(silence)
  life.upstream.answers.poll.push(silence)
  const asking = life.step(id)
  await life.upstream.asked('cancel')
  void life.pass(3000)
  await life.upstream.asked('poll')
  await life.pass(3000)
  expect(await asking).toEqual({ afterMs: 60_000 })
})

test('what came with the answer, and nobody wants any more, is dropped', async () => {
  const { life, id } = await endOverdue()
  const source = (async function* () {
    yield picture
  })()
  const staged = await life.store.stage(source, { maxBytes: 1e6 })
  life.upstream.answers.cancel.push('too_late')
  life.upstream.answers.poll.push({
    kind: 'done',
    outputs: [{ kind: 'staged', file: staged }],
    billed: 'yes',
  })
  expect(await life.step(id)).toBe('released')
  await expect(life.store.keep(staged, `${id}-again`)).rejects.toThrow('ENOENT')
  await expectBilled(life, id, 'yes')
})

test.each<[string, LifeOptions]>([
  ['the upstream cannot tell', {}],
  ['the upstream is gone from the configuration', { accounts: {} }],
  ['its credential is another one now', { accounts: { first: 'OTHER_KEY' } }],
])('D6: after a day the hold is released, when %s', async (_what, changes) => {
  const { life, id } = await endOpen()
  Object.assign(life.options, changes)
  await life.crash()
  const end = (await life.generation(id)).reconcileUntil
  expect(end).toBe(startAt + dayMs)
  life.setClock(startAt + dayMs - 1)
  expect(await life.step(id)).toEqual({ afterMs: 60_000 })
  expect(await life.money()).toEqual({ balance: 0, held: price })
  life.setClock(startAt + dayMs)
  expect(await life.step(id)).toBe('released')
  await expectBilled(life, id, 'unknown')
  expect(life.upstream.calls).toEqual(['submit'])
})

test('an end that lies further ahead than it can was written by a clock that was wrong', async () => {
  const { life, id } = await endOpen()
  life.setClock(startAt - 1)
  expect(await life.step(id)).toBe('released')
  await expectBilled(life, id, 'unknown')
})

test('what was found out before a crash is not asked for again', async () => {
  const { life, id } = await endOpen({ canFind: true })
  life.upstream.answers.find.push({ kind: 'absent' })
  life.process.faults.transactions = 1
  expect(await life.step(id)).toEqual({ afterMs: 1000 })
  await life.crash()
  life.upstream.answers.find.push({ kind: 'absent' })
  await life.run(id)
  await expectFreed(life, id)
})

test('a cancelled generation stays one, whatever its bill turns out to be', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  await life.cancel(id)
  await life.pass(deadlineMs + 2000)
  life.upstream.answers.poll.push(pending)
  life.upstream.answers.cancel.push('unknown', 'cancelled')
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({ status: 'failed', upstreamBilled: 'no' })
  expect(await life.freed()).toEqual([id])
})

test('those who wait for it are told', async () => {
  const { life, id } = await endOpen({ canFind: true })
  const waiting = new AbortController()
  const told = life.process.context.events.waitFor(
    id,
    async () => ((await life.generation(id)).reconcileUntil === null ? 'known' : undefined),
    waiting.signal,
  )
  life.upstream.answers.find.push({ kind: 'absent' })
  await life.step(id)
  expect(await told).toBe('known')
})

test('an open bill takes up no place at its upstream', async () => {
  const life = await openLife({ concurrency: 1 })
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  await life.pass(deadlineMs + 2000)
  life.upstream.answers.poll.push(noAnswer, noAnswer)
  life.upstream.answers.cancel.push('unknown', 'unknown')
  await life.step(id)
  await life.step(id)
  expect((await life.generation(id)).reconcileUntil).not.toBe(null)
  const next = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(next)
  expect((await life.generation(next)).status).toBe('completed')
})

test('a submission that is still under way keeps its place', async () => {
  const life = await openLife({ concurrency: 1 })
  const id = await life.accept({ deadlineAt: startAt + 1000 })
  life.upstream.answers.submit.push(silence)
  const waiting = life.step(id)
  await life.upstream.asked('submit')
  await life.pass(3000)
  await waiting
  await life.step(id)
  expect((await life.generation(id)).reconcileUntil).not.toBe(null)
  expect(await life.step(id)).toEqual({ afterMs: 60_000 })
  const next = await life.accept({ deadlineAt: startAt + 10 * deadlineMs })
  const queued = life.step(next)
  life.upstream.answers.submit.push(done)
  expect(life.upstream.jobs).toHaveLength(1)
  await life.pass(life.upstream.submitTimeoutMs - 3000)
  await queued
  await life.run(next)
  expect(life.upstream.jobs).toHaveLength(2)
})
