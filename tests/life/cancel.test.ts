import { expect, test } from 'vitest'
import { cancel } from '../../packages/server/src/generations/cancel.ts'
import { createWorker } from '../../packages/server/src/jobs/worker.ts'
import { generationHandler } from '../../packages/server/src/generations/advance.ts'
import type { Cancelled, Submitted } from '../../packages/server/src/upstreams/upstream.ts'
import {
  accepted,
  done,
  failed,
  finished,
  finishedElsewhere,
  held,
  noAnswer,
  pending,
  silence,
} from './support/answers.ts'
import { deferred } from './support/deferred.ts'
import { openLife, passed, type Life, type LifeOptions } from './support/life.ts'
import { deadlineMs, price, startAt } from './support/orders.ts'

/** Interrupts the step that is under way, as the worker does when a cancel is on record. */
async function cancelWithin(
  life: Life,
  id: string,
  step: (signal: AbortSignal) => Promise<unknown>,
) {
  const interruption = new AbortController()
  const stepping = step(interruption.signal)
  await life.cancel(id)
  interruption.abort(new Error('interrupted'))
  await expect(stepping).rejects.toThrow('interrupted')
}

async function expectCancelled(life: Life, id: string): Promise<void> {
  expect(await life.generation(id)).toMatchObject({
    status: 'failed',
    upstreamBilled: 'no',
    failure: { code: 'server_error', reason: 'cancelled', shouldRetry: false },
  })
  expect(await life.freed()).toEqual([id])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
}

async function submit(options: LifeOptions = {}): Promise<{ life: Life; id: string }> {
  const life = await openLife(options)
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  return { life, id }
}

test('D9: before its first step nothing of it happens', async () => {
  const life = await openLife({ context: { check: () => Promise.reject(new Error('checked')) } })
  const id = await life.accept()
  await life.cancel(id)
  expect(await life.step(id)).toBe('released')
  await expectCancelled(life, id)
  expect(await life.attempts(id)).toEqual([])
})

test('D9: a check that is under way ends, and nothing is sent', async () => {
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
  await cancelWithin(life, id, async (signal) => {
    const stepping = life.step(id, signal)
    await checking.promise
    return stepping
  }).catch(() => undefined)
  await life.run(id)
  await expectCancelled(life, id)
})

test('D9: while its images are opened, what is cancelled is not sent any more', async () => {
  const opening = deferred()
  const opened = deferred()
  const life = await openLife({
    context: {
      async imagesOf() {
        opening.resolve()
        await opened.promise
        return []
      },
    },
  })
  const id = await life.accept()
  const interruption = new AbortController()
  const stepping = life.step(id, interruption.signal)
  await opening.promise
  await life.cancel(id)
  interruption.abort(new Error('interrupted'))
  opened.resolve()
  await expect(stepping).rejects.toThrow('interrupted')
  await life.run(id)
  await expectCancelled(life, id)
  expect(life.upstream.calls).toEqual([])
})

test('D9: whoever waits for a place leaves the line, and the place goes to the next', async () => {
  const { life, id: first } = await submit({ concurrency: 1 })
  const [second, third] = [await life.accept(), await life.accept()]
  const queued = life.process.faults.transaction()
  const interruption = new AbortController()
  const waiting = life.step(second, interruption.signal)
  await queued
  const next = life.step(third)
  await life.cancel(second)
  interruption.abort(new Error('interrupted'))
  await expect(waiting).rejects.toThrow('interrupted')
  await life.run(second)
  expect((await life.generation(second)).failure?.reason).toBe('cancelled')
  life.upstream.answers.poll.push(finished)
  await life.run(first)
  life.upstream.answers.submit.push(done)
  await next
  await life.run(third)
  expect((await life.generation(third)).status).toBe('completed')
  expect(life.upstream.jobs).toHaveLength(2)
})

test('D9: between two tries nothing more is sent', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(failed())
  await life.step(id)
  await life.cancel(id)
  await life.run(id)
  await expectCancelled(life, id)
  expect(life.upstream.jobs).toHaveLength(1)
})

test('D4: a submission is waited for, and the job that it brought is cancelled', async () => {
  const life = await openLife()
  const id = await life.accept()
  const answer = held<Submitted>()
  life.upstream.answers.submit.push(answer.answer)
  const interruption = new AbortController()
  const stepping = life.step(id, interruption.signal)
  await answer.asked
  await life.cancel(id)
  interruption.abort(new Error('interrupted'))
  await expect(stepping).rejects.toThrow('interrupted')
  const waiting = life.step(id)
  answer.give(accepted)
  await waiting
  life.upstream.answers.cancel.push('cancelled')
  await life.run(id)
  await expectCancelled(life, id)
  expect(await life.attempts(id)).toMatchObject([{ state: 'failed', billed: 'no' }])
})

test('a job that goes on all the same is looked at every second, until its verdict', async () => {
  for (const outcome of ['requested', 'too_late'] as const satisfies Cancelled[]) {
    const { life, id } = await submit()
    await life.cancel(id)
    life.upstream.answers.cancel.push(outcome)
    life.upstream.answers.poll.push({ kind: 'pending', pollAfterMs: 30_000 }, pending)
    expect(await life.step(id)).toEqual({ afterMs: 1000 })
    expect(await life.step(id)).toEqual({ afterMs: 1000 })
    life.upstream.answers.poll.push(failed({ kind: 'moderated', job: 'ended' }))
    await life.run(id)
    // Asked once: the upstream has heard it.
    expect(life.upstream.calls).toEqual(['submit', 'cancel', 'poll', 'poll', 'poll'])
    await expectCancelled(life, id)
  }
})

test('an upstream that does not say whether it has heard is asked again', async () => {
  const { life, id } = await submit()
  await life.cancel(id)
  life.upstream.answers.cancel.push('unknown', silence, 'cancelled')
  life.upstream.answers.poll.push(noAnswer, noAnswer)
  expect(await life.step(id)).toEqual({ afterMs: 500 })
  const asking = life.step(id)
  await life.upstream.asked('cancel')
  await life.pass(30_000)
  expect(await asking).toEqual({ afterMs: 1000 })
  await life.run(id)
  await expectCancelled(life, id)
})

test('what the upstream bills in spite of a cancel is told', async () => {
  const { life, id } = await submit()
  await life.cancel(id)
  life.upstream.answers.cancel.push('too_late')
  life.upstream.answers.poll.push(failed({ job: 'ended', billed: 'yes' }))
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'yes',
    failure: { reason: 'cancelled', shouldRetry: false },
  })
  expect(await life.freed()).toEqual([])
})

test('what had finished before the cancel is delivered and charged', async () => {
  const { life, id } = await submit()
  await life.cancel(id)
  life.upstream.answers.cancel.push('too_late')
  life.upstream.answers.poll.push(finishedElsewhere)
  life.upstream.answers.download.push({ kind: 'no_answer', note: '503' })
  await life.step(id)
  expect(await life.attempts(id)).toMatchObject([{ state: 'delivered' }])
  life.upstream.answers.download.push({ kind: 'gone', note: '404' })
  expect(await life.step(id)).toEqual({ afterMs: 1000 })
  expect(await life.generation(id)).toMatchObject({ status: 'pending' })
  life.upstream.answers.download.push({ kind: 'gone', note: '404' }, { kind: 'gone', note: '404' })
  await life.run(id)
  expect((await life.generation(id)).failure?.reason).toBe('cancelled')
})

test('a job that nobody can tell anything of ends at its deadline, truthfully', async () => {
  const { life, id } = await submit()
  await life.cancel(id)
  await life.pass(deadlineMs)
  life.upstream.answers.poll.push(pending)
  life.upstream.answers.cancel.push('cancelled')
  await life.run(id)
  await expectCancelled(life, id)
})

test('the caller is told what a cancel achieved, as soon as it is known', async () => {
  const life = await openLife()
  const { context, worker: name } = life.process
  const worker = createWorker({
    id: name,
    database: life.database,
    log: context.log,
    clock: context.clock,
    handlers: {
      generation: generationHandler(context),
      retention: () => ({ step: async () => 'released', end: () => {} }),
    },
  })
  const parts = { database: life.database, events: context.events, worker }
  const patience = new AbortController()
  const id = await life.accept()
  const taken = life.upstream.asked('poll')
  life.upstream.answers.submit.push(accepted)
  life.upstream.answers.poll.push(pending)
  await life.process.loseAll()
  worker.start()
  await taken
  life.upstream.answers.cancel.push('cancelled')
  expect(await cancel(parts, await life.generation(id), patience.signal)).toEqual({
    id,
    status: 'failed',
    cancellation: 'cancelled',
  })
  // It has ended; a second time there is nothing to cancel, and the first is still true.
  expect(await cancel(parts, await life.generation(id), patience.signal)).toMatchObject({
    cancellation: 'cancelled',
  })
  await worker.stop(1000)
})

test('a caller who does not wait is told that it was asked for, and one who is late that it was', async () => {
  const { life, id } = await submit()
  const { context, worker: name } = life.process
  const worker = createWorker({
    id: name,
    database: life.database,
    log: context.log,
    clock: context.clock,
    handlers: {
      generation: generationHandler(context),
      retention: () => ({ step: async () => 'released', end: () => {} }),
    },
  })
  const parts = { database: life.database, events: context.events, worker }
  const impatient = AbortSignal.abort()
  expect(await cancel(parts, await life.generation(id), impatient)).toEqual({
    id,
    status: 'pending',
    cancellation: 'requested',
  })
  expect((await life.generation(id)).cancelRequestedAt).toBe(startAt)
  await life.pass(10)
  await life.cancel(id)
  expect((await life.generation(id)).cancelRequestedAt).toBe(startAt)
  life.upstream.answers.cancel.push('too_late')
  life.upstream.answers.poll.push(finished)
  await life.run(id)
  expect(await cancel(parts, await life.generation(id), impatient)).toEqual({
    id,
    status: 'completed',
    cancellation: 'too_late',
  })
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('the check of a cancelled generation is not taken for one that passed', async () => {
  const life = await openLife({ context: { check: async () => passed } })
  const id = await life.accept()
  await life.cancel(id)
  await life.run(id)
  expect((await life.generation(id)).checkedAt).toBe(null)
})
