import { countInFlight } from '../../../packages/server/src/admission/concurrency.ts'
import { openWorkspace } from '../../../packages/server/src/cli/bootstrap.ts'
import { listAttempts } from '../../../packages/server/src/generations/attempt.ts'
import { setBudget, type Budget } from '../../../packages/server/src/ledger/budgets.ts'
import { getAccount } from '../../../packages/server/src/ledger/ledger.ts'
import { openDatabase, openDataFolder } from '../../../packages/server/src/storage/data-folder.ts'
import type { Queries } from '../../../packages/server/src/storage/database.ts'
import {
  addKey,
  newSecret,
  revokeKey,
  type KeySettings,
} from '../../../packages/server/src/workspaces/api-keys.ts'
import {
  findWorkspace,
  setLimits,
  type Workspace,
  type WorkspaceLimits,
} from '../../../packages/server/src/workspaces/workspaces.ts'

export type Limits = Partial<WorkspaceLimits>

/** A workspace for one test: who calls, and where. */
export interface Tenant {
  name: string
  key: string
  keyId: string
  testKey: string
  baseURL: string
}

/** What the command line does on a running gateway's data, without a process for each step. */
export interface Operator {
  /** A workspace of its own, for a test that uses up what it has. */
  addTenant(options?: Limits & { balanceUsd?: number }): Promise<Tenant>
  setLimits(workspace: string, limits: Limits): Promise<void>
  /** Another live key of a workspace. */
  addKey(workspace: string, settings: Partial<KeySettings>): Promise<{ key: string; keyId: string }>
  /** Limits what a key, or a workspace by its name, may spend. */
  setBudget(keyIdOrWorkspace: string, budget: Partial<Budget>): Promise<void>
  /** Ends a key. */
  revoke(keyId: string): Promise<void>
  /** Dollars; what runs holds a part of the balance. */
  accountOf(workspace?: string): Promise<{ balance: number; held: number }>
  /** Live generations in flight, as admission counts them. */
  inFlight(workspace?: string): Promise<number>
  /** How often a generation was submitted to an upstream. */
  attemptsOf(generationId: string): Promise<number>
  close(): Promise<void>
}

const unlimited = { imagesPerMinute: 99_999, videosPerMinute: 99_999, concurrency: 9999 }
const micros = 1_000_000

/** Opens the data of the gateway at `baseURL`. */
export async function openOperator({
  dataDir,
  baseURL,
}: {
  dataDir: string
  baseURL: string
}): Promise<Operator> {
  const database = await openDatabase(openDataFolder(dataDir))
  let tenants = 0
  return {
    addTenant({ balanceUsd = 0, ...limits } = {}) {
      tenants += 1
      const name = `tenant-${tenants}`
      return database.transaction(async (tx) => {
        const workspace = await openWorkspace(tx, name, Math.round(balanceUsd * micros))
        await setLimits(tx, workspace, { ...unlimited, ...limits })
        const [key, testKey] = [newSecret('live'), newSecret('test')]
        const { id: workspaceId } = workspace
        const { id: keyId } = await addKey(tx, { workspaceId, name: 'live', secret: key })
        await addKey(tx, { workspaceId, name: 'test', secret: testKey })
        return { name, key, keyId, testKey, baseURL }
      })
    },
    async setLimits(name, limits) {
      await database.transaction(async (tx) => {
        await setLimits(tx, await getWorkspace(tx, name), limits)
      })
    },
    addKey(name, settings) {
      return database.transaction(async (tx) => {
        const { id: workspaceId } = await getWorkspace(tx, name)
        const key = newSecret('live')
        const added = await addKey(tx, { workspaceId, secret: key, name: 'another', ...settings })
        return { key, keyId: added.id }
      })
    },
    async setBudget(owner, budget) {
      await database.transaction(async (tx) => {
        const workspace = await findWorkspace(tx, owner)
        await setBudget(tx, workspace?.id ?? owner, budget)
      })
    },
    async revoke(keyId) {
      await database.transaction((tx) => revokeKey(tx, keyId))
    },
    async accountOf(name = 'default') {
      const { id } = await getWorkspace(database.read, name)
      const { balanceMicros, heldMicros } = await getAccount(database.read, id)
      return { balance: balanceMicros / micros, held: heldMicros / micros }
    },
    async inFlight(name = 'default') {
      const { id } = await getWorkspace(database.read, name)
      return countInFlight(database.read, id, 'live')
    },
    async attemptsOf(id) {
      return (await listAttempts(database.read, id)).length
    },
    close: () => database.close(),
  }
}

async function getWorkspace(queries: Queries, name: string): Promise<Workspace> {
  const workspace = await findWorkspace(queries, name)
  if (workspace === undefined) throw new Error(`there is no workspace ${name}`)
  return workspace
}
