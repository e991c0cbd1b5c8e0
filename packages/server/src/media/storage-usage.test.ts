import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import { insertOutput, type Output } from './outputs.ts'
import { insertReferenceFiles } from './reference-files.ts'
import {
  auditStorage,
  findNextDeletion,
  formatBytes,
  getStoredBytes,
  recordDeleted,
} from './storage-usage.ts'

const owner = { workspaceId: 'ws_a', mode: 'test' }
let folder: string
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-storage-'))
  database = await openDatabase(openDataFolder(folder))
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const fileOf = (generationId: string, bytes: number, deletesAt: number): Output => ({
  generationId,
  position: 0,
  storageKey: `${generationId}-0.png`,
  sha256: 'x',
  bytes,
  mimeType: 'image/png',
  width: 1,
  height: 1,
  durationMs: null,
  fps: null,
  hasSound: null,
  deletesAt,
  deletedAt: null,
})
const keep = (file: Output, who = owner) =>
  database.transaction((tx) => insertOutput(tx, file, who))
const reference = { ...fileOf('gen_ref', 7, 50), role: 'reference_image' as const }
const stored = (who = owner) => getStoredBytes(database.read, who)

test('each kept file is counted once, for its owner, until it is deleted', async () => {
  await keep(fileOf('gen_a', 100, 10))
  await keep(fileOf('gen_b', 20, 90))
  await keep(fileOf('gen_c', 3, 90), { ...owner, mode: 'live' })
  const keepReference = () =>
    database.transaction((tx) => insertReferenceFiles(tx, [reference], owner))
  await keepReference()
  // What follows a crash between the two.
  await keepReference()
  expect(await stored()).toBe(127)
  expect(await stored({ ...owner, mode: 'live' })).toBe(3)
  expect(await findNextDeletion(database.read, owner)).toBe(10)
  for (const _ of ['once', 'again']) {
    await database.transaction((tx) => recordDeleted(tx, 'outputs', fileOf('gen_a', 100, 10)))
    await database.transaction((tx) => recordDeleted(tx, 'reference_images', reference))
  }
  expect(await stored()).toBe(20)
  expect(await findNextDeletion(database.read, owner)).toBe(90)
  expect(await findNextDeletion(database.read, { ...owner, workspaceId: 'ws_b' })).toBeUndefined()
  expect(await auditStorage(database.read)).toEqual([])
})

test('a hundred files kept at once add up', async () => {
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => keep(fileOf(`gen_${index}`, index, 10))),
  )
  expect(await stored()).toBe(4950)
  expect(await auditStorage(database.read)).toEqual([])
})

test('a file whose transaction fails is not counted', async () => {
  const failing = database.transaction(async (tx) => {
    await insertOutput(tx, fileOf('gen_a', 100, 10), owner)
    throw new Error('something else')
  })
  await expect(failing).rejects.toThrow('something else')
  expect(await stored()).toBe(0)
})

test('a count that is not the sum of the files is told apart', async () => {
  await keep(fileOf('gen_a', 100, 10))
  await database.transaction((tx) => tx.run('UPDATE storage_usage SET bytes = 99'))
  expect(await auditStorage(database.read)).toEqual([
    'workspace ws_a test: 99 bytes counted as kept, its files sum to 100',
  ])
  await database.transaction((tx) => tx.run('DELETE FROM storage_usage'))
  expect(await auditStorage(database.read)).toHaveLength(1)
})

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1 kB'],
  [1_250_000, '1.25 MB'],
  [1_000_999_999, '1 GB'],
  [999_999_999, '999.999 MB'],
  [100_000_000_000, '100 GB'],
  [2_500_000_000_000, '2.5 TB'],
])('%i bytes are written %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
