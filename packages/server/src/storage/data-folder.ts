import { DatabaseSync } from '@photostructure/sqlite'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Database } from './database.ts'
import { migrate } from './migrate.ts'
import { openSqlite } from './sqlite.ts'
import { StartupError } from './startup-error.ts'

/** The folder that holds everything a single-node gateway keeps. */
export interface DataFolder {
  path: string
  databaseFile: string
  mediaFolder: string
}

/** Makes the folder if it is missing and checks that it can be written. */
export function openDataFolder(path: string): DataFolder {
  const absolute = resolve(path)
  try {
    mkdirSync(join(absolute, 'media'), { recursive: true })
    accessSync(absolute, constants.W_OK | constants.X_OK)
    accessSync(join(absolute, 'media'), constants.W_OK | constants.X_OK)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    throw new StartupError(
      `The data folder ${absolute} cannot be written (${text}). Choose another with --data, or fix its owner, permissions or free space.`,
    )
  }
  return {
    path: absolute,
    databaseFile: join(absolute, 'filmgate.db'),
    mediaFolder: join(absolute, 'media'),
  }
}

/** Opens the folder's database and brings it to the newest version. */
export async function openDatabase(
  folder: DataFolder,
  clock: () => number = Date.now,
): Promise<Database> {
  const database = openSqlite(folder.databaseFile, clock)
  try {
    await migrate(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Takes the folder for one serving gateway. The lock is a file lock that SQLite holds, so the
 * operating system gives it back however the process ends, kill -9 included.
 */
export function lockDataFolder(folder: DataFolder): { release(): void } {
  const lock = new DatabaseSync(join(folder.path, 'gateway.lock'), { timeout: 0 })
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw new StartupError(
      `Another gateway already serves the data folder ${folder.path}. Stop it first, or name another folder with --data.`,
      { cause: error },
    )
  }
  return { release: () => lock.close() }
}
