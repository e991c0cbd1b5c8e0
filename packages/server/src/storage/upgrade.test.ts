import { DatabaseSync } from '@photostructure/sqlite'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { auditSpending, getSpending } from '../ledger/spending.ts'
import { auditStorage, getStoredBytes } from '../media/storage-usage.ts'
import { listCountOwners } from '../upstreams/sandbox/rehearsal.ts'
import { listKeys } from '../workspaces/api-keys.ts'
import { findWorkspace } from '../workspaces/workspaces.ts'
import { openDatabase, openDataFolder, type DataFolder } from './data-folder.ts'

const migrations = new URL('../../migrations/', import.meta.url)
const day = Date.UTC(2026, 10, 22)
let folder: DataFolder
beforeEach(() => {
  folder = openDataFolder(mkdtempSync(join(tmpdir(), 'filmgate-upgrade-')))
})
afterEach(() => rmSync(folder.path, { recursive: true }))

/** A database as a Filmgate of schema 2 left it, with a generation done, one running and one of a test key. */
function makeOldDatabase(): void {
  const database = new DatabaseSync(folder.databaseFile)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('CREATE TABLE schema_migrations (version, name, applied_at)')
  for (const [index, file] of ['0001-foundation.sql', '0002-safety.sql'].entries()) {
    database.exec(readFileSync(new URL(file, migrations), 'utf8'))
    database.exec(`INSERT INTO schema_migrations VALUES (${index + 1}, '${file}', 1)`)
  }
  const generation = (id: string, mode: string) =>
    database.exec(
      `INSERT INTO generations (id, workspace_id, key_id, mode, type, model, input, status,
         unit_price_micros, quantity, cost_micros, request_id, upstream_billed, deadline_at, created_at)
       VALUES ('${id}', 'ws_a', 'key_a', '${mode}', 'image', 'm', '{}', 'completed', 10, 1, 10, 'r', 'no', 1, ${day + 5})`,
    )
  const file = (id: string, bytes: number, deletedAt: string) =>
    database.exec(
      `INSERT INTO outputs VALUES ('${id}', 0, '${id}-0.png', 'x', ${bytes}, 'image/png', 1, 1,
         NULL, NULL, NULL, 99, ${deletedAt})`,
    )
  const entry = (id: string, kind: string) =>
    database.exec(
      `INSERT INTO ledger_entries VALUES ('led_${id}_${kind}', 'ws_a', '${id}', '${kind}', 10, '', ${day + 5})`,
    )
  database.exec("INSERT INTO workspaces VALUES ('ws_a', 'studio', 7, 8, 9, 1)")
  database.exec("INSERT INTO api_keys VALUES ('key_a', 'ws_a', 'k', 'live', 'h', 'abcd', 1, NULL)")
  for (const id of ['done', 'running', 'failed']) generation(id, 'live')
  generation('trial', 'test')
  file('done', 100, 'NULL')
  file('failed', 7, '5')
  file('trial', 20, 'NULL')
  database.exec(
    "INSERT INTO reference_images VALUES ('done', 0, 'first_frame', 'k', 'x', 3, 'image/png', 1, 1, 99, NULL)",
  )
  database.exec("INSERT INTO sandbox_rehearsals VALUES ('ws_a/digest/server_error', 1)")
  for (const id of ['done', 'running', 'failed']) entry(id, 'hold')
  entry('done', 'capture')
  entry('failed', 'release')
  database.close()
}

test('a database of an older Filmgate is counted as if it had always been', async () => {
  makeOldDatabase()
  const database = await openDatabase(folder)
  const { read } = database
  const stored = (mode: string) => getStoredBytes(read, { workspaceId: 'ws_a', mode })
  expect([await stored('live'), await stored('test')]).toEqual([103, 20])
  expect(await auditStorage(read)).toEqual([])
  for (const owner of ['ws_a', 'key_a']) {
    expect(await getSpending(read, owner, 'day', day)).toEqual({ heldMicros: 10, spentMicros: 10 })
  }
  expect(await auditSpending(read)).toEqual([])
  expect(await listCountOwners(read)).toEqual([])
  const unlimited = { scopes: ['generate', 'read'], expiresAt: null, lastUsedAt: null }
  expect(await listKeys(read)).toMatchObject([unlimited])
  expect((await findWorkspace(read, 'studio'))?.limits).toEqual({
    imagesPerMinute: 7,
    videosPerMinute: 8,
    concurrency: 9,
    storageBytes: 100e9,
    testStorageBytes: 1e9,
  })
  await database.close()
})
