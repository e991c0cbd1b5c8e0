import { fail } from '../contract/failure.ts'
import { findNextDeletion, formatBytes, getStoredBytes } from '../media/storage-usage.ts'
import type { Queries } from '../storage/database.ts'
import type { Caller } from '../workspaces/api-keys.ts'

/**
 * Throws quota_exceeded if the workspace keeps as much as it may. What a generation will take is
 * not known before it is made, so those in flight may go over the quota; nothing starts after.
 */
export async function checkStorage(queries: Queries, caller: Caller): Promise<void> {
  const { limits, mode } = caller
  const quotaBytes = mode === 'live' ? limits.storageBytes : limits.testStorageBytes
  const storedBytes = await getStoredBytes(queries, caller)
  if (storedBytes < quotaBytes) return
  const files = mode === 'live' ? 'files' : 'files made with test keys'
  const flag = mode === 'live' ? '--storage-gb' : '--test-storage-gb'
  throw fail('quota_exceeded', 'storage_full', {
    message: `This workspace keeps ${formatBytes(storedBytes)} of ${files}, and its quota is ${formatBytes(quotaBytes)}. ${tellNextDeletion(await findNextDeletion(queries, caller))}Ask whoever runs the server for a higher quota (\`filmgate workspaces set NAME ${flag} N\`).`,
  })
}

function tellNextDeletion(at: number | undefined): string {
  if (at === undefined) return ''
  return `The oldest file is deleted at ${new Date(at).toISOString()}: send the request again after that. `
}
