import { expect, test } from 'vitest'
import type { Submitted } from '../../packages/server/src/upstreams/upstream.ts'
import {
  accepted,
  broken,
  done,
  failed,
  finished,
  held,
  pictures,
  silence,
} from './support/answers.ts'
import { openLife, type Life, type LifeOptions } from './support/life.ts'
import { deadlineMs, price, startAt } from './support/orders.ts'

/** The answer to the first submission comes when a test gives it; its deadline has passed by then. */
async function endBeforeAnswer(
  options: LifeOptions = {},
): Promise<{ life: Life; id: string; give: (answer: Submitted) => Promise<void> }> {
  const life = await openLife(options)
  const id = await life.accept()
  const answer = held<Submitted>()
  life.upstream.answers.submit.push(answer.answer)
  const waiting = life.step(id)
  await answer.asked
  await life.pass(deadlineMs)
  await waiting
  await outlast(life, id)
  const [attempt] = await life.attempts(id)
  return {
    life,
    id,
    async give(given) {
      const recorded = life.process.context.submissions.of(attempt?.id ?? '')
      answer.give(given)
      await recorded
    },
  }
}

/** Takes steps until the time for late results is over, too. */
async function outlast(life: Life, id: string): Promise<void> {
  const waiting = life.step(id)
  await life.pass(2000)
  await waiting
  await life.run(id, () => life.hasEnded(id))
}

test('D5: a submission that takes too long is no longer waited for, and its outcome is open', async () => {
  const { life, id, give } = await endBeforeAnswer()
  expect(life.now).toBeLessThanOrEqual(startAt + deadlineMs + 5000)
  expect(await life.generation(id)).toMatchObject({
    status: 'failed',
    failure: { reason: 'deadline_exceeded', shouldRetry: false },
    upstreamBilled: 'unknown',
  })
  expect(await life.attempts(id)).toMatchObject([{ state: 'unknown' }])
  expect(await life.money()).toEqual({ balance: 0, held: price })
  // It is still waited for, so nobody looks it up, however long that takes.
  expect(await life.step(id)).toEqual({ afterMs: 60_000 })
  await give(failed())
  await life.run(id)
})

test('a refusal that comes late frees the hold and the key, and says so', async () => {
  const { life, id, give } = await endBeforeAnswer()
  await give(failed())
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([
    { state: 'refused', billed: 'no', failure: { kind: 'transient' } },
  ])
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'no',
    failure: { code: 'server_error', reason: 'upstream_failed', shouldRetry: true },
    reconcileUntil: null,
  })
  expect(await life.freed()).toEqual([id])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('a verdict that comes late tells who pays', async () => {
  const { life, id, give } = await endBeforeAnswer()
  await give(failed({ kind: 'useless', job: 'ended', billed: 'yes' }))
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([
    { state: 'failed', billed: 'yes', failure: { kind: 'useless' } },
  ])
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'yes',
    failure: { reason: 'deadline_exceeded', shouldRetry: false },
  })
  expect(await life.freed()).toEqual([])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('a picture that comes too late is paid for by the operator, and nothing of it stays', async () => {
  const { life, id, give } = await endBeforeAnswer()
  await give(done)
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([{ state: 'failed', billed: 'yes' }])
  expect((await life.generation(id)).upstreamBilled).toBe('yes')
  expect(await life.store.keysOf(id)).toEqual([])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('a job that was taken after all is cancelled, and where that works nothing was billed', async () => {
  const { life, id, give } = await endBeforeAnswer()
  await give(accepted)
  expect(await life.attempts(id)).toMatchObject([{ state: 'unknown', ref: { id: 'job' } }])
  life.upstream.answers.cancel.push('cancelled')
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([{ state: 'refused', billed: 'no' }])
  expect((await life.generation(id)).failure?.shouldRetry).toBe(true)
  expect(await life.freed()).toEqual([id])
})

test('an answer that still tells nothing leaves the bill open', async () => {
  const { life, id, give } = await endBeforeAnswer()
  await give(broken)
  expect(await life.step(id)).toEqual({ afterMs: 60_000 })
  expect(await life.attempts(id)).toMatchObject([{ state: 'unknown', billed: 'unknown' }])
})

test('D12: a picture that comes within the time for late results is adopted', async () => {
  const life = await openLife()
  const id = await life.accept()
  const answer = held<Submitted>()
  life.upstream.answers.submit.push(answer.answer)
  const waiting = life.step(id)
  await answer.asked
  await life.pass(deadlineMs)
  expect(await waiting).toBe('continue')
  const late = life.step(id)
  answer.give(done)
  await late
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test.each<[string, Submitted]>([
  ['a picture', done],
  ['a job', accepted],
  ['a refusal', failed()],
])('%s that another process has taken up meanwhile changes nothing', async (_what, given) => {
  const life = await openLife({ canFind: true })
  const id = await life.accept()
  const answer = held<Submitted>()
  life.upstream.answers.submit.push(answer.answer)
  const frozen = life.process
  void frozen.step(id).catch(() => {})
  await answer.asked
  await frozen.loseAll()
  life.process = await life.open()
  await life.process.claim()
  life.upstream.answers.find.push({ kind: 'found', ref: { id: 'found' } })
  life.upstream.answers.poll.push(finished)
  await life.run(id)
  const before = { attempts: await life.attempts(id), generation: await life.generation(id) }
  answer.give(given)
  await frozen.context.submissions.drain(1000)
  expect({ attempts: await life.attempts(id), generation: await life.generation(id) }).toEqual(
    before,
  )
  expect(before.generation.status).toBe('completed')
  expect(life.upstream.jobs).toHaveLength(1)
})

test('the process that works on the job now is told that the answer has come', async () => {
  const told: string[] = []
  const life = await openLife({ onLateAnswer: (id) => told.push(id) })
  const id = await life.accept()
  life.upstream.answers.submit.push(silence)
  const waiting = life.step(id)
  await life.upstream.asked('submit')
  await life.pass(deadlineMs)
  await waiting
  await outlast(life, id)
  await life.pass(life.upstream.submitTimeoutMs)
  await life.process.context.submissions.drain(1000)
  expect(told).toEqual([id])
})

test('D4: an answer that cannot be written is kept until it can be', async () => {
  for (const [answer, state] of [
    [done, 'delivered'],
    [accepted, 'submitted'],
    [failed(), 'refused'],
  ] as const) {
    const life = await openLife()
    const id = await life.accept()
    const answering = held<Submitted>()
    life.upstream.answers.submit.push(answering.answer)
    const waiting = life.step(id)
    await answering.asked
    life.process.faults.transactions = 3
    for (let count = 0; count < 3; count += 1) {
      const refusal = life.process.faults.refusal()
      if (count === 0) answering.give(answer)
      await refusal
      expect(await life.attempts(id)).toMatchObject([{ state: 'submitting' }])
      void life.pass(1000)
    }
    await waiting
    expect(await life.attempts(id)).toMatchObject([{ state }])
  }
})

test('of a picture that cannot be kept at once nothing is lost, nor kept twice', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.process.faults.store.add('keep')
  life.upstream.answers.submit.push({ ...done, outputs: [...pictures, ...pictures] })
  const refusal = life.process.faults.refusal()
  const waiting = life.step(id)
  await refusal
  life.process.faults.store.clear()
  await life.pass(1000)
  await waiting
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(await life.store.keysOf(id)).toHaveLength(2)
})
