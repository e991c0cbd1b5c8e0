import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openDatabase, openDataFolder } from '../../../packages/server/src/storage/data-folder.ts'
import type { Database } from '../../../packages/server/src/storage/database.ts'

// Where there is a file system in memory: each commit waits for the disk, and these tests make thousands.
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Makes an empty folder. */
export function makeFolder(): string {
  return mkdtempSync(join(base, 'filmgate-life-'))
}

// Made once for each file of tests: its tables take longer to make than most tests.
const template = makeFolder()
const made = await openDatabase(openDataFolder(template))
await made.close()
afterAll(() => rmSync(template, { recursive: true }))

/** Opens an empty database in a folder. */
export function openEmpty(folder: string, clock: () => number): Promise<Database> {
  const { databaseFile } = openDataFolder(folder)
  copyFileSync(openDataFolder(template).databaseFile, databaseFile)
  return openDatabase(openDataFolder(folder), clock)
}
