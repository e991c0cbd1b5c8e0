import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import {
  claim,
  enqueueLeased,
  ensureDue,
  furthestMs,
  finish,
  hasten,
  LeaseLostError,
  leaseMs,
  nextDueAt,
  releaseAll,
  renew,
  reschedule,
  type Lease,
} from './queue.ts'

let folder: string
let now: number
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-queue-'))
  now = 1_000_000
  database = await openDatabase(openDataFolder(folder), () => now)
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const add = (id: string) => database.transaction((tx) => enqueueLeased(tx, id, 'generation'))
const claimIds = async (limit = 10) => (await claim(database, limit)).map(({ id }) => id)

async function claimOne(): Promise<Lease> {
  const [lease] = await claim(database, 1)
  if (lease === undefined) throw new Error('nothing was due')
  return lease
}

test('a job is born held by the one who adds it', async () => {
  const lease = await add('gen_a')
  expect(await claimIds()).toEqual([])
  await database.transaction((tx) => finish(tx, lease))
  expect(await nextDueAt(database.read)).toBeUndefined()
})

test('a job whose worker dies is due again when its lease ends', async () => {
  const dead = await add('gen_a')
  now += leaseMs - 1
  expect(await claimIds()).toEqual([])
  now += 1
  const heir = await claimOne()
  expect(heir.id).toBe('gen_a')
  for (const late of [finish, renew, (tx: never, lease: Lease) => reschedule(tx, lease, 0)]) {
    const write = database.transaction((tx) => late(tx as never, dead))
    await expect(write).rejects.toThrow(LeaseLostError)
  }
  await database.transaction((tx) => finish(tx, heir))
})

test('what a late worker wrote beside its lost lease is rolled back', async () => {
  const dead = await add('gen_a')
  now += leaseMs
  await claimOne()
  const late = database.transaction(async (tx) => {
    await ensureDue(tx, 'side effect', 'retention')
    await finish(tx, dead)
  })
  await expect(late).rejects.toThrow(LeaseLostError)
  expect(await database.read.all('SELECT id FROM jobs')).toEqual([{ id: 'gen_a' }])
})

test('a renewed lease lasts its full time again', async () => {
  const lease = await add('gen_a')
  now += leaseMs - 1
  await database.transaction((tx) => renew(tx, lease))
  now += leaseMs - 1
  expect(await claimIds()).toEqual([])
  await database.transaction((tx) => renew(tx, lease))
})

test('ten claims at once never give one job twice', async () => {
  for (let index = 0; index < 30; index += 1) {
    const lease = await add(`gen_${index}`)
    await database.transaction((tx) => reschedule(tx, lease, 0))
  }
  const claims = await Promise.all(Array.from({ length: 10 }, () => claim(database, 5)))
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
