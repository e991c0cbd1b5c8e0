import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, openDataFolder } from '../../../packages/server/src/storage/data-folder.ts'
import type { Database } from '../../../packages/server/src/storage/database.ts'

// Where there is a file system in memory: each commit waits for the disk, and these tests make thousands.
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Makes an empty folder. */
export function makeFolder(): string {
  return mkdtempSync(join(base, 'filmgate-life-'))
}

// Made once for each file of tests: its tables take longer to make than most tests.
const empty = await makeEmpty()

async function makeEmpty(): Promise<Buffer> {
  const folder = makeFolder()
  const made = await openDatabase(openDataFolder(folder))
  await made.close()
  const bytes = readFileSync(openDataFolder(folder).databaseFile)
  rmSync(folder, { recursive: true })
  return bytes
}

/** Opens an empty database in a folder. */
export function openEmpty(folder: string, clock: () => number): Promise<Database> {
  const { databaseFile } = openDataFolder(folder)
  writeFileSync(databaseFile, empty)
  return openDatabase(openDataFolder(folder), clock)
}
