import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'
import { isBusy, Pauses } from './patience.ts'
import { StartupError } from './startup-error.ts'

/**
 * Runs the work alone among all processes that use this file, which is made if it is missing. Like the
 * lock of the data folder it is one that SQLite holds, so that the operating system gives it back
 * however the process ends. Waits for whoever has it as long as that takes, and says so by `onWait`.
 * Throws StartupError if the file cannot be used.
 */
export async function withFileLock<Result>(
  path: string,
  onWait: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = open(path)
  try {
    if (!tryTake(lock)) {
      onWait()
      const pauses = new Pauses()
      while (!tryTake(lock)) await pauses.take()
    }
    return await work()
  } finally {
    lock.close()
  }
}

function open(path: string): DatabaseSyncInstance {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new StartupError(
      `The lock ${path} cannot be used (${text}). Check its owner, its permissions and the free space.`,
      { cause },
    )
  }
}

function tryTake(lock: DatabaseSyncInstance): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  }
}
