import type { Queries } from '../storage/database.ts'
import { formatDollars } from './money.ts'

/** What the ledger says of one generation, in micro-dollars; null where there is no such entry. */
export interface GenerationMoney {
  generationId: string
  workspaceId: string
  hold: number | null
  capture: number | null
  release: number | null
}

/** The entries of every generation that has any. */
export function listGenerationMoney(queries: Queries): Promise<GenerationMoney[]> {
  return queries.all<GenerationMoney>(
    `SELECT generation_id AS "generationId", min(workspace_id) AS "workspaceId",
       CAST(sum(CASE WHEN kind = 'hold' THEN amount_micros END) AS bigint) AS hold,
       CAST(sum(CASE WHEN kind = 'capture' THEN amount_micros END) AS bigint) AS capture,
       CAST(sum(CASE WHEN kind = 'release' THEN amount_micros END) AS bigint) AS release
     FROM ledger_entries WHERE generation_id IS NOT NULL GROUP BY generation_id`,
  )
}

interface AccountRow {
  workspace_id: string
  balance_micros: number
  held_micros: number
  entries_balance: number | null
  entries_held: number | null
}

/** Accounts that are not the sum of their entries, or that are impossible, as sentences. */
export async function auditAccounts(queries: Queries): Promise<string[]> {
  const rows = await queries.all<AccountRow>(
    `SELECT accounts.workspace_id, balance_micros, held_micros,
       CAST(sum(CASE WHEN kind IN ('topup', 'adjust') THEN amount_micros
                     WHEN kind = 'capture' THEN -amount_micros ELSE 0 END) AS bigint) AS entries_balance,
       CAST(sum(CASE WHEN kind = 'hold' THEN amount_micros
                     WHEN kind IN ('capture', 'release') THEN -amount_micros ELSE 0 END) AS bigint) AS entries_held
     FROM accounts LEFT JOIN ledger_entries ON ledger_entries.workspace_id = accounts.workspace_id
     GROUP BY accounts.workspace_id, balance_micros, held_micros`,
  )
  return rows.flatMap(auditAccount)
}

function auditAccount(row: AccountRow): string[] {
  const problems: string[] = []
  const compare = (what: string, account: number, entries: number | null) => {
    if (account === (entries ?? 0)) return
    problems.push(
      `workspace ${row.workspace_id}: ${what} is $${formatDollars(account)}, its entries sum to $${formatDollars(entries ?? 0)}`,
    )
  }
  compare('balance', row.balance_micros, row.entries_balance)
  compare('held', row.held_micros, row.entries_held)
  if (row.held_micros < 0) problems.push(`workspace ${row.workspace_id}: held is negative`)
  return problems
}
