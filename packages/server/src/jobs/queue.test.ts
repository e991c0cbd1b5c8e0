import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import type { Lease } from './job.ts'
import {
  aliveMs,
  assertHeld,
  claim,
  enqueueHeld,
  ensureDue,
  finish,
  furthestMs,
  hasten,
  LeaseLostError,
  nextDueAt,
  releaseAll,
  reschedule,
} from './queue.ts'
import { enlist, retire, stayAlive, takeBack } from './workers.ts'

let folder: string
let now: number
let database: Database
let worker: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-queue-'))
  now = 1_000_000
  database = await openDatabase(openDataFolder(folder), () => now)
  worker = await database.transaction(enlist)
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const add = (id: string) =>
  database.transaction((tx) => enqueueHeld(tx, { id, kind: 'generation', worker }))
const claimIds = async (limit = 10) => (await claim(database, worker, limit)).map(({ id }) => id)

async function claimOne(): Promise<Lease> {
  const [lease] = await claim(database, worker, 1)
  if (lease === undefined) throw new Error('nothing was due')
  return lease
}

test('a job is born held by the one who adds it', async () => {
  const lease = await add('gen_a')
  expect(await claimIds()).toEqual([])
  await database.transaction((tx) => finish(tx, lease))
  expect(await nextDueAt(database.read)).toBeUndefined()
})

test('the jobs of a worker that falls silent are taken back by another, and by that alone', async () => {
  const dead = await add('gen_a')
  const heir = await database.transaction(enlist)
  now += aliveMs - 1
  await database.transaction((tx) => stayAlive(tx, heir))
  expect(await database.transaction((tx) => takeBack(tx, heir))).toBe(0)
  now += 1
  expect(await claimIds()).toEqual([])
  expect(await database.transaction((tx) => takeBack(tx, heir))).toBe(1)
  expect(await database.transaction((tx) => stayAlive(tx, worker))).toBe(false)
  const [lease] = await claim(database, heir, 1)
  expect(lease?.id).toBe('gen_a')
  for (const late of [finish, assertHeld, (tx: never, held: Lease) => reschedule(tx, held, 0)]) {
    const write = database.transaction((tx) => late(tx as never, dead))
    await expect(write).rejects.toThrow(LeaseLostError)
  }
})

test('one word of its worker keeps all its jobs, however many', async () => {
  for (const id of ['gen_a', 'gen_b', 'gen_c']) await add(id)
  const other = await database.transaction(enlist)
  now += aliveMs - 1
  expect(await database.transaction((tx) => stayAlive(tx, worker))).toBe(true)
  now += aliveMs - 1
  await database.transaction((tx) => stayAlive(tx, other))
  expect(await database.transaction((tx) => takeBack(tx, other))).toBe(0)
  expect(await claimIds()).toEqual([])
})

test('a worker never takes back its own jobs, however long it was frozen', async () => {
  await add('gen_a')
  now += 100 * aliveMs
  expect(await database.transaction((tx) => takeBack(tx, worker))).toBe(0)
  expect(await claimIds()).toEqual([])
})

test('a worker whose clock was ahead is gone as well', async () => {
  now += 100 * aliveMs
  await add('gen_a')
  await database.transaction((tx) => stayAlive(tx, worker))
  now -= 100 * aliveMs
  const heir = await database.transaction(enlist)
  expect(await database.transaction((tx) => takeBack(tx, heir))).toBe(1)
})

test('a worker that retires gives back all its jobs, and those of others stay', async () => {
  await add('gen_a')
  const other = await database.transaction(enlist)
  await database.transaction((tx) =>
    enqueueHeld(tx, { id: 'gen_b', kind: 'generation', worker: other }),
  )
  await database.transaction((tx) => retire(tx, worker))
  expect(await claimIds()).toEqual(['gen_a'])
})

test('what a late worker wrote beside its lost lease is rolled back', async () => {
  const dead = await add('gen_a')
  await database.transaction((tx) => retire(tx, worker))
  await claimOne()
  const late = database.transaction(async (tx) => {
    await ensureDue(tx, 'side effect', 'retention')
    await finish(tx, dead)
  })
  await expect(late).rejects.toThrow(LeaseLostError)
  expect(await database.read.all('SELECT id FROM jobs')).toEqual([{ id: 'gen_a' }])
})

test('ten claims at once never give one job twice', async () => {
  for (let index = 0; index < 30; index += 1) {
    const lease = await add(`gen_${index}`)
    await database.transaction((tx) => reschedule(tx, lease, 0))
  }
  const claims = await Promise.all(Array.from({ length: 10 }, () => claim(database, worker, 5)))
  const ids = claims.flat().map(({ id }) => id)
  expect(ids).toHaveLength(30)
  expect(new Set(ids).size).toBe(30)
})

test('jobs are claimed when they are due, the longest due first', async () => {
  for (const [id, afterMs] of Object.entries({ gen_c: 300, gen_a: 100, gen_b: 200 })) {
    const lease = await add(id)
    await database.transaction((tx) => reschedule(tx, lease, afterMs))
  }
  expect(await nextDueAt(database.read)).toBe(now + 100)
  now += 200
  expect(await claimIds(1)).toEqual(['gen_a'])
  expect(await claimIds()).toEqual(['gen_b'])
  expect(await claimIds()).toEqual([])
})

test('a waiting job can be hastened, a held one cannot', async () => {
  const waiting = await add('gen_waiting')
  await database.transaction((tx) => reschedule(tx, waiting, 30_000))
  await add('gen_held')
  await database.transaction(async (tx) => {
    await hasten(tx, 'gen_waiting')
    await hasten(tx, 'gen_held')
  })
  expect(await claimIds()).toEqual(['gen_waiting'])
})

test('a new owner of the folder takes back what was held, and leaves timers as they are', async () => {
  const dead = await add('gen_held')
  const timed = await add('gen_timed')
  await database.transaction((tx) => reschedule(tx, timed, 30_000))
  await database.transaction(releaseAll)
  expect(await claimIds()).toEqual(['gen_held'])
  await expect(database.transaction((tx) => finish(tx, dead))).rejects.toThrow(LeaseLostError)
  now += 30_000
  expect(await claimIds()).toEqual(['gen_timed'])
})

test('a job with a fixed id is there once, and due whenever that is asked for', async () => {
  await database.transaction((tx) => ensureDue(tx, 'retention', 'retention'))
  const lease = await claimOne()
  await database.transaction((tx) => reschedule(tx, lease, 5000))
  now += 1000
  await database.transaction((tx) => ensureDue(tx, 'retention', 'retention'))
  expect(await nextDueAt(database.read)).toBe(now)
  expect(await claimIds()).toEqual(['retention'])
})

test('no job is put off for longer than ten minutes', async () => {
  const lease = await add('gen_a')
  await database.transaction((tx) => reschedule(tx, lease, 365 * 24 * 3_600_000))
  expect(await nextDueAt(database.read)).toBe(now + furthestMs)
})

test('a job that lies further ahead than any is ever put off is due, behind those that are', async () => {
  const misdated = await add('gen_misdated')
  await database.transaction((tx) => reschedule(tx, misdated, furthestMs))
  now -= 1
  expect(await nextDueAt(database.read)).toBe(now + furthestMs + 1)
  await add('gen_held')
  const due = await add('gen_due')
  await database.transaction((tx) => reschedule(tx, due, 0))
  expect(await claimIds(1)).toEqual(['gen_due'])
  expect(await claimIds()).toEqual(['gen_misdated'])
})

test('after the clock was set back between two gateways, the new one finds everything due', async () => {
  await add('gen_held')
  const timed = await add('gen_timed')
  await database.transaction((tx) => reschedule(tx, timed, 1000))
  now -= 3_600_000
  await database.transaction(releaseAll)
  expect((await claimIds()).toSorted()).toEqual(['gen_held', 'gen_timed'])
})
