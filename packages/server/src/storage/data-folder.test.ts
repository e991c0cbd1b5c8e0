import { DatabaseSync } from '@photostructure/sqlite'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findExposure, openDatabase, openDataFolder, openServedDatabase } from './data-folder.ts'
import { lockDataFolder, tryLockFolder } from './folder-lock.ts'
import { StartupError } from './startup-error.ts'

let path: string
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'filmgate-folder-'))
})
afterEach(() => rmSync(path, { recursive: true }))

test('a folder is held by one at a time, and free once it is released', async () => {
  const folder = openDataFolder(path)
  const lock = await lockDataFolder(folder)
  await expect(lockDataFolder(folder)).rejects.toThrow(/Another gateway already serves/)
  lock.release()
  const next = await lockDataFolder(folder)
  next.release()
})

test('a folder that is a file is refused in a sentence', () => {
  const file = join(path, 'file')
  writeFileSync(file, '')
  expect(() => openDataFolder(file)).toThrow(StartupError)
})

test('every migration is applied once, however often and by however many it is opened', async () => {
  const folder = openDataFolder(path)
  const versions = async () => {
    const database = await openDatabase(folder)
    const rows = await database.read.all<{ version: number }>(
      'SELECT version FROM schema_migrations ORDER BY version',
    )
    await database.close()
    return rows.map(({ version }) => version)
  }
  const [first, second] = [await versions(), await versions()]
  expect(first.length).toBeGreaterThan(0)
  expect(new Set(first).size).toBe(first.length)
  expect(second).toEqual(first)
})

test('many who open an empty folder at the same moment all succeed, and it is migrated once', async () => {
  const folder = openDataFolder(path)
  const databases = await Promise.all(Array.from({ length: 8 }, () => openDatabase(folder)))
  const versions = await Promise.all(
    databases.map(({ read }) => read.all('SELECT version FROM schema_migrations')),
  )
  expect(new Set(versions.map((rows) => JSON.stringify(rows))).size).toBe(1)
  for (const database of databases) await database.close()
})

test('the lock is waited for as long as a command needs it', async () => {
  const folder = openDataFolder(path)
  const command = tryLockFolder(folder)
  const gateway = lockDataFolder(folder)
  setTimeout(() => command?.release(), 100)
  const lock = await gateway
  lock.release()
})

test('a command leaves the log and the schema of a served database alone', async () => {
  const folder = openDataFolder(path)
  const lock = await lockDataFolder(folder)
  const served = await openServedDatabase(folder, Date.now)
  const logSize = () => statSync(`${folder.databaseFile}-wal`).size
  const before = logSize()
  expect(before).toBeGreaterThan(0)
  const command = await openDatabase(folder)
  await command.foldLog()
  await command.close()
  expect(logSize()).toBe(before)

  await served.transaction((tx) => tx.run('DELETE FROM schema_migrations WHERE version > 1'))
  await expect(openDatabase(folder)).rejects.toThrow(
    /is of an older Filmgate \(its schema is 1, this command needs \d+\).*restart the gateway/,
  )
  expect(await served.read.all('SELECT version FROM schema_migrations')).toEqual([{ version: 1 }])
  await served.close()
  lock.release()
})

test('what is made in a folder is for its owner only, and what is open is named', async () => {
  const folder = openDataFolder(join(path, 'new'))
  const database = await openDatabase(folder)
  tryLockFolder(folder)?.release()
  const entries = readdirSync(folder.path, { recursive: true, encoding: 'utf8' })
  expect(entries).toEqual(expect.arrayContaining(['filmgate.db', 'filmgate.db-wal', 'media']))
  for (const entry of ['.', ...entries]) {
    expect(statSync(join(folder.path, entry)).mode & 0o077, entry).toBe(0)
  }
  expect(findExposure(folder)).toBeUndefined()
  chmodSync(folder.path, 0o755)
  expect(findExposure(folder)).toMatch(/new has mode 0755\. Close it with: chmod -R go-rwx \//)
  await database.close()
})

test('a database of a newer version is refused before anything in it is changed', async () => {
  const folder = openDataFolder(path)
  await (await openDatabase(folder)).close()
  const raw = new DatabaseSync(folder.databaseFile)
  raw.exec("INSERT INTO schema_migrations VALUES (9999, 'future', 1); DROP TABLE outputs")
  await expect(openDatabase(folder)).rejects.toThrow(/newer Filmgate/)
  expect(raw.prepare("SELECT name FROM sqlite_master WHERE name = 'outputs'").get()).toBeUndefined()
  raw.close()
})
