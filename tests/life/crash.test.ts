import { expect, test } from 'vitest'
import type { Step } from '../../packages/server/src/jobs/job.ts'
import {
  accepted,
  broken,
  done,
  failed,
  file,
  finishedElsewhere,
  pending,
  unknownJob,
} from './support/answers.ts'
import { openLife, passed } from './support/life.ts'
import { price } from './support/orders.ts'

test('a process may die before every step, and the picture is made once and paid for once', async () => {
  const life = await openLife({ canFind: true })
  const id = await life.accept()
  const { submit, poll, find, download } = life.upstream.answers
  submit.push(broken)
  find.push({ kind: 'found', ref: { id: 'job' } })
  poll.push(pending, finishedElsewhere)
  download.push({ kind: 'no_answer', note: '503' }, file())
  for (let step: Step = 'continue'; step !== 'released';) {
    await life.crash()
    step = await life.step(id)
  }
  expect(life.upstream.calls).toEqual(['submit', 'find', 'poll', 'poll', 'download', 'download'])
  expect((await life.generation(id)).status).toBe('completed')
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('a check that was under way is made again', async () => {
  let checks = 0
  const life = await openLife({
    context: {
      check() {
        checks += 1
        return checks === 1 ? new Promise(() => {}) : Promise.resolve(passed)
      },
    },
  })
  const id = await life.accept()
  void life.step(id)
  await life.crash()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect(checks).toBe(2)
  expect((await life.generation(id)).status).toBe('completed')
})

test('an answer that was not written is looked up, and what it said counts for nothing', async () => {
  const life = await openLife({ canFind: true })
  const id = await life.accept()
  life.upstream.answers.submit.push(() => {
    life.process.die()
    return done
  })
  void life.step(id)
  await life.upstream.asked('submit')
  await life.crash()
  life.upstream.answers.find.push({ kind: 'found', ref: { id: 'job' } })
  life.upstream.answers.poll.push(finishedElsewhere)
  life.upstream.answers.download.push(file())
  await life.run(id)
  expect(life.upstream.jobs).toHaveLength(1)
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('an answer that was written is not asked for again', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.step(id)
  await life.crash()
  await life.run(id)
  expect(life.upstream.calls).toEqual(['submit'])
  expect((await life.generation(id)).status).toBe('completed')
})

test('tries before a crash count as those after it do', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(failed(), failed(), failed())
  await life.step(id)
  await life.crash()
  await life.run(id, () => life.upstream.jobs.length === 2)
  await life.crash()
  await life.run(id)
  expect(life.upstream.jobs).toHaveLength(3)
  expect((await life.generation(id)).failure?.reason).toBe('upstream_failed')
})

test('answers in a row begin anew, which costs another look or two', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted, done)
  life.upstream.answers.poll.push(...Array(5).fill(unknownJob))
  await life.step(id)
  await life.step(id)
  await life.step(id)
  await life.crash()
  await life.run(id)
  expect(life.upstream.calls.filter((call) => call === 'poll')).toHaveLength(5)
})

test('a crash between the end and the news of it changes nothing', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  await life.crash()
  await expect(life.step(id)).rejects.toThrow('nobody works on')
  expect((await life.generation(id)).status).toBe('completed')
})

test('rows that cannot be are told, and end as nobody knows', async () => {
  for (const state of ['unknown', 'succeeded', 'submitted', 'delivered'] as const) {
    const life = await openLife()
    const id = await life.accept()
    life.upstream.answers.submit.push(failed())
    await life.step(id)
    await life.database.transaction((tx) => tx.run('UPDATE attempts SET state = $1', state))
    expect(await life.step(id)).toEqual({ afterMs: 1000 })
    await life.run(id, () => life.hasEnded(id))
    expect((await life.generation(id)).failure?.shouldRetry).toBe(false)
  }
})
