import { setOwnPolicy } from '../../../../packages/server/src/admission/safety-trail.ts'
import type { SafetyPolicy } from '../../../../packages/server/src/safety/policy.ts'
import {
  openDatabase,
  openDataFolder,
} from '../../../../packages/server/src/storage/data-folder.ts'
import { findWorkspace } from '../../../../packages/server/src/workspaces/workspaces.ts'

/** What `filmgate safety set` does, without a process of its own. */
export async function setPolicy(
  { dataDir }: { dataDir: string },
  workspace: string,
  policy: Partial<SafetyPolicy>,
): Promise<void> {
  const database = await openDatabase(openDataFolder(dataDir))
  try {
    await database.transaction(async (tx) => {
      const found = await findWorkspace(tx, workspace)
      if (found === undefined) throw new Error(`there is no workspace ${workspace}`)
      await setOwnPolicy(tx, found.id, policy)
    })
  } finally {
    await database.close()
  }
}
