import { getAccount } from '../../ledger/ledger.ts'
import { formatDollars } from '../../ledger/money.ts'
import { handle } from '../handle.ts'

/** What the workspace can still spend. */
export const getBalance = handle('getBalance', async ({ caller }, { database }) => {
  const { spendableMicros } = await getAccount(database.read, caller.workspaceId)
  return { status: 200, body: { balance: formatDollars(spendableMicros), currency: 'USD' } }
})
