import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import type { Caller } from '../workspaces/api-keys.ts'
import { defaultLimits } from '../workspaces/workspaces.ts'
import { countInFlight, freeSlot, takeSlot } from './concurrency.ts'
import { readRate, takeRate, type RateKind } from './rate-limit.ts'

const start = 1_000_000_000_000
const limits = { ...defaultLimits, imagesPerMinute: 3, videosPerMinute: 1, concurrency: 2 }
const caller: Caller = {
  keyId: 'key_a',
  workspaceId: 'ws_a',
  mode: 'live',
  scopes: ['generate'],
  limits,
}
const refused = { code: 'rate_limit' }

let folder: string
let now: number
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-rate-'))
  now = start
  database = await openDatabase(openDataFolder(folder), () => now)
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const take = (who = caller, kind: RateKind = 'image') =>
  database.transaction((tx) => takeRate(tx, who, kind))

test('the window starts with its first request, counts down, refuses, and starts anew after 60 s', async () => {
  expect(await take()).toEqual({ limit: 3, remaining: 2, resetAtSeconds: start / 1000 + 60 })
  now += 10_000
  expect(await take()).toMatchObject({ remaining: 1, resetAtSeconds: start / 1000 + 60 })
  expect(await take()).toMatchObject({ remaining: 0 })
  await expect(take()).rejects.toMatchObject({ ...refused, retryAfterMs: 50_000 })

  now = start + 59_999
  await expect(take()).rejects.toMatchObject({ ...refused, retryAfterMs: 1 })
  now = start + 60_000
  expect(await take()).toEqual({ limit: 3, remaining: 2, resetAtSeconds: start / 1000 + 120 })
})

test.each([
  ['the last millisecond of the window', 59_999, 1, start / 1000 + 60],
  ['60 s to the millisecond', 60_000, 3, start / 1000 + 120],
  ['a millisecond more', 60_001, 3, start / 1000 + 121],
])('at %s, who only looks is told what who takes will get', async (_when, ms, left, reset) => {
  await take()
  await take()
  now = start + ms
  expect(await readRate(database.read, caller, 'image', now)).toEqual({
    limit: 3,
    remaining: left,
    resetAtSeconds: reset,
  })
  expect(await take()).toEqual({ limit: 3, remaining: left - 1, resetAtSeconds: reset })
})

test('a used-up window of a clock that was ahead counts as ended, and the limit holds again', async () => {
  for (const _ of [1, 2, 3]) await take()
  now -= 3_600_000
  expect(await readRate(database.read, caller, 'image', now)).toMatchObject({ remaining: 3 })
  for (const _ of [1, 2, 3]) await take()
  await expect(take()).rejects.toMatchObject({ ...refused, retryAfterMs: 60_000 })
  now += 60_000
  expect(await take()).toMatchObject({ remaining: 2 })
})

test('a refused request counts nothing', async () => {
  for (const _ of [1, 2, 3]) await take()
  for (const _ of [1, 2, 3]) await expect(take()).rejects.toMatchObject(refused)
  expect(await readRate(database.read, caller, 'image', now)).toMatchObject({ remaining: 0 })
  const raised = { ...caller, limits: { ...limits, imagesPerMinute: 4 } }
  expect(await take(raised)).toMatchObject({ remaining: 0 })
})

test('a request whose transaction fails counts nothing', async () => {
  const failing = database.transaction(async (tx) => {
    await takeRate(tx, caller, 'image')
    throw new Error('refused for another reason')
  })
  await expect(failing).rejects.toThrow('another reason')
  expect(await readRate(database.read, caller, 'image', now)).toMatchObject({ remaining: 3 })
})

test('images and videos, workspaces, and live and test keys do not share a window', async () => {
  await take(caller, 'video')
  await expect(take(caller, 'video')).rejects.toMatchObject(refused)
  expect(await take(caller, 'image')).toMatchObject({ remaining: 2 })
  expect(await take({ ...caller, mode: 'test' }, 'video')).toMatchObject({ remaining: 0 })
  expect(await take({ ...caller, workspaceId: 'ws_b' }, 'video')).toMatchObject({ remaining: 0 })
})

test('dry runs have windows of their own, as large as those of what they ask about', async () => {
  for (const _ of [1, 2, 3]) await take(caller, 'image_quote')
  const tooMany = { ...refused, reason: 'image_quotes_per_minute' }
  await expect(take(caller, 'image_quote')).rejects.toMatchObject(tooMany)
  await take(caller, 'video_quote')
  const one = { ...refused, reason: 'video_quotes_per_minute' }
  await expect(take(caller, 'video_quote')).rejects.toMatchObject(one)
  expect(await take(caller, 'image')).toMatchObject({ remaining: 2 })
  expect(await take(caller, 'video')).toMatchObject({ remaining: 0 })
})

test('a limit of nothing refuses the first request', async () => {
  const barred = { ...caller, limits: { ...limits, imagesPerMinute: 0, concurrency: 0 } }
  await expect(take(barred)).rejects.toMatchObject(refused)
  await expect(database.transaction((tx) => takeSlot(tx, barred))).rejects.toMatchObject(refused)
})

test('five hundred at once take exactly the limit', async () => {
  const wide = { ...caller, limits: { ...limits, imagesPerMinute: 60 } }
  const outcomes = await Promise.allSettled(Array.from({ length: 500 }, () => take(wide)))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(60)
})

test('slots are taken up to the limit, and a freed one can be taken again', async () => {
  const takeOne = () => database.transaction((tx) => takeSlot(tx, caller))
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, takeOne))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  await database.transaction((tx) => freeSlot(tx, caller))
  await takeOne()
  await expect(takeOne()).rejects.toMatchObject(refused)
  expect(await countInFlight(database.read, 'ws_a', 'live')).toBe(2)
  expect(await countInFlight(database.read, 'ws_a', 'test')).toBe(0)
})

test('a slot that comes free is one of its own workspace and mode', async () => {
  const owners = [caller, { ...caller, mode: 'test' as const }, { ...caller, workspaceId: 'ws_b' }]
  for (const owner of owners) await database.transaction((tx) => takeSlot(tx, owner))
  await database.transaction((tx) => freeSlot(tx, caller))
  const left = owners.map(({ workspaceId, mode }) =>
    countInFlight(database.read, workspaceId, mode),
  )
  expect(await Promise.all(left)).toEqual([0, 1, 1])
})
