import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { toStartupError } from './connection.ts'
import type { Database } from './database.ts'
import { tryLockFolder } from './folder-lock.ts'
import { isNewest, migrate, readSchema } from './migrate.ts'
import { patienceMs, Pauses } from './patience.ts'
import { openSqlite } from './sqlite.ts'
import { StartupError } from './startup-error.ts'

/** The folder that holds everything a single-node gateway keeps. */
export interface DataFolder {
  path: string
  databaseFile: string
  mediaFolder: string
}

/**
 * Makes the folder if it is missing and checks that it can be written. What this process makes from
 * here on, in the folder or elsewhere, is for its own user only.
 */
export function openDataFolder(path: string): DataFolder {
  const absolute = resolve(path)
  // SQLite, the media store and the lock all make files; a mode given to each could be forgotten.
  process.umask(0o077)
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

/** What lets other users of the machine into the folder, as a sentence; undefined if nothing does. */
export function findExposure({ path, databaseFile }: DataFolder): string | undefined {
  // Windows keeps rights elsewhere and shows the same mode for every file.
  if (process.platform === 'win32') return undefined
  const open = [path, databaseFile].find((each) => (modeOf(each) & 0o077) !== 0)
  if (open === undefined) return undefined
  const mode = (modeOf(open) & 0o777).toString(8).padStart(4, '0')
  return `Other users of this machine can get at the data: ${open} has mode ${mode}. Close it with: chmod -R go-rwx ${path}`
}

// A file that is not there yet will be made with the right mode.
function modeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? 0
}

/**
 * Opens the folder's database as a command does, safely beside a gateway that serves it: such a
 * database is neither migrated nor is its log folded when it is closed. Throws StartupError.
 */
export async function openDatabase(
  folder: DataFolder,
  clock: () => number = Date.now,
): Promise<Database> {
  await assertNotTakenAway(folder)
  const fold = (checkpoint: () => void) => whileUnserved(folder, checkpoint)
  const database = await openSqlite(folder.databaseFile, clock, fold)
  return orClose(database, folder, () => migrateUnserved(database, folder))
}

/** Opens the database for the gateway that holds the folder's lock, and brings it to the newest version. */
export async function openServedDatabase(
  folder: DataFolder,
  clock: () => number,
): Promise<Database> {
  const database = await openSqlite(folder.databaseFile, clock)
  return orClose(database, folder, () => migrate(database))
}

async function orClose(
  database: Database,
  { databaseFile }: DataFolder,
  prepare: () => Promise<void>,
): Promise<Database> {
  try {
    await prepare()
    return database
  } catch (error) {
    await database.close()
    // A request could be tried again later; a start cannot, so it says what is in the way.
    throw toStartupError(error instanceof Failure ? error.cause : error, databaseFile)
  }
}

/** Without a database one is made, but not for a gateway that serves and has lost its own. */
async function assertNotTakenAway(folder: DataFolder): Promise<void> {
  const pauses = new Pauses()
  const giveUpAt = performance.now() + patienceMs
  while (!existsSync(folder.databaseFile)) {
    const lock = tryLockFolder(folder)
    lock?.release()
    if (lock !== undefined) return
    // A gateway that has just started makes it in a moment.
    if (performance.now() >= giveUpAt) {
      throw new StartupError(
        `A gateway serves the data folder ${folder.path}, but its database ${folder.databaseFile} is gone. Put the file back if you can: the gateway takes no work without it. Otherwise stop the gateway and restore a backup.`,
      )
    }
    await pauses.take()
  }
}

function whileUnserved(folder: DataFolder, work: () => void): void {
  const lock = tryLockFolder(folder)
  try {
    if (lock !== undefined) work()
  } finally {
    lock?.release()
  }
}

/** Waits for whoever holds the lock: a command or a gateway that has just started migrates by itself. */
async function migrateUnserved(database: Database, folder: DataFolder): Promise<void> {
  const pauses = new Pauses()
  const giveUpAt = performance.now() + patienceMs
  while (!(await isNewest(database))) {
    const lock = tryLockFolder(folder)
    if (lock !== undefined) {
      try {
        return await migrate(database)
      } finally {
        lock.release()
      }
    }
    if (performance.now() >= giveUpAt) throw await olderGateway(database, folder)
    await pauses.take()
  }
}

async function olderGateway(database: Database, { path }: DataFolder): Promise<StartupError> {
  const { current, newest } = await readSchema(database.read)
  return new StartupError(
    `The gateway that serves the data folder ${path} is of an older Filmgate (its schema is ${current}, this command needs ${newest}). Use the command of that version, or restart the gateway with this one first.`,
  )
}
