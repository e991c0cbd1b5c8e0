import { expect, test } from 'vitest'
import { deadlineMs, openLife, picture, price } from './support/life.ts'
import type { Submitted, UpstreamFailure } from '../../packages/server/src/upstreams/upstream.ts'

const done: Submitted = {
  kind: 'done',
  ref: { id: 'job' },
  outputs: [{ kind: 'bytes', bytes: picture }],
  billed: 'yes',
}
const accepted: Submitted = { kind: 'accepted', ref: { id: 'job' }, pollAfterMs: 1000 }
const failed = (failure: Partial<UpstreamFailure>): Submitted => ({
  kind: 'failed',
  failure: { kind: 'transient', note: 'scripted', job: 'none', billed: 'no', ...failure },
})

test('a picture that comes at once is charged, and the trail tells what it cost', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({ status: 'completed', upstreamBilled: 'yes' })
  expect(await life.attempts(id)).toMatchObject([{ number: 1, state: 'succeeded', billed: 'yes' }])
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
  expect(life.freed).toEqual([])
})

test('a refusal is tried again, three times, and then told; nothing is charged and the key is free', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(failed({}), failed({}), failed({}))
  await life.run(id)
  expect(life.upstream.calls).toEqual(['submit', 'submit', 'submit'])
  expect((await life.generation(id)).failure).toMatchObject({
    code: 'server_error',
    reason: 'upstream_failed',
    shouldRetry: true,
  })
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
  expect(life.freed).toEqual([id])
})

test('of a submission that may have arrived nothing is sent again, and the hold stays', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(failed({ job: 'possible', billed: 'unknown' }))
  await life.run(id, () => life.upstream.calls.length > 1)
  expect(life.upstream.calls).toEqual(['submit'])
  expect((await life.generation(id)).failure).toMatchObject({
    reason: 'outcome_unknown',
    shouldRetry: false,
  })
  expect(await life.money()).toEqual({ balance: 0, held: price })
  expect(life.freed).toEqual([])
})

test('D2: only answers in a row that the job is unknown make it lost', async () => {
  const life = await openLife()
  const id = await life.accept()
  const { submit, poll } = life.upstream.answers
  submit.push(accepted)
  const down = { kind: 'no_answer', note: '503' } as const
  const unknown = { kind: 'unknown_job', billed: 'no' } as const
  poll.push(down, down, unknown, unknown, down, unknown, unknown)
  poll.push({ kind: 'done', outputs: done.kind === 'done' ? done.outputs : [], billed: 'yes' })
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(life.upstream.jobs).toHaveLength(1)
})

test('D12: at the deadline it is asked once more, and a late result is adopted', async () => {
  const life = await openLife()
  const id = await life.accept({ type: 'image' })
  const { submit, poll, cancel } = life.upstream.answers
  submit.push(accepted)
  poll.push({ kind: 'pending', pollAfterMs: 2 * deadlineMs })
  poll.push({ kind: 'pending', pollAfterMs: 1000 })
  cancel.push('too_late')
  poll.push({ kind: 'done', outputs: [{ kind: 'bytes', bytes: picture }], billed: 'yes' })
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})
