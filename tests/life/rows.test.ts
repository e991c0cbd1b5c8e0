import { expect, test } from 'vitest'
import { auditAttempts, listAudited } from '../../packages/server/src/generations/audit.ts'
import { billedByAll, findAttempt } from '../../packages/server/src/generations/attempt.ts'
import {
  findGeneration,
  forgetContent,
  getGeneration,
  recordChecked,
  recordEnd,
  recordProgress,
  requestCancel,
  shiftDeadlines,
} from '../../packages/server/src/generations/generation.ts'
import { settleCompleted, settleFailed } from '../../packages/server/src/generations/settle.ts'
import { cancelledFailure } from '../../packages/server/src/generations/failures.ts'
import {
  toListedView,
  toView,
  type ViewContext,
} from '../../packages/server/src/generations/view.ts'
import { insertOutput, type Output } from '../../packages/server/src/media/outputs.ts'
import type { Attempt } from '../../packages/server/src/generations/attempt.ts'
import type { Billed } from '../../packages/server/src/upstreams/upstream.ts'
import { accepted, done, failed } from './support/answers.ts'
import { openLife, type Life } from './support/life.ts'
import { deadlineMs, startAt } from './support/orders.ts'

const end = { status: 'failed', failure: null, upstreamBilled: 'no', reconcileUntil: null } as const

test('a generation that does not exist is found by nobody, and missed where it must be there', async () => {
  const life = await openLife()
  expect(await findGeneration(life.database.read, 'gen_x')).toBeUndefined()
  await expect(getGeneration(life.database.read, 'gen_x')).rejects.toThrow(
    'generation gen_x does not exist',
  )
  expect(await findAttempt(life.database.read, 'att_x')).toBeUndefined()
})

test('after its end nothing of it changes any more', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  const before = await life.generation(id)
  await life.pass(1000)
  await life.database.transaction(async (tx) => {
    expect(await recordEnd(tx, id, end)).toBe(false)
    expect(await requestCancel(tx, id)).toBe(false)
    await recordChecked(tx, before)
    await shiftDeadlines(tx, 1000)
  })
  expect(await life.generation(id)).toEqual(before)
})

test('an end that comes second moves no money and keeps no file', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  const generation = await life.generation(id)
  await life.cancel(id)
  life.upstream.answers.cancel.push('cancelled')
  await life.run(id)
  const before = await life.money()
  const { hooks } = life.process.context
  const lease = { id: 'gen_other', kind: 'generation', token: 'none' } as const
  await expect(
    life.database.transaction((tx) =>
      settleCompleted(tx, { generation, lease, outputs: [], upstreamBilled: 'yes', hooks }),
    ),
  ).rejects.toThrow('lease')
  await expect(
    life.database.transaction((tx) =>
      settleFailed(tx, {
        generation,
        lease,
        failure: cancelledFailure(),
        upstreamBilled: 'no',
        isOpen: false,
        hooks,
      }),
    ),
  ).rejects.toThrow('lease')
  expect(await life.money()).toEqual(before)
})

test('with its end, what was told of its progress is forgotten', async () => {
  const life = await openLife()
  const id = await life.accept()
  await life.database.transaction((tx) =>
    recordProgress(tx, id, { progress: 0.5, queuePosition: 2 }),
  )
  expect(await life.generation(id)).toMatchObject({ progress: 0.5, queuePosition: 2 })
  life.upstream.answers.submit.push(done)
  await life.run(id)
  expect(await life.generation(id)).toMatchObject({ progress: null, queuePosition: null })
})

test('deadlines of what is pending are moved, and of nothing else', async () => {
  const life = await openLife()
  const [ended, running] = [await life.accept(), await life.accept()]
  life.upstream.answers.submit.push(done)
  await life.run(ended)
  await life.database.transaction((tx) => shiftDeadlines(tx, -5000))
  expect((await life.generation(running)).deadlineAt).toBe(startAt + deadlineMs - 5000)
  expect((await life.generation(ended)).deadlineAt).toBe(startAt + deadlineMs)
})

test('content that is forgotten leaves what was ordered', async () => {
  const life = await openLife()
  const { input } = await life.generation(await life.accept())
  const images = [{ url: 'https://a.example/1.png', role: 'first_frame' as const }]
  const id = await life.accept({ input: { ...input, images } })
  const generation = await life.generation(id)
  await life.database.transaction((tx) => forgetContent(tx, generation))
  expect((await life.generation(id)).input).toEqual({
    ...input,
    prompt: '',
    images: [{ url: '', role: 'first_frame' }],
  })
})

test('what the attempts cost together is the worst of them', () => {
  // Only the bill is read.
  const of = (...bills: Billed[]) => billedByAll(bills.map((billed) => ({ billed }) as Attempt))
  expect(of()).toBe('no')
  expect(of('no', 'no')).toBe('no')
  expect(of('no', 'unknown')).toBe('unknown')
  expect(of('unknown', 'yes', 'no')).toBe('yes')
})

test('the audit sees every generation, whether it has a job, and what is still open', async () => {
  const life = await openLife()
  const [completed, open, running] = [await life.accept(), await life.accept(), await life.accept()]
  life.upstream.answers.submit.push(done, failed({ job: 'possible', billed: 'unknown' }))
  await life.run(completed)
  await life.step(open)
  await life.step(open)
  const rows = await listAudited(life.database.read)
  const of = (id: string) => rows.find((row) => row.id === id)
  expect(of(completed)).toMatchObject({
    status: 'completed',
    mode: 'live',
    costMicros: 40_000,
    isReconciling: false,
    hasJob: false,
  })
  expect(of(open)).toMatchObject({ status: 'failed', isReconciling: true, hasJob: true })
  expect(of(running)).toMatchObject({ status: 'pending', isReconciling: false, hasJob: true })
})

test('two attempts that may both have a job are found by the audit', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(failed(), accepted)
  await life.run(id, () => life.upstream.jobs.length === 2)
  expect(await auditAttempts(life.database.read)).toEqual([])
  await life.database.transaction((tx) => tx.run("UPDATE attempts SET state = 'unknown'"))
  const problem = `generation ${id}: 2 attempts may have a job at once`
  expect(await auditAttempts(life.database.read)).toEqual([problem])
  life.problems.push(problem)
})

function viewOf(life: Life): ViewContext {
  return {
    read: life.database.read,
    urls: {
      sign: ({ generationId, position, expiresAt }) => `${generationId}/${position}?${expiresAt}`,
      isValid: () => false,
    },
    clock: () => life.now,
    urlTtlMs: 1000,
    toErrorObject: ({ code, message, param }, { id }) => ({
      code,
      message: `${message} (${id})`,
      param,
      type: 'invalid_request_error',
      doc_url: '',
    }),
  }
}

test('a pending generation shows how far it is, where that is known', async () => {
  const life = await openLife()
  const id = await life.accept()
  const view = async () => toView(viewOf(life), await life.generation(id))
  expect(await view()).toEqual({ id, status: 'pending' })
  await life.database.transaction((tx) => recordProgress(tx, id, { progress: 0, queuePosition: 0 }))
  expect(await view()).toEqual({ id, status: 'pending', progress: 0, queue_position: 0 })
})

test('a failed one shows why, and one without a reason is a fault of ours', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(failed({ kind: 'moderated', job: 'ended' }))
  await life.run(id)
  const generation = await life.generation(id)
  expect(await toView(viewOf(life), generation)).toMatchObject({
    id,
    status: 'failed',
    error: { code: 'content_policy_violation', message: expect.stringContaining(id) },
  })
  await expect(toView(viewOf(life), { ...generation, failure: null })).rejects.toThrow(
    `generation ${id} failed without a reason`,
  )
})

test('a completed image shows its files, and links that stay equal for a while', async () => {
  const life = await openLife()
  const id = await life.accept()
  life.upstream.answers.submit.push(done)
  await life.run(id)
  const generation = await life.generation(id)
  const context = viewOf(life)
  const url = (expiresAt: number) => `${id}/0?${expiresAt}`
  expect(await toListedView(context, generation)).toEqual({
    id,
    status: 'completed',
    model: 'm',
    type: 'image',
    created_at: new Date(startAt).toISOString(),
    usage: { total_cost: 0.04, billable_unit: 'image', unit_price: 0.04, quantity: 1 },
    data: [
      {
        url: url(startAt + 2000),
        width: 32,
        height: 32,
        mime_type: 'image/jpeg',
        deletes_at: new Date(startAt + 86_400_000).toISOString(),
      },
    ],
  })
  await life.pass(999)
  expect(await toView(context, generation)).toMatchObject({ data: [{ url: url(startAt + 2000) }] })
  await life.pass(1)
  expect(await toView(context, generation)).toMatchObject({ data: [{ url: url(startAt + 3000) }] })
  // Never longer than the file is there.
  await life.pass(86_400_000)
  expect(await toView(context, generation)).toMatchObject({
    data: [{ url: url(startAt + 86_400_000) }],
  })
  // Of a row that lost its end the beginning is taken.
  expect(await toView(context, { ...generation, endedAt: null })).toMatchObject({
    data: [{ url: url(startAt + 86_400_000) }],
  })
})

test('a completed film shows what was measured, and one that was not is a fault of ours', async () => {
  const life = await openLife()
  const id = await life.accept({ type: 'video', createdAt: startAt - 5000 })
  life.upstream.answers.submit.push(accepted)
  await life.step(id)
  const generation = await life.generation(id)
  const output: Output = {
    generationId: id,
    position: 0,
    storageKey: `${id}-1-0`,
    sha256: '',
    bytes: 0,
    mimeType: 'video/mp4',
    width: 64,
    height: 36,
    durationMs: 1500,
    fps: 24,
    hasSound: true,
    deletesAt: startAt + 1_000_000,
    deletedAt: null,
  }
  await life.database.transaction((tx) => insertOutput(tx, output, generation))
  const completed = { ...generation, status: 'completed' } as const
  expect(await toView(viewOf(life), completed)).toMatchObject({
    data: [{ duration: 1.5, fps: 24, has_sound: true, url: `${id}/0?${startAt + 2000}` }],
    usage: { billable_unit: 'video_second' },
  })
  for (const column of ['duration_ms', 'fps', 'has_sound']) {
    await life.database.transaction(async (tx) => {
      await tx.run('UPDATE outputs SET duration_ms = 1500, fps = 24, has_sound = 1')
      await tx.run(`UPDATE outputs SET ${column} = NULL`)
    })
    await expect(toView(viewOf(life), completed)).rejects.toThrow('never measured as a video')
  }
  await life.database.transaction((tx) => tx.run('DELETE FROM outputs'))
  await life.database.transaction((tx) => tx.run('DELETE FROM storage_usage'))
})
