import { DatabaseSync } from '@photostructure/sqlite'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDataFolder, openDatabase, openDataFolder } from './data-folder.ts'
import { StartupError } from './startup-error.ts'

let path: string
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'filmgate-folder-'))
})
afterEach(() => rmSync(path, { recursive: true }))

test('a folder is held by one at a time, and free once it is released', () => {
  const folder = openDataFolder(path)
  const lock = lockDataFolder(folder)
  expect(() => lockDataFolder(folder)).toThrow(/Another gateway already serves/)
  lock.release()
  lockDataFolder(folder).release()
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
  expect(first).toEqual(first.map((_, index) => index + 1))
  expect(second).toEqual(first)
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
