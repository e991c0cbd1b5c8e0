import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'
import { join } from 'node:path'
import { isBusy, Pauses } from './patience.ts'
import { StartupError } from './startup-error.ts'

/** Held by the gateway that serves a folder, and for a moment by a command that tends it. */
export interface FolderLock {
  release(): void
}

/** A command holds the lock for a moment; a gateway for as long as it serves. */
const momentMs = 2000

/**
 * Takes the folder for one serving gateway; waits up to 2 s for a command, then throws StartupError.
 * The lock is a file lock that SQLite holds, so the operating system gives it back however the
 * process ends, kill -9 included.
 */
export async function lockDataFolder({ path }: { path: string }): Promise<FolderLock> {
  const pauses = new Pauses()
  const giveUpAt = performance.now() + momentMs
  for (;;) {
    const lock = tryLockFolder({ path })
    if (lock !== undefined) return lock
    if (performance.now() >= giveUpAt) {
      throw new StartupError(
        `Another gateway already serves the data folder ${path}. Stop it first, or name another folder with --data.`,
      )
    }
    await pauses.take()
  }
}

/** The lock if nobody holds it; undefined otherwise. Throws StartupError if it cannot be tried. */
export function tryLockFolder({ path }: { path: string }): FolderLock | undefined {
  let lock: DatabaseSyncInstance | undefined
  try {
    lock = new DatabaseSync(join(path, 'gateway.lock'), { timeout: 0 })
    lock.exec('PRAGMA locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
    const held = lock
    return { release: () => held.close() }
  } catch (error) {
    lock?.close()
    if (isBusy(error)) return undefined
    const text = error instanceof Error ? error.message : String(error)
    throw new StartupError(
      `The data folder ${path} cannot be taken, because its gateway.lock cannot be written (${text}). Check its owner, its permissions and the free space.`,
      { cause: error },
    )
  }
}
