import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure } from '../contract/failure.ts'
import type { Database } from './database.ts'
import { migrate } from './migrate.ts'
import { openSqlite, toStartupError } from './sqlite.ts'
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
    // A request could be tried again later; a start cannot, so it says what is in the way.
    throw error instanceof Failure ? toStartupError(error.cause, folder.databaseFile) : error
  }
}

/**
 * Takes the folder for one serving gateway. The lock is a file lock that SQLite holds, so the
 * operating system gives it back however the process ends, kill -9 included.
 */
export function lockDataFolder(folder: DataFolder): { release(): void } {
  let lock: DatabaseSyncInstance | undefined
  try {
    lock = new DatabaseSync(join(folder.path, 'gateway.lock'), { timeout: 0 })
    lock.exec('PRAGMA locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
    const held = lock
    return { release: () => held.close() }
  } catch (error) {
    lock?.close()
    throw toLockError(error, folder)
  }
}

function toLockError(error: unknown, { path }: DataFolder): StartupError {
  const text = error instanceof Error ? error.message : String(error)
  const sentence = /locked|busy/i.test(text)
    ? `Another gateway already serves the data folder ${path}. Stop it first, or name another folder with --data.`
    : `The data folder ${path} cannot be taken, because its gateway.lock cannot be written (${text}). Check its owner, its permissions and the free space.`
  return new StartupError(sentence, { cause: error })
}
