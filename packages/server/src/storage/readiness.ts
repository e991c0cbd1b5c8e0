import { statfs } from 'node:fs/promises'
import type { Database } from './database.ts'
import { within } from '../net/deadline.ts'

/** Below this much free disk the gateway says that it is not ready, before writes begin to fail. */
const minFreeBytes = 64 * 1024 * 1024

/** A write that waits longer than this for another program's lock is one that callers notice. */
const longestLockMs = 1000

/** Whether database and disk can do their work. */
export async function readinessOf(
  database: Database,
  dataPath: string,
): Promise<Record<string, 'ok' | 'failing'>> {
  return {
    database: await passes(() => canWrite(database)),
    disk: await passes(async () => {
      const { bavail, bsize } = await statfs(dataPath)
      if (bavail * bsize < minFreeBytes) throw new Error('disk is nearly full')
    }),
  }
}

/** A lock that somebody else holds lets reads go on, so only asking for it tells. Nothing is written. */
async function canWrite(database: Database): Promise<void> {
  await within(longestLockMs, undefined, async (signal) => {
    const isOver = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('the lock is held')), { once: true })
    })
    await Promise.race([database.transaction(async () => {}), isOver])
  })
}

async function passes(check: () => Promise<unknown>): Promise<'ok' | 'failing'> {
  try {
    await check()
    return 'ok'
  } catch {
    return 'failing'
  }
}
