import { expect, test } from 'vitest'
import { LeaseLostError } from '../../packages/server/src/jobs/queue.ts'
import type { Downloaded, Polled } from '../../packages/server/src/upstreams/upstream.ts'
import { accepted, done, file, finished, held, remotePicture } from './support/answers.ts'
import { deferred } from './support/deferred.ts'
import { openLife, passed, type Life } from './support/life.ts'
import type { Process } from './support/process.ts'
import { price } from './support/orders.ts'

/** The process falls silent for so long that another one takes its jobs; it knows nothing of that. */
async function freeze(life: Life): Promise<Process> {
  const frozen = life.process
  await frozen.loseAll()
  life.process = await life.open()
  await life.process.claim()
  return frozen
}

test('D1: a process that was overtaken while it checked sends nothing', async () => {
  const checking = [deferred(), deferred()]
  const checked = [deferred(), deferred()]
  let checks = 0
  const life = await openLife({
    context: {
      async check() {
        const number = checks
        checks += 1
        checking[number]?.resolve()
        await checked[number]?.promise
        return passed
      },
    },
  })
  const id = await life.accept()
  const late = life.process.step(id)
  await checking[0]?.promise
  const frozen = await freeze(life)
  life.upstream.answers.submit.push(done)
  checked[1]?.resolve()
  await life.run(id)
  checked[0]?.resolve()
  await expect(late).rejects.toThrow(LeaseLostError)
  expect(frozen.context.submissions.count).toBe(0)
  expect(life.upstream.jobs).toHaveLength(1)
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('D1: a number is sent once, even if two hands hold the same lease', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done, done)
  const steps = await Promise.all([life.step(id), life.step(id)])
  expect(steps).toContain('continue')
  expect(steps).toContainEqual({ afterMs: 1000 })
  expect(life.upstream.jobs).toHaveLength(1)
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([{ number: 1, state: 'succeeded' }])
})

test('a result is delivered once, by whoever holds the job', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  const look = held<Polled>()
  life.upstream.answers.poll.push(look.answer)
  const late = life.step(id)
  await look.asked
  await freeze(life)
  life.upstream.answers.poll.push(finished)
  await life.run(id)
  const before = await life.attempts(id)
  look.give(finished)
  await expect(late).rejects.toThrow(LeaseLostError)
  expect(await life.attempts(id)).toEqual(before)
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('what an overtaken process takes for useless is not removed from under the others', async () => {
  const life = await openLife()
  const id = await life.accept()
  const two: Polled = { kind: 'done', outputs: [...remotePicture, ...remotePicture], billed: 'yes' }
  const { submit, poll, download } = life.upstream.answers
  const fetching = held<Downloaded>()
  submit.push(accepted)
  poll.push(two, two)
  download.push(fetching.answer)
  await life.step(id)
  const late = life.step(id)
  await fetching.asked
  await freeze(life)
  download.push(file(), file())
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  // By now the second address answers with something else.
  download.push(file(Buffer.alloc(20_000_000, '<p>')))
  fetching.give(file())
  await expect(late).rejects.toThrow(LeaseLostError)
  expect(await life.store.keysOf(id)).toHaveLength(2)
})

test('of an end that two processes write the second is nothing', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  const frozen = await freeze(life)
  await life.cancel(id)
  life.upstream.answers.cancel.push('cancelled', 'cancelled')
  await life.run(id)
  await expect(frozen.step(id)).rejects.toThrow(LeaseLostError)
  expect(await life.freed()).toEqual([id])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('a job that another process has finished is let go of', async () => {
  const life = await openLife()
  const id = await life.accept()
  const frozen = await freeze(life)
  life.upstream.answers.submit.push(done)
  await life.run(id)
  await expect(frozen.step(id)).rejects.toThrow(LeaseLostError)
})
