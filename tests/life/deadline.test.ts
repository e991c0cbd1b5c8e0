import { expect, test } from 'vitest'
import { fail } from '../../packages/server/src/contract/failure.ts'
import {
  accepted,
  done,
  failed,
  file,
  finished,
  finishedElsewhere,
  noAnswer,
  pending,
  silence,
  unknownJob,
} from './support/answers.ts'
import { deferred } from './support/deferred.ts'
import { openLife, type Life, type LifeOptions } from './support/life.ts'
import { deadlineMs, price, startAt } from './support/orders.ts'

/** By when the answer to an image is due. */
const dueAt = startAt + deadlineMs + 5000

async function submit(options: LifeOptions = {}): Promise<{ life: Life; id: string }> {
  const life = await openLife(options)
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  return { life, id }
}

test('D5: checks that take too long end it; nothing was sent, and the key is free', async () => {
  const checking = deferred()
  const life = await openLife({
    context: {
      check(_generation, signal) {
        checking.resolve()
        return silence({ signal, timeoutMs: 0 })
      },
    },
  })
  const id = await life.accept()
  const stepping = life.step(id)
  await checking.promise
  await life.pass(deadlineMs)
  expect(await stepping).toBe('released')
  expect(await life.generation(id)).toMatchObject({
    checkedAt: null,
    upstreamBilled: 'no',
    failure: { reason: 'deadline_exceeded', shouldRetry: true },
  })
  expect((await life.generation(id)).failure?.message).toContain('fetched and checked')
  expect(await life.freed()).toEqual([id])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('D5: so does preparing', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.prepare.push(silence)
  const stepping = life.step(id)
  await life.upstream.asked('prepare')
  await life.pass(deadlineMs)
  expect(await stepping).toBe('continue')
  expect(await life.step(id)).toBe('released')
  expect(await life.attempts(id)).toEqual([])
  expect((await life.generation(id)).failure?.message).toContain('fetched and checked')
})

test('one that is picked up after its deadline ends as what happened to it', async () => {
  const life = await openLife()
  const unchecked = await life.accept()
  const refused = await life.accept()
  life.upstream.answers.submit.push(failed({ kind: 'credential', note: 'bad key' }), failed())
  await life.step(refused)
  await life.pass(deadlineMs)
  await life.run(unchecked)
  await life.run(refused)
  expect((await life.generation(unchecked)).failure?.reason).toBe('deadline_exceeded')
  expect((await life.generation(refused)).failure?.reason).toBe('upstream_failed')
  expect((await life.freed()).toSorted()).toEqual([unchecked, refused].toSorted())
})

test('a millisecond before its deadline it is still sent', async () => {
  const life = await openLife()
  const id = await life.accept()
  await life.pass(deadlineMs - 1)
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('D12: at the deadline it is asked once more, and a late result is adopted', async () => {
  const { life, id } = await submit()
  const { poll, cancel } = life.upstream.answers
  poll.push({ kind: 'pending', pollAfterMs: 2 * deadlineMs })
  expect(await life.step(id)).toEqual({ afterMs: deadlineMs })
  await life.pass(deadlineMs)
  poll.push(pending)
  cancel.push('too_late')
  expect(await life.step(id)).toEqual({ afterMs: 1000 })
  await life.pass(1999)
  poll.push(finished)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('D12: a film is waited for a minute longer', async () => {
  const life = await openLife()
  const id = await life.accept({ type: 'video' })
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  await life.pass(deadlineMs + 59_999)
  const { poll, cancel } = life.upstream.answers
  poll.push(pending)
  cancel.push('requested')
  expect(await life.step(id)).toEqual({ afterMs: 1000 })
  await life.pass(1)
  poll.push(pending)
  cancel.push('requested')
  expect(await life.step(id)).toBe('continue')
  expect((await life.generation(id)).failure?.reason).toBe('deadline_exceeded')
})

test('a job that can be stopped at the deadline was not billed: try again', async () => {
  const { life, id } = await submit()
  await life.pass(deadlineMs)
  life.upstream.answers.poll.push(noAnswer)
  life.upstream.answers.cancel.push('cancelled')
  expect(await life.step(id)).toBe('released')
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'no',
    failure: { reason: 'deadline_exceeded', shouldRetry: true },
  })
  expect(await life.attempts(id)).toMatchObject([{ state: 'failed', billed: 'no' }])
  expect(await life.freed()).toEqual([id])
})

test('a verdict at the deadline is the end, and nothing else is tried', async () => {
  const { life, id } = await submit({ routes: ['first', 'second'] })
  await life.pass(deadlineMs)
  life.upstream.answers.poll.push(failed({ kind: 'useless', job: 'ended' }))
  expect(await life.step(id)).toBe('released')
  expect((await life.generation(id)).failure).toMatchObject({
    reason: 'output_unusable',
    shouldRetry: true,
  })
})

test('an upstream that answers nothing at all does not hold up the end of an image', async () => {
  const { life, id } = await submit()
  await life.pass(deadlineMs)
  life.upstream.answers.poll.push(silence)
  life.upstream.answers.cancel.push(silence)
  const ending = life.step(id)
  await life.upstream.asked('poll')
  const cancelling = life.upstream.asked('cancel')
  await life.pass(2000)
  await cancelling
  await life.pass(2000)
  expect(await ending).toBe('continue')
  expect(life.now).toBeLessThanOrEqual(dueAt)
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'unknown',
    failure: { reason: 'deadline_exceeded', shouldRetry: false },
    reconcileUntil: life.now + 24 * 60 * 60 * 1000,
  })
  expect(await life.money()).toEqual({ balance: 0, held: price })
})

test('a job that the upstream does not know at the deadline is left to the reconciliation', async () => {
  const { life, id } = await submit()
  await life.pass(deadlineMs + 2000)
  life.upstream.answers.poll.push(unknownJob)
  life.upstream.answers.cancel.push('unknown')
  expect(await life.step(id)).toBe('continue')
  expect(await life.attempts(id)).toMatchObject([{ state: 'unknown' }])
})

test('D5: a download that stands still ends, and the answer says that it was paid for', async () => {
  const { life, id } = await submit()
  life.upstream.answers.poll.push(finishedElsewhere)
  life.upstream.answers.download.push(silence)
  const fetching = life.step(id)
  await life.upstream.asked('download')
  await life.pass(deadlineMs)
  expect(await fetching).not.toBe('released')
  expect(await life.attempts(id)).toMatchObject([{ state: 'delivered' }])
  for (let steps = 0; !(await life.hasEnded(id)) && steps < 10; steps += 1) {
    life.upstream.answers.download.push(silence)
    const again = life.step(id)
    await Promise.race([life.upstream.asked('download'), again])
    await life.pass(1000)
    await life.pass(9000)
    await again
  }
  expect(await life.generation(id)).toMatchObject({
    status: 'failed',
    upstreamBilled: 'yes',
    failure: { reason: 'deadline_exceeded', shouldRetry: false },
  })
  expect(await life.attempts(id)).toMatchObject([{ state: 'failed', billed: 'yes' }])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('D5: a body that stands still is fetched again from the start within the time for late results', async () => {
  const { life, id } = await submit()
  life.upstream.answers.poll.push(finishedElsewhere)
  life.upstream.answers.download.push((call) => ({
    kind: 'file',
    body: (async function* () {
      yield Buffer.from('half')
      await silence(call)
    })(),
  }))
  const fetching = life.step(id)
  await life.upstream.asked('download')
  await life.pass(deadlineMs)
  const step = await fetching
  expect(step).not.toBe('released')
  life.upstream.answers.download.push(file())
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(life.now).toBeLessThanOrEqual(dueAt)
})

test('D5: checks of a result that never end are given up, ten minutes past the deadline', async () => {
  const life = await openLife({
    context: {
      checkOutputs: (_generation, _outputs, signal) => silence({ signal, timeoutMs: 0 }),
    },
  })
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.step(id)
  while (!(await life.hasEnded(id))) {
    const checking = life.step(id)
    await life.untilTimers(1)
    await life.pass(deadlineMs)
    await checking
    expect(life.now).toBeLessThan(startAt + 15 * 60_000)
  }
  expect(life.now).toBeGreaterThanOrEqual(startAt + deadlineMs + 10 * 60_000)
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'yes',
    failure: { reason: 'storage_unavailable', shouldRetry: false },
  })
})

test('a check that is down until the end is what the client is told', async () => {
  const down = fail('server_error', 'safety_unavailable', { message: 'the check is down' })
  const life = await openLife({ context: { checkOutputs: () => Promise.reject(down) } })
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect((await life.generation(id)).failure).toMatchObject({
    reason: 'safety_unavailable',
    message: 'the check is down',
    shouldRetry: false,
  })
  expect(life.now).toBeGreaterThanOrEqual(startAt + deadlineMs + 10 * 60_000)
  expect(await life.store.keysOf(id)).toEqual([])
})
