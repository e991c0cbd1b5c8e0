import { expect, test } from 'vitest'
import {
  accepted,
  done,
  failed,
  file,
  finished,
  finishedElsewhere,
  pending,
  silence,
} from './support/answers.ts'
import { openLife, passed, type Life } from './support/life.ts'
import { deadlineMs, price, startAt } from './support/orders.ts'

/** By when the answer to an image is due. */
const dueAt = startAt + deadlineMs + 5000
const never = Number.MAX_SAFE_INTEGER

/** Takes steps while faults of our own last; what throws out of a step is tried again by the worker. */
async function persevere(life: Life, id: string, until: () => boolean): Promise<void> {
  while (!until() && !(await life.hasEnded(id))) {
    const step = await life.step(id).catch(() => ({ afterMs: 1000 }))
    await life.pass(typeof step === 'string' ? 0 : step.afterMs)
  }
}

test('a fault of our own is tried again ever more slowly, and never past the deadline', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.process.faults.transactions = never
  const rests: number[] = []
  while (life.now < startAt + deadlineMs) {
    const step = await life.step(id)
    if (typeof step === 'string') throw new Error(`the step came to ${step}`)
    rests.push(step.afterMs)
    await life.pass(step.afterMs)
  }
  expect(rests.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000])
  expect(life.now).toBe(startAt + deadlineMs)
  expect(life.upstream.calls).toEqual([])
  life.process.faults.transactions = 0
  await life.run(id)
  expect(await life.freed()).toEqual([id])
})

test('faults are counted in a row', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.process.faults.transactions = 2
  expect(await life.step(id)).toEqual({ afterMs: 1000 })
  expect(await life.step(id)).toEqual({ afterMs: 2000 })
  life.upstream.answers.submit.push(accepted)
  life.upstream.answers.poll.push(pending, () => {
    throw new Error('a fault of the adapter')
  })
  await life.step(id)
  await life.step(id)
  expect(await life.step(id)).toEqual({ afterMs: 1000 })
  life.upstream.answers.poll.push(finished)
  await life.run(id)
})

test('D8: what could not be checked until the end was never sent, and is safe to repeat', async () => {
  const life = await openLife({ context: { check: () => Promise.reject(new Error('no memory')) } })
  const id = await life.accept()
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'no',
    failure: { reason: 'deadline_exceeded', shouldRetry: true },
  })
  expect((await life.generation(id)).failure?.message).toContain('fetched and checked')
  expect(await life.freed()).toEqual([id])
  expect(life.now).toBeLessThanOrEqual(dueAt)
})

test('D8: the end comes in time when it cannot be written at once', async () => {
  for (const [answers, billed, reason] of [
    [[], 'no', 'deadline_exceeded'],
    [[accepted], 'unknown', 'deadline_exceeded'],
  ] as const) {
    const life = await openLife()
    const id = await life.accept()
    life.upstream.answers.submit.push(...answers)
    if (answers.length > 0) await life.step(id)
    life.upstream.answers.poll.push(...Array(99).fill(pending))
    life.upstream.answers.cancel.push(...Array(99).fill('unknown'))
    life.process.faults.transactions = never
    await persevere(life, id, () => life.now >= startAt + deadlineMs + 2500)
    expect(await life.hasEnded(id)).toBe(false)
    life.process.faults.transactions = 0
    await persevere(life, id, () => false)
    expect(life.now).toBeLessThanOrEqual(dueAt)
    expect(await life.generation(id)).toMatchObject({ upstreamBilled: billed, failure: { reason } })
    expect(await life.freed()).toEqual(billed === 'no' ? [id] : [])
    expect(await life.money()).toEqual({ balance: 0, held: billed === 'no' ? 0 : price })
  }
})

test('D8: faults that last longer end it as soon as they are over, with what is true', async () => {
  const life = await openLife({ canFind: true })
  const unsent = await life.accept()
  const refused = await life.accept()
  const sent = await life.accept()
  const taken = await life.accept()
  life.upstream.answers.submit.push(failed({ kind: 'transient' }), accepted)
  await life.step(refused)
  await life.step(taken)
  life.upstream.answers.submit.push(silence)
  void life.step(sent)
  await life.upstream.asked('submit')
  await life.crash()
  life.process.faults.transactions = never
  life.setClock(startAt + deadlineMs + 3000)
  for (const id of [unsent, refused, sent, taken]) {
    life.upstream.answers.poll.push(pending)
    life.upstream.answers.cancel.push('unknown')
    await expect(life.step(id)).rejects.toThrow('storage')
  }
  life.process.faults.transactions = 0
  const ends = [
    { id: unsent, billed: 'no', reason: 'deadline_exceeded' },
    { id: refused, billed: 'no', reason: 'upstream_failed' },
    { id: sent, billed: 'unknown', reason: 'outcome_unknown' },
    { id: taken, billed: 'unknown', reason: 'deadline_exceeded' },
  ]
  for (const { id, billed, reason } of ends) {
    life.upstream.answers.poll.push(pending)
    life.upstream.answers.cancel.push('unknown')
    await life.step(id)
    expect(await life.generation(id)).toMatchObject({
      status: 'failed',
      upstreamBilled: billed,
      failure: { reason, shouldRetry: billed === 'no' },
    })
  }
  expect((await life.freed()).toSorted()).toEqual([unsent, refused].toSorted())
})

test('D3: a picture that is paid for is kept until the disk has room, ten minutes past the deadline', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  const { faults } = life.process
  faults.store.add('withLocalFile')
  await life.run(id, () => life.now > startAt + deadlineMs + 9 * 60_000)
  expect((await life.generation(id)).status).toBe('pending')
  expect(await life.attempts(id)).toMatchObject([{ state: 'delivered' }])
  faults.store.clear()
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('D3: one that could not be kept at all is told, and who paid for it', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  life.process.faults.store.add('withLocalFile')
  await life.run(id)
  expect(life.now).toBeGreaterThanOrEqual(startAt + deadlineMs + 10 * 60_000)
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'yes',
    failure: { reason: 'storage_unavailable', shouldRetry: false },
  })
  expect(await life.attempts(id)).toMatchObject([{ state: 'failed', billed: 'yes' }])
  expect(await life.freed()).toEqual([])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('one that nobody paid for is given up with its deadline', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push({ ...done, billed: 'no' })
  life.process.faults.store.add('withLocalFile')
  await life.run(id)
  expect(life.now).toBeLessThanOrEqual(dueAt)
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'no',
    failure: { reason: 'storage_unavailable', shouldRetry: true },
  })
  expect(await life.freed()).toEqual([id])
})

test.each(['stage', 'keep', 'withLocalFile'] as const)(
  'D3: a disk that cannot %s for a while loses no picture that was fetched',
  async (method) => {
    const life = await openLife()
    const id = await life.accept()
    life.upstream.answers.submit.push(accepted)
    await life.step(id)
    const { faults } = life.process
    faults.store.add(method)
    life.upstream.answers.poll.push(finishedElsewhere)
    life.upstream.answers.download.push(file(), file(), file())
    expect(await life.step(id)).toEqual({ afterMs: 1000 })
    expect(await life.attempts(id)).toMatchObject([{ state: 'delivered' }])
    expect(await life.step(id)).toEqual({ afterMs: 2000 })
    faults.store.clear()
    await life.run(id)
    expect((await life.generation(id)).status).toBe('completed')
    expect(life.upstream.calls.filter((call) => call === 'poll')).toHaveLength(1)
    expect(await life.money()).toEqual({ balance: -price, held: 0 })
  },
)

test.each([1, 2, 3, 4, 5])(
  'a commit that fails as the %ith of a generation changes nothing of its end',
  async (number) => {
    const life = await openLife()
    const id = await life.accept()
    const { faults } = life.process
    let count = 0
    faults.onTransaction = () => {
      count += 1
      faults.transactions = count === number ? 1 : 0
    }
    life.upstream.answers.submit.push(accepted)
    life.upstream.answers.poll.push({ ...pending, progress: 0.5 } as typeof pending)
    life.upstream.answers.poll.push(...Array(3).fill(finished))
    const refusal = faults.refusal()
    void refusal.then(() => life.pass(1000))
    await life.run(id)
    expect((await life.generation(id)).status).toBe('completed')
    expect(life.upstream.jobs).toHaveLength(1)
    expect(await life.money()).toEqual({ balance: -price, held: 0 })
  },
)

test('those who wait are told of the end, though what is left of it cannot be removed', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.process.faults.store.add('keysOf')
  life.upstream.answers.submit.push(failed({ kind: 'moderated', job: 'ended' }))
  const waiting = new AbortController()
  const ended = life.process.context.events.waitFor(
    id,
    async () => ((await life.hasEnded(id)) ? 'ended' : undefined),
    waiting.signal,
  )
  await life.step(id)
  await life.step(id)
  expect(await ended).toBe('ended')
})

test('a refusal by the checks is told, also when tidying up fails', async () => {
  const life = await openLife({
    context: {
      check: async () => ({
        ...passed,
        afterwards: () => Promise.reject(new Error('cannot tidy up')),
      }),
    },
  })
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(life.upstream.jobs).toHaveLength(1)
})
