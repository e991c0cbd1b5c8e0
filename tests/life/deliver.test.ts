import { expect, test } from 'vitest'
import { createRenderer } from '../../packages/sandbox-renderer/src/renderer.ts'
import { fail } from '../../packages/server/src/contract/failure.ts'
import { listOutputs } from '../../packages/server/src/media/outputs.ts'
import type { Downloaded, UpstreamOutput } from '../../packages/server/src/upstreams/upstream.ts'
import { accepted, done, file, finished, finishedElsewhere, pictures } from './support/answers.ts'
import { openLife, type Life, type LifeOptions } from './support/life.ts'
import { deadlineMs, picture, price, startAt } from './support/orders.ts'

const dayMs = 86_400_000
const html = Buffer.from('<!doctype html><title>502</title>'.repeat(20))
const gone: Downloaded = { kind: 'gone', note: '404' }
const away: Downloaded = { kind: 'no_answer', note: '503' }

/** A job whose picture is to be fetched. */
async function finish(options: LifeOptions = {}): Promise<{ life: Life; id: string }> {
  const life = await openLife(options)
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  life.upstream.answers.poll.push(finishedElsewhere)
  return { life, id }
}

test('a picture is fetched, measured and kept for its time', async () => {
  const { life, id } = await finish()
  life.upstream.answers.download.push((call) => {
    expect(call.timeoutMs).toBe(deadlineMs)
    return file()
  })
  await life.run(id)
  expect(await listOutputs(life.database.read, id)).toMatchObject([
    {
      position: 0,
      storageKey: `${id}-1-0`,
      bytes: picture.byteLength,
      mimeType: 'image/jpeg',
      width: 32,
      height: 32,
      deletesAt: startAt + dayMs,
      deletedAt: null,
    },
  ])
  expect(await life.money()).toEqual({ balance: -price, held: 0 })
})

test('a file that vanishes sooner is told to', async () => {
  const soon = startAt + 1000
  const late = startAt + 2 * dayMs
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  life.upstream.answers.poll.push({
    kind: 'done',
    outputs: [
      { kind: 'bytes', bytes: picture, expiresAt: soon },
      { kind: 'remote', source: 1, expiresAt: soon },
      { kind: 'remote', source: 2, expiresAt: late },
    ],
    billed: 'no',
  })
  life.upstream.answers.download.push(file(), file())
  await life.run(id)
  const outputs = await listOutputs(life.database.read, id)
  expect(outputs.map(({ deletesAt }) => deletesAt)).toEqual([soon, soon, startAt + dayMs])
  expect((await life.generation(id)).upstreamBilled).toBe('no')
})

test('a file that came with the answer and lies on disk is kept, not copied', async () => {
  const life = await openLife()
  const id = await life.accept()
  const source = (async function* () {
    yield picture
  })()
  const staged = await life.store.stage(source, { maxBytes: 1e6 })
  life.upstream.answers.submit.push({ ...done, outputs: [{ kind: 'staged', file: staged }] })
  await life.run(id)
  expect(await listOutputs(life.database.read, id)).toMatchObject([{ sha256: staged.sha256 }])
})

test('a film is measured as one', async () => {
  const renderer = createRenderer({})
  const spec = { prompt: 'a fox', seed: 1, width: 128, height: 72, durationSeconds: 1 }
  const film = await renderer.video({ ...spec, sound: false, references: [] })
  await renderer.close()
  const life = await openLife()
  const id = await life.accept({ type: 'video' })
  life.upstream.answers.submit.push({ ...done, outputs: [{ kind: 'bytes', bytes: film }] })
  await life.run(id)
  expect(await listOutputs(life.database.read, id)).toMatchObject([
    { mimeType: 'video/mp4', width: 128, durationMs: 1000, hasSound: false },
  ])
})

test.each<[string, UpstreamOutput[]]>([
  ['no file at all', []],
  ['a page of HTML', [{ kind: 'bytes', bytes: html }]],
  ['a picture that was cut off', [{ kind: 'bytes', bytes: picture.subarray(0, 200) }]],
  ['a good picture and an empty one', [...pictures, { kind: 'bytes', bytes: Buffer.alloc(0) }]],
])('%s is a failure of the upstream, and nothing of it stays', async (_what, outputs) => {
  const life = await openLife()
  const id = await life.accept()
  const useless = { ...done, outputs, billed: 'no' } as const
  life.upstream.answers.submit.push(useless, useless, useless)
  await life.run(id)
  const attempt = { state: 'failed', billed: 'no', delivery: null, failure: { kind: 'useless' } }
  expect(await life.attempts(id)).toMatchObject([attempt, attempt, attempt])
  expect((await life.generation(id)).failure).toMatchObject({
    reason: 'output_unusable',
    shouldRetry: true,
  })
  expect(await life.freed()).toEqual([id])
  expect(await life.store.keysOf(id)).toEqual([])
})

test('a file that is larger than any may be is useless', async () => {
  const { life, id } = await finish({ context: { maxOutputBytes: picture.byteLength - 1 } })
  life.upstream.answers.download.push(file())
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([
    { state: 'failed', failure: { note: 'the result is a file larger than allowed' } },
  ])
})

test('a file as large as any may be is none the less', async () => {
  const { life, id } = await finish({ context: { maxOutputBytes: picture.byteLength } })
  life.upstream.answers.download.push(file())
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('D11: a file that can never be fetched is the failure of the upstream, which was paid', async () => {
  const { life, id } = await finish()
  life.upstream.answers.download.push(gone, gone, gone)
  expect(await life.step(id)).toEqual({ afterMs: 500 })
  expect(await life.attempts(id)).toMatchObject([
    { state: 'delivered', delivery: { billed: 'yes', files: [{ kind: 'remote' }] } },
  ])
  await life.run(id)
  expect(await life.attempts(id)).toMatchObject([
    { state: 'failed', billed: 'yes', delivery: null, failure: { kind: 'useless', job: 'ended' } },
  ])
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'yes',
    failure: { reason: 'output_unusable', shouldRetry: false },
  })
  expect(await life.freed()).toEqual([])
  expect(await life.money()).toEqual({ balance: 0, held: 0 })
})

test('D11: only answers in a row that a file is gone count', async () => {
  const { life, id } = await finish()
  life.upstream.answers.download.push(gone, gone, away, gone, gone, file())
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
})

test('a fetch that fails is repeated, after the wait that was asked for', async () => {
  const { life, id } = await finish()
  const busy: Downloaded = { kind: 'no_answer', note: '429', retryAfterMs: 3000 }
  life.upstream.answers.download.push(away, busy, away, file())
  expect(await life.step(id)).toEqual({ afterMs: 500 })
  expect(await life.step(id)).toEqual({ afterMs: 3000 })
  expect(await life.step(id)).toEqual({ afterMs: 2000 })
  await life.run(id)
  // The job is not asked again: its files may be gone by then.
  expect(life.upstream.calls.filter((call) => call === 'poll')).toHaveLength(1)
  expect((await life.generation(id)).status).toBe('completed')
})

test('a file that breaks off on the way is fetched again, and of several only that one', async () => {
  const life = await openLife()
  const id = await life.accept()
  const remote = (source: number) => ({ kind: 'remote', source }) as const
  life.upstream.answers.submit.push({ ...done, outputs: [remote(1), remote(2)] })
  const broken: Downloaded = {
    kind: 'file',
    body: (async function* () {
      yield picture.subarray(0, 100)
      throw new Error('socket hang up')
    })(),
  }
  life.upstream.answers.download.push(file(), broken, file())
  await life.run(id)
  expect(life.upstream.calls).toEqual(['submit', 'download', 'download', 'download'])
  expect(life.upstream.sources).toEqual([1, 2, 2])
  expect(await listOutputs(life.database.read, id)).toHaveLength(2)
})

test('D6: a result is not fetched with another credential; at the end its bill is told', async () => {
  const { life, id } = await finish()
  life.upstream.answers.download.push(away)
  await life.step(id)
  life.options.accounts = { first: 'OTHER_KEY' }
  await life.crash()
  await life.run(id)
  expect(life.upstream.calls).toEqual(['submit', 'poll', 'download'])
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'yes',
    failure: { reason: 'deadline_exceeded', shouldRetry: false },
  })
  expect(await life.attempts(id)).toMatchObject([
    { state: 'failed', billed: 'yes', delivery: null },
  ])
})

test('a picture that a check withholds ends the generation, and is removed', async () => {
  const withheld = fail('content_policy_violation', 'output_refused', { message: 'withheld' })
  const life = await openLife({ context: { checkOutputs: () => Promise.reject(withheld) } })
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({
    upstreamBilled: 'yes',
    failure: { code: 'content_policy_violation', message: 'withheld', shouldRetry: false },
  })
  expect(await life.attempts(id)).toMatchObject([
    { state: 'failed', billed: 'yes', delivery: null },
  ])
  expect(await life.store.keysOf(id)).toEqual([])
  expect(await life.freed()).toEqual([])
})

test('D3: a check that cannot be made loses no paid picture', async () => {
  let isDown = true
  const down = fail('server_error', 'safety_unavailable', { message: 'down' })
  const life = await openLife({
    context: { checkOutputs: () => (isDown ? Promise.reject(down) : Promise.resolve()) },
  })
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  life.upstream.answers.poll.push(finished)
  await life.run(id, () => life.now > startAt + 2 * deadlineMs)
  expect((await life.generation(id)).status).toBe('pending')
  isDown = false
  await life.run(id)
  expect((await life.generation(id)).status).toBe('completed')
  expect(life.upstream.calls).toEqual(['submit', 'poll'])
})
