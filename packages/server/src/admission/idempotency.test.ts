import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import type { Caller } from '../workspaces/api-keys.ts'
import { defaultLimits } from '../workspaces/workspaces.ts'
import {
  claimKey,
  boundKeys,
  dropExpiredKeys,
  findReplay,
  fingerprintOf,
  freeKey,
  idempotencyTtlMs,
} from './idempotency.ts'

const caller: Caller = {
  keyId: 'key_a',
  workspaceId: 'ws_a',
  mode: 'live',
  scopes: ['generate'],
  limits: defaultLimits,
}
const request = { key: 'order 17', fingerprint: fingerprintOf('image', { prompt: 'a fox' }) }

let folder: string
let now: number
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-idempotency-'))
  now = 1_000_000
  database = await openDatabase(openDataFolder(folder), () => now)
  await database.transaction((tx) => claimKey(tx, caller, request, 'gen_a'))
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const find = (who = caller, asked = request) => findReplay(database.read, who, asked, now)

test('bodies that differ only in the order of fields are the same request', () => {
  const body = { prompt: 'a fox', images: [{ url: 'u', role: 'first_frame' }], seed: 1 }
  const turned = { seed: 1, images: [{ role: 'first_frame', url: 'u' }], prompt: 'a fox' }
  expect(fingerprintOf('image', turned)).toBe(fingerprintOf('image', body))
})

test.each([
  ['another value', 'image', { prompt: 'b', images: [1, 2] }],
  ['another order of a list', 'image', { prompt: 'a', images: [2, 1] }],
  ['one field more', 'image', { prompt: 'a', images: [1, 2], seed: null }],
  ['another type of value', 'image', { prompt: 'a', images: ['1', 2] }],
  ['another operation', 'video', { prompt: 'a', images: [1, 2] }],
])('%s is another request', (_what, operation, body) => {
  expect(fingerprintOf(operation, body)).not.toBe(
    fingerprintOf('image', { prompt: 'a', images: [1, 2] }),
  )
})

test('a key stands for its generation for a day, and then for nothing', async () => {
  expect(await find()).toBe('gen_a')
  now += idempotencyTtlMs - 1
  expect(await find()).toBe('gen_a')
  now += 1
  expect(await find()).toBeUndefined()
  await database.transaction((tx) => claimKey(tx, caller, request, 'gen_b'))
  expect(await find()).toBe('gen_b')
})

test('of requests with one key that come at once, one gets it and the others its generation', async () => {
  const twice = { ...request, key: 'at once' }
  const ids = Array.from({ length: 20 }, (_, index) => `gen_${index}`)
  const found = await Promise.all(
    ids.map((id) => database.transaction((tx) => claimKey(tx, caller, twice, id))),
  )
  expect(found.filter((id) => id === undefined)).toHaveLength(1)
  const first = ids[found.indexOf(undefined)]
  expect(new Set(found)).toEqual(new Set([undefined, first]))
  const other = { ...twice, fingerprint: fingerprintOf('image', { prompt: 'an owl' }) }
  const claimed = database.transaction((tx) => claimKey(tx, caller, other, 'gen_x'))
  await expect(claimed).rejects.toMatchObject({ param: 'Idempotency-Key' })
})

test('a key that stands for another request is refused, and the parameter is named', async () => {
  const other = { ...request, fingerprint: fingerprintOf('image', { prompt: 'an owl' }) }
  await expect(find(caller, other)).rejects.toMatchObject({
    code: 'invalid_parameter',
    param: 'Idempotency-Key',
  })
})

test('keys of other workspaces, and of test keys, are others', async () => {
  expect(await find({ ...caller, workspaceId: 'ws_b' })).toBeUndefined()
  expect(await find({ ...caller, mode: 'test' })).toBeUndefined()
})

test('a key is freed for its own generation only', async () => {
  await database.transaction((tx) => freeKey(tx, caller, request.key, 'gen_b'))
  expect(await find()).toBe('gen_a')
  await database.transaction((tx) => freeKey(tx, caller, request.key, 'gen_a'))
  expect(await find()).toBeUndefined()
})

test('a key of a clock that was ahead lives no longer than a day from the start', async () => {
  now -= 365 * idempotencyTtlMs
  await database.transaction(boundKeys)
  now += idempotencyTtlMs - 1
  expect(await find()).toBe('gen_a')
  now += 1
  expect(await find()).toBeUndefined()
})

test('the sweep drops keys past their time and no others', async () => {
  now += idempotencyTtlMs / 2
  await database.transaction((tx) => claimKey(tx, caller, { ...request, key: 'later' }, 'gen_b'))
  now += idempotencyTtlMs / 2
  await database.transaction(dropExpiredKeys)
  const rows = await database.read.all<{ key: string }>('SELECT key FROM idempotency_keys')
  expect(rows).toEqual([{ key: 'later' }])
})
