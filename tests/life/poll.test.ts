import { expect, test } from 'vitest'
import {
  accepted,
  done,
  failed,
  finished,
  noAnswer,
  pending,
  silence,
  unknownJob,
} from './support/answers.ts'
import { openLife, type Life, type LifeOptions } from './support/life.ts'
import { deadlineMs, price, startAt } from './support/orders.ts'

/** A job that the upstream has taken. */
async function submit(options: LifeOptions = {}): Promise<{ life: Life; id: string }> {
  const life = await openLife(options)
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  return { life, id }
}

test('a look that teaches something is told, and one that does not writes nothing', async () => {
  const { life, id } = await submit()
  const told: string[] = []
  const { events } = life.process.context
  const news = { kind: 'pending', pollAfterMs: 1234, progress: 0.5, queuePosition: 3 } as const
  life.upstream.answers.poll.push(news, news, { kind: 'pending', pollAfterMs: 1 })
  for (const { progress, queuePosition, transactions } of [
    { progress: 0.5, queuePosition: 3, transactions: 1 },
    { progress: 0.5, queuePosition: 3, transactions: 0 },
    { progress: null, queuePosition: null, transactions: 1 },
  ]) {
    let count = 0
    life.process.faults.onTransaction = () => (count += 1)
    const waiting = new AbortController()
    const change = events.waitFor(id, async () => (told.push('look'), undefined), waiting.signal)
    await life.step(id)
    expect(await life.generation(id)).toMatchObject({ progress, queuePosition })
    expect(count).toBe(transactions)
    waiting.abort()
    await change
  }
  // Each waits from its first look; two of them were told of a change.
  expect(told).toHaveLength(5)
})

test('the upstream says when to look again', async () => {
  const { life, id } = await submit()
  life.upstream.answers.poll.push({ kind: 'pending', pollAfterMs: 1234 }, finished)
  expect(await life.step(id)).toEqual({ afterMs: 1234 })
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({ status: 'completed', upstreamBilled: 'yes' })
  expect(await life.attempts(id)).toMatchObject([{ state: 'succeeded', billed: 'yes' }])
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('looks that fail say nothing of the job; they are repeated ever more slowly', async () => {
  const { life, id } = await submit()
  for (const afterMs of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
    life.upstream.answers.poll.push(noAnswer)
    expect(await life.step(id)).toEqual({ afterMs })
  }
  life.upstream.answers.poll.push({ kind: 'no_answer', note: '429', retryAfterMs: 17_000 })
  expect(await life.step(id)).toEqual({ afterMs: 17_000 })
  life.upstream.answers.poll.push(pending, noAnswer, finished)
  await life.step(id)
  expect(await life.step(id)).toEqual({ afterMs: 500 })
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('a look without an answer is given up after half a minute', async () => {
  const { life, id } = await submit()
  life.upstream.answers.poll.push((call) => {
    expect(call.timeoutMs).toBe(30_000)
    return silence(call)
  })
  const looking = life.step(id)
  await life.upstream.asked('poll')
  await life.pass(30_000)
  expect(await looking).toEqual({ afterMs: 500 })
})

test('D2: only answers in a row that the job is unknown make it lost', async () => {
  const { life, id } = await submit()
  const { poll } = life.upstream.answers
  poll.push(noAnswer, noAnswer, unknownJob, unknownJob, noAnswer, unknownJob, unknownJob, pending)
  poll.push(unknownJob, unknownJob, finished)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(life.upstream.jobs).toHaveLength(1)
})

test('D2: three of them do, and what was not billed is sent again', async () => {
  const { life, id } = await submit()
  life.upstream.answers.poll.push(unknownJob, unknownJob, unknownJob)
  expect(await life.step(id)).toEqual({ afterMs: 500 })
  expect(await life.step(id)).toEqual({ afterMs: 1000 })
  expect(await life.step(id)).toBe('continue')
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([
    { state: 'failed', billed: 'no', failure: { kind: 'lost', job: 'ended', billed: 'no' } },
    { state: 'succeeded' },
  ])
})

test('D2: answers about one job are not counted for the next', async () => {
  const { life, id } = await submit()
  const { submit: submissions, poll } = life.upstream.answers
  poll.push(unknownJob, unknownJob, unknownJob, unknownJob, unknownJob, finished)
  submissions.push(accepted)
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([{ state: 'failed' }, { state: 'succeeded' }])
})

test('a job that was lost and may have been billed is not made again', async () => {
  const { life, id } = await submit()
  const lost = { kind: 'unknown_job', billed: 'unknown' } as const
  life.upstream.answers.poll.push(lost, lost, lost)
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'unknown',
    failure: { reason: 'output_unusable', shouldRetry: false },
  })
  expect(life.upstream.jobs).toHaveLength(1)
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test("the upstream's verdict ends the job; where it helps, another route is taken", async () => {
  const { life, id } = await submit({ routes: ['first', 'second'] })
  life.upstream.answers.poll.push(failed({ job: 'ended' }))
  life.other.answers.submit.push(done)
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([
    { upstream: 'first', state: 'failed', billed: 'no', failure: { kind: 'transient' } },
    { upstream: 'second', state: 'succeeded' },
  ])
})

test('D6: a job whose upstream left the configuration waits for it to come back', async () => {
  const { life, id } = await submit()
  for (const accounts of [{}, { first: 'OTHER_KEY' }]) {
    life.options.accounts = accounts
    await life.crash()
    expect(await life.step(id)).toEqual({ afterMs: deadlineMs })
  }
  expect(life.upstream.calls).toEqual(['submit'])
  life.options.accounts = { first: 'KEY' }
  await life.crash()
  life.upstream.answers.poll.push(finished)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('D6: such a job is looked for once a minute, and at its deadline its outcome is open', async () => {
  const life = await openLife()
  const id = await life.accept({ deadlineAt: startAt + 100_000 })
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  life.options.accounts = {}
  await life.crash()
  expect(await life.step(id)).toEqual({ afterMs: 60_000 })
  await life.pass(60_000)
  expect(await life.step(id)).toEqual({ afterMs: 40_000 })
  await life.pass(40_000)
  expect(await life.step(id)).toBe('continue')
  expect(await life.generation(id)).toMatchObject({
    failure: { reason: 'deadline_exceeded', shouldRetry: false },
    upstreamBilled: 'unknown',
  })
  expect(await life.attempts(id)).toMatchObject([{ state: 'unknown', billed: 'unknown' }])
})
