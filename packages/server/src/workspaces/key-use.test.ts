import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import { addKey, findKey, newSecret } from './api-keys.ts'
import { createKeyUse, type KeyUse } from './key-use.ts'
import { createWorkspace } from './workspaces.ts'

let folder: string
let now: number
let database: Database
let use: KeyUse
let faults: unknown[]
let keyIds: string[]
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  folder = mkdtempSync(join(tmpdir(), 'filmgate-use-'))
  now = 1000
  faults = []
  database = await openDatabase(openDataFolder(folder))
  keyIds = await database.transaction(async (tx) => {
    const { id: workspaceId } = await createWorkspace(tx, 'studio')
    const ids: string[] = []
    for (let count = 0; count < 250; count += 1) {
      ids.push((await addKey(tx, { workspaceId, name: 'k', secret: newSecret('live') })).id)
    }
    return ids
  })
  use = createKeyUse({ database, clock: () => now, onFault: (error) => faults.push(error) })
})
afterEach(async () => {
  await use.stop()
  await database.close()
  rmSync(folder, { recursive: true })
  vi.useRealTimers()
})

const lastUsed = () =>
  Promise.all(keyIds.map(async (id) => (await findKey(database.read, id))?.lastUsedAt))
/** Whatever was asked of the database before has been done after this. */
const settled = () => database.transaction(async () => {})

test('uses are written once a minute, the latest of each key, and not before', async () => {
  for (const id of keyIds) use.record(id)
  now = 2000
  for (const id of keyIds) use.record(id)
  vi.advanceTimersByTime(59_999)
  await settled()
  expect(new Set(await lastUsed())).toEqual(new Set([null]))
  vi.advanceTimersByTime(1)
  // More keys than go into one transaction, each of which is asked for when the one before is done.
  for (let round = 0; round < 3; round += 1) await settled()
  expect(new Set(await lastUsed())).toEqual(new Set([2000]))
})

test('what is not written yet is written at the stop', async () => {
  const [id = ''] = keyIds
  use.record(id)
  await use.stop()
  expect((await lastUsed())[0]).toBe(1000)
})

test('a write that fails is told, and made up for by the next', async () => {
  const [id = ''] = keyIds
  use.record(id)
  await database.transaction((tx) => tx.run('ALTER TABLE api_keys RENAME TO elsewhere'))
  vi.advanceTimersByTime(60_000)
  while (faults.length === 0) await settled()
  await database.transaction((tx) => tx.run('ALTER TABLE elsewhere RENAME TO api_keys'))
  expect((await lastUsed())[0]).toBeNull()
  await use.stop()
  expect((await lastUsed())[0]).toBe(1000)
})
