import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import { createWorkspace } from '../workspaces/workspaces.ts'
import { getGeneration, insertGeneration } from './generation.ts'
import { claim, enqueueHeld, reschedule } from '../jobs/queue.ts'
import { resume } from './resume.ts'
import { sweepEveryMs } from './retention.ts'

const minute = 60_000
const hour = 60 * minute
const start = 1_700_000_000_000
const input = {
  prompt: 'a fox',
  images: [],
  seed: null,
  aspectRatio: '16:9',
  resolution: '480p',
  outputFormat: null,
  duration: 1,
  sound: false,
}
const deadlineAt = start + 15 * minute

let folder: string
let now: number
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-resume-'))
  now = start
  database = await openDatabase(openDataFolder(folder), () => now)
  await database.transaction(resume)
  await addPending()
  await sweepOnce()
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

/** A pending video whose next look is due in a second. */
async function addPending(): Promise<void> {
  await database.transaction(async (tx) => {
    const { id: workspaceId } = await createWorkspace(tx, 'default')
    await insertGeneration(tx, {
      id: 'gen_a',
      workspaceId,
      keyId: 'key_a',
      mode: 'test',
      type: 'video',
      model: 'sandbox-video',
      input,
      status: 'pending',
      checkedAt: null,
      cancelRequestedAt: null,
      price: { unitPriceMicros: 0, quantity: 1, costMicros: 0 },
      idempotencyKey: null,
      requestId: 'req_a',
      progress: null,
      queuePosition: null,
      failure: null,
      upstreamBilled: 'no',
      deadlineAt,
      createdAt: now,
      endedAt: null,
      reconcileUntil: null,
    })
    const job = { id: 'gen_a', kind: 'generation', worker: 'worker_a' } as const
    await reschedule(tx, await enqueueHeld(tx, job), 1000)
  })
}

async function sweepOnce(): Promise<void> {
  const leases = await claim(database, 'worker_a', 10)
  const lease = leases.find(({ kind }) => kind === 'retention')
  if (lease === undefined) throw new Error('the sweep was not due')
  await database.transaction((tx) => reschedule(tx, lease, sweepEveryMs))
}

const deadline = async () => (await getGeneration(database.read, 'gen_a')).deadlineAt
const resumeAt = (instant: number) => {
  now = instant
  return database.transaction(resume)
}

test('a quick restart moves no deadline', async () => {
  for (const afterMs of [0, 1000, 59_000]) {
    expect(await resumeAt(start + afterMs)).toEqual({ shiftedMs: 0, quietUntil: 0 })
    await sweepOnce()
  }
  expect(await deadline()).toBe(deadlineAt)
})

test('a stop, or a clock set forward, is not counted against the work that is pending', async () => {
  const { shiftedMs } = await resumeAt(start + hour)
  expect(shiftedMs).toBe(hour - sweepEveryMs)
  expect(await deadline()).toBe(deadlineAt + hour - sweepEveryMs)
  expect(await deadline()).toBeGreaterThan(now)
})

test('a clock set back does not leave pending work more time than it had', async () => {
  const { shiftedMs } = await resumeAt(start - hour)
  expect(shiftedMs).toBe(-hour)
  expect(await deadline()).toBe(deadlineAt - hour)
  expect((await claim(database, 'worker_a', 10)).map(({ id }) => id)).toContain('gen_a')
})

test('starts that fail one after another count a gap once', async () => {
  await resumeAt(start + hour)
  const once = await deadline()
  for (let index = 1; index <= 20; index += 1) await resumeAt(start + hour + index * 100)
  expect((await deadline()) - once).toBe(2000)
})

test('after more than a day deadlines stay: the work is looked at once more and ends', async () => {
  expect((await resumeAt(start + 25 * hour)).shiftedMs).toBe(0)
  expect(await deadline()).toBe(deadlineAt)
})

test('after a long gap nothing is deleted for ten minutes', async () => {
  expect((await resumeAt(start + hour / 2)).quietUntil).toBe(0)
  expect((await resumeAt(start + 1000 * hour)).quietUntil).toBe(now + 10 * minute)
})
