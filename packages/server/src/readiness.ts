import { statfs } from 'node:fs/promises'
import type { Database } from './storage/database.ts'

/** Below this much free disk the gateway says that it is not ready, before writes begin to fail. */
const minFreeBytes = 64 * 1024 * 1024

/** Whether database and disk can do their work. */
export async function readinessOf(
  database: Database,
  dataPath: string,
): Promise<Record<string, 'ok' | 'failing'>> {
  return {
    database: await passes(() => database.read.get('SELECT 1 AS one')),
    disk: await passes(async () => {
      const { bavail, bsize } = await statfs(dataPath)
      if (bavail * bsize < minFreeBytes) throw new Error('disk is nearly full')
    }),
  }
}

async function passes(check: () => Promise<unknown>): Promise<'ok' | 'failing'> {
  try {
    await check()
    return 'ok'
  } catch {
    return 'failing'
  }
}
