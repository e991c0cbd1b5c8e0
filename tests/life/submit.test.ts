import { expect, test } from 'vitest'
import { mustLeaveWithinMs } from '../../packages/server/src/generations/submissions.ts'
import { accepted, broken, done, failed, finished, held, silence } from './support/answers.ts'
import { openLife, passed } from './support/life.ts'
import { deadlineMs, price } from './support/orders.ts'

const waiting = { url: 'https://a.example/a.png', role: 'reference_image' } as const

test('a picture that comes at once is charged, and the trail tells what it cost', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({
    status: 'completed',
    upstreamBilled: 'yes',
    failure: null,
    endedAt: life.now,
    reconcileUntil: null,
  })
  expect(await life.attempts(id)).toMatchObject([
    {
      number: 1,
      state: 'succeeded',
      billed: 'yes',
      upstream: 'first',
      credential: 'KEY',
      upstreamModel: 'first-model',
      delivery: null,
      failure: null,
      ref: { id: 'job' },
    },
  ])
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
  expect(await life.freed()).toEqual([])
})

test('the upstream is given the order, under the id that is on record', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  const { workspaceId, input } = await life.generation(id)
  const [attempt] = await life.attempts(id)
  expect(life.upstream.jobs).toEqual([
    {
      id: attempt?.id,
      generationId: id,
      workspaceId,
      tenant: `${workspaceId}/live`,
      type: 'image',
      route: { upstream: 'first', model: 'first-model', settings: null },
      input,
      images: [],
    },
  ])
})

test('D1: before one byte leaves, it is on record that it is about to', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(async () => {
    expect(await life.attempts(id)).toMatchObject([{ state: 'submitting', billed: 'unknown' }])
    expect((await life.generation(id)).checkedAt).toBe(life.now)
    return done
  })
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('D1: a process that was frozen since before its commit sends nothing any more', async () => {
  const life = await openLife()
  const id = await life.accept()
  let askedAt = 0
  life.process.faults.onTransaction = () => (askedAt = performance.now())
  life.upstream.answers.submit.push((call) => {
    expect(call).toMatchObject({ timeoutMs: life.upstream.submitTimeoutMs })
    // Counted from before the commit: it may have been during the commit that time stood still.
    expect(life.upstream.leaveBy).toBeLessThanOrEqual(askedAt + mustLeaveWithinMs)
    return done
  })
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('D3: the picture is on record and kept before anything else happens to it', async () => {
  const life = await openLife({
    context: {
      async checkOutputs({ id }, outputs) {
        const [attempt] = await life.attempts(id)
        expect(attempt).toMatchObject({
          state: 'delivered',
          billed: 'unknown',
          ref: { id: 'job' },
          delivery: { billed: 'yes', files: [{ kind: 'kept', storageKey: `${id}-1-0` }] },
        })
        expect(outputs).toMatchObject([{ storageKey: `${id}-1-0`, mimeType: 'image/jpeg' }])
        expect(await life.store.size(`${id}-1-0`)).toBeGreaterThan(0)
      },
    },
  })
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('a refusal is tried again, three times, and then told; nothing is charged and the key is free', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(failed(), failed(), failed())
  await life.run(id)
  expect(life.upstream.calls).toEqual(['submit', 'submit', 'submit'])
  expect((await life.generation(id)).failure).toMatchObject({
    code: 'server_error',
    reason: 'upstream_failed',
    shouldRetry: true,
  })
  expect(await life.attempts(id)).toMatchObject(
    [1, 2, 3].map((number) => ({ number, state: 'refused', billed: 'no' })),
  )
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
  expect(await life.freed()).toEqual([id])
})

test('a route that is of no use is left, and the next one delivers', async () => {
  for (const kind of ['credential', 'funds', 'model_gone', 'bad_input'] as const) {
    const life = await openLife({ routes: ['first', 'second'] })
    const id = await life.accept()
    life.upstream.answers.submit.push(failed({ kind }))
    life.other.answers.submit.push(done)
    await life.run(id)
    expect(await life.attempts(id)).toMatchObject([
      { number: 1, upstream: 'first', state: 'refused', failure: { kind } },
      { number: 2, upstream: 'second', state: 'succeeded', credential: null },
    ])
    expect(await life.money()).toEqual({ balance: -price, held: 0 })
  }
})

test('what the upstream says of the content is the same everywhere, and nobody else is asked', async () => {
  const life = await openLife({ routes: ['first', 'second'] })
  const id = await life.accept()
  life.upstream.answers.submit.push(failed({ kind: 'moderated', job: 'ended' }))
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([{ state: 'failed', billed: 'no' }])
  expect((await life.generation(id)).failure).toMatchObject({
    code: 'content_policy_violation',
    shouldRetry: false,
  })
  // It would be refused again, so it is replayed.
  expect(await life.freed()).toEqual([])
})

test('a verdict that was paid for is not paid for twice, and the client is not told to try again', async () => {
  for (const billed of ['yes', 'unknown'] as const) {
    const life = await openLife({ routes: ['first', 'second'] })
    const id = await life.accept()
    life.upstream.answers.submit.push(failed({ kind: 'useless', job: 'ended', billed }))
    await life.run(id)
    expect(await life.generation(id)).toMatchObject({
      upstreamBilled: billed,
      failure: { reason: 'output_unusable', shouldRetry: false },
    })
    expect(await life.freed()).toEqual([])
    expect(await life.money()).toEqual({ balance: 0, held: 0 })
  }
})

test('of a submission that may have arrived nothing is sent again, and the hold stays', async () => {
  const life = await openLife({ routes: ['first', 'second'] })
  const id = await life.accept()
  life.upstream.answers.submit.push(broken)
  await life.run(id, () => life.upstream.calls.length > 1 || life.now > 1_800_000_200_000)
  expect(life.upstream.calls).toEqual(['submit'])
  expect((await life.generation(id)).failure).toMatchObject({
    reason: 'outcome_unknown',
    shouldRetry: false,
  })
  expect(await life.attempts(id)).toMatchObject([
    { state: 'unknown', billed: 'unknown', failure: { job: 'possible' } },
  ])
  expect(await life.money()).toEqual({ balance: 0, held: price })
  expect(await life.freed()).toEqual([])
})

test('a submission without an answer in its own time, or with a fault of the adapter, is a maybe', async () => {
  const fault = () => {
    throw new Error(`no such property ${'x'.repeat(1000)}`)
  }
  for (const answer of [silence, fault]) {
    const life = await openLife()
    const id = await life.accept({ deadlineAt: life.now + 10 * deadlineMs })
    life.upstream.answers.submit.push(answer)
    const stepping = life.step(id)
    await life.upstream.asked('submit')
    await life.pass(life.upstream.submitTimeoutMs)
    expect(await stepping).toBe('continue')
    expect(await life.step(id)).toBe('continue')
    const [attempt] = await life.attempts(id)
    expect(attempt).toMatchObject({ state: 'unknown', failure: { kind: 'transient' } })
    expect(attempt?.failure?.note).toMatch(/^(time limit reached|no such property x+)$/)
    expect(attempt?.failure?.note.length).toBeLessThanOrEqual(300)
    expect((await life.generation(id)).failure?.reason).toBe('outcome_unknown')
  }
})

test('what cannot be prepared is not sent; it is tried again and then told', async () => {
  const life = await openLife()
  const id = await life.accept()
  const refused = failed({ job: 'possible', billed: 'unknown' })
  life.upstream.answers.prepare.push(refused, refused, { kind: 'ready', data: { upload: 7 } })
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect(life.upstream.calls).toEqual(['prepare', 'prepare', 'prepare', 'submit'])
  expect(life.upstream.prepared).toEqual([{ upload: 7 }])
  // Whatever the adapter says of it: nothing was sent, so there is no job and no bill.
  const unsent = { state: 'refused', billed: 'no', failure: { job: 'none', billed: 'no' } }
  expect(await life.attempts(id)).toMatchObject([unsent, unsent, { state: 'succeeded' }])
})

test('preparing has the time until the deadline, and what it was given', async () => {
  const life = await openLife()
  const id = await life.accept()
  await life.pass(1000)
  life.upstream.answers.prepare.push((call) => {
    expect(call.timeoutMs).toBe(deadlineMs - 1000)
    return { kind: 'ready', data: null }
  })
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('reference images are on record before the upstream is given them', async () => {
  let isRecorded = false
  let tidied = 0
  const life = await openLife({
    context: {
      check: async () => ({
        ...passed,
        record: async () => void (isRecorded = true),
        afterwards: async () => void (tidied += 1),
      }),
      async imagesOf({ id }) {
        expect(isRecorded).toBe(true)
        expect((await life.generation(id)).checkedAt).toBe(life.now)
        return []
      },
    },
  })
  const { input } = await life.generation(await life.accept())
  const id = await life.accept({ input: { ...input, images: [waiting] } })
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(tidied).toBe(1)
})

test('content is checked once, however often it is sent', async () => {
  let checks = 0
  const life = await openLife({
    context: {
      async check() {
        checks += 1
        return passed
      },
    },
  })
  const id = await life.accept()
  life.upstream.answers.submit.push(failed(), failed(), done)
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(checks).toBe(1)
})

test('a job that was taken is polled by the reference that came with the answer', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push({ ...accepted, ref: { id: 'theirs', extra: [1] } } as never)
  life.upstream.answers.poll.push(finished)
  await life.step(id)
  expect(await life.attempts(id)).toMatchObject([
    { state: 'submitted', billed: 'unknown', ref: { id: 'theirs', extra: [1] } },
  ])
  await life.run(id)
  expect(life.upstream.refs).toEqual([{ id: 'theirs', extra: [1] }])
})

test('D4: neither a stop nor a cancel ends a submission; its answer is still taken', async () => {
  const life = await openLife()
  const id = await life.accept()
  const answer = held<typeof done>()
  life.upstream.answers.submit.push(answer.answer)
  const stop = new AbortController()
  const stepping = life.step(id, stop.signal)
  const call = await answer.asked
  await life.cancel(id)
  stop.abort(new Error('stopped'))
  await expect(stepping).rejects.toThrow('stopped')
  expect(call.signal.aborted).toBe(false)
  const { submissions } = life.process.context
  expect(submissions.count).toBe(1)
  const draining = submissions.drain(1_000_000)
  answer.give(done)
  await draining
  expect(submissions.count).toBe(0)
  expect(await life.attempts(id)).toMatchObject([{ state: 'delivered' }])
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('D4: a drain is bounded, and what is not answered by then is left for a look-up', async () => {
  const life = await openLife({ canFind: true })
  const id = await life.accept()
  life.upstream.answers.submit.push(silence)
  void life.step(id)
  await life.upstream.asked('submit')
  const draining = life.process.context.submissions.drain(5000)
  await life.pass(5000)
  await draining
  life.upstream.answers.find.push({ kind: 'found', ref: { id: 'job' } })
  life.upstream.answers.poll.push(finished)
  await life.crash()
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(life.upstream.jobs).toHaveLength(1)
})
