import { addCredit, openAccount } from '../ledger/ledger.ts'
import { formatDollars, parseDollars } from '../ledger/money.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { StartupError } from '../storage/startup-error.ts'
import { addKey, modeOfSecret, newSecret } from '../workspaces/api-keys.ts'
import { createWorkspace, hasNoWorkspace, type Workspace } from '../workspaces/workspaces.ts'

/** What was made on an empty database. The secrets are known now and never again. */
export interface NewWorkspace {
  workspace: Workspace
  liveKey: string
  testKey: string | undefined
  balanceUsd: string
}

const firstRunBalanceUsd = '10.00'

/** What to make on an empty database. */
export interface Bootstrap {
  liveKey: string
  testKey: string | undefined
  balanceMicros: number
}

/** Checks what the environment asks for; undefined if it asks for nothing. Throws StartupError. */
export function parseBootstrap(options: {
  bootstrapKey: string | undefined
  bootstrapBalanceUsd: string | undefined
  isFirstRun: boolean
}): Bootstrap | undefined {
  const { bootstrapKey: key, isFirstRun } = options
  if (key === undefined && !isFirstRun) return undefined
  const balanceUsd = options.bootstrapBalanceUsd ?? (isFirstRun ? firstRunBalanceUsd : '0.00')
  const balanceMicros = parseDollars(balanceUsd)
  if (balanceMicros === undefined || balanceMicros < 0) {
    throw new StartupError(
      `FILMGATE_BOOTSTRAP_BALANCE_USD must be an amount of dollars such as 25 or 12.50, not ${balanceUsd}.`,
    )
  }
  if (key !== undefined && modeOfSecret(key) === undefined) {
    throw new StartupError(
      'FILMGATE_BOOTSTRAP_KEY must have the form sk_live_… or sk_test_… with 16 to 128 letters, digits, _ or -.',
    )
  }
  return {
    liveKey: key ?? newSecret('live'),
    testKey: isFirstRun ? newSecret('test') : undefined,
    balanceMicros,
  }
}

/** On an empty database, makes the workspace `default` with its keys; does nothing on any other. */
export async function bootstrap(
  database: Database,
  { liveKey, testKey, balanceMicros }: Bootstrap,
): Promise<NewWorkspace | undefined> {
  return database.transaction(async (tx) => {
    if (!(await hasNoWorkspace(tx))) return undefined
    const workspace = await openWorkspace(tx, 'default', balanceMicros)
    for (const secret of [liveKey, testKey]) {
      if (secret !== undefined) {
        await addKey(tx, { workspaceId: workspace.id, name: 'first key', secret })
      }
    }
    return { workspace, liveKey, testKey, balanceUsd: formatDollars(balanceMicros) }
  })
}

/** A new workspace with its account, and credit if there is any. */
export async function openWorkspace(
  tx: Transaction,
  name: string,
  balanceMicros: number,
): Promise<Workspace> {
  const workspace = await createWorkspace(tx, name)
  await openAccount(tx, workspace.id)
  if (balanceMicros > 0) {
    await addCredit(tx, {
      workspaceId: workspace.id,
      amountMicros: balanceMicros,
      note: 'opening balance',
    })
  }
  return workspace
}
