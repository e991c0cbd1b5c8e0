import type { Queries, Transaction } from '../storage/database.ts'
import type { Cost } from './charge.ts'

const dayMs = 86_400_000

/** A span of time that budgets are for, in UTC. */
export type BudgetPeriod = 'day' | 'month'

/** What an owner has used up of a period. */
export interface Spending {
  heldMicros: number
  spentMicros: number
}

/** Counts money for the workspace and the key that bear a cost; below zero takes it back. */
export async function countSpending(
  tx: Transaction,
  { workspaceId, keyId, acceptedAt }: Cost,
  { heldMicros, spentMicros }: Spending,
): Promise<void> {
  await tx.run(
    `INSERT INTO spending (owner_id, day, held_micros, spent_micros)
     VALUES ($1, $3, $4, $5), ($2, $3, $4, $5)
     ON CONFLICT (owner_id, day) DO UPDATE SET
       held_micros = spending.held_micros + excluded.held_micros,
       spent_micros = spending.spent_micros + excluded.spent_micros`,
    workspaceId,
    keyId,
    boundsOf('day', acceptedAt).startAt,
    heldMicros,
    spentMicros,
  )
}

/** What a workspace or a key has used up of the period that an instant lies in. */
export async function getSpending(
  queries: Queries,
  ownerId: string,
  period: BudgetPeriod,
  at: number,
): Promise<Spending> {
  const { startAt, endAt } = boundsOf(period, at)
  const row = await queries.get<{ held: number; spent: number }>(
    `SELECT CAST(coalesce(sum(held_micros), 0) AS bigint) AS held,
       CAST(coalesce(sum(spent_micros), 0) AS bigint) AS spent
     FROM spending WHERE owner_id = $1 AND day >= $2 AND day < $3`,
    ownerId,
    startAt,
    endAt,
  )
  return { heldMicros: row?.held ?? 0, spentMicros: row?.spent ?? 0 }
}

/** First millisecond of the UTC day or month of an instant, and of the next one. */
export function boundsOf(
  period: BudgetPeriod,
  instant: number,
): { startAt: number; endAt: number } {
  if (period === 'day') {
    const startAt = Math.floor(instant / dayMs) * dayMs
    return { startAt, endAt: startAt + dayMs }
  }
  const date = new Date(instant)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { startAt: Date.UTC(year, month), endAt: Date.UTC(year, month + 1) }
}

/** Days whose count is not the sum of the ledger's entries, as sentences. */
export async function auditSpending(queries: Queries): Promise<string[]> {
  const rows = await queries.all<Record<'held' | 'spent' | 'heldSum' | 'spentSum', number> & Day>(
    `WITH charges AS (
       SELECT holds.workspace_id, holds.key_id, holds.created_at / ${dayMs} * ${dayMs} AS day,
         CASE WHEN ends.kind IS NULL THEN holds.amount_micros ELSE 0 END AS held,
         CASE WHEN ends.kind = 'capture' THEN holds.amount_micros ELSE 0 END AS spent
       FROM ledger_entries AS holds LEFT JOIN ledger_entries AS ends
         ON ends.generation_id = holds.generation_id AND ends.kind IN ('capture', 'release')
       WHERE holds.kind = 'hold' AND holds.key_id IS NOT NULL
     ), both_sides AS (
       SELECT owner_id, day, held_micros AS held, spent_micros AS spent, 0 AS held_sum, 0 AS spent_sum
         FROM spending
       UNION ALL SELECT workspace_id, day, 0, 0, held, spent FROM charges
       UNION ALL SELECT key_id, day, 0, 0, held, spent FROM charges
     )
     SELECT owner_id AS "ownerId", day, CAST(sum(held) AS bigint) AS held,
       CAST(sum(spent) AS bigint) AS spent, CAST(sum(held_sum) AS bigint) AS "heldSum",
       CAST(sum(spent_sum) AS bigint) AS "spentSum"
     FROM both_sides GROUP BY owner_id, day
     HAVING sum(held) <> sum(held_sum) OR sum(spent) <> sum(spent_sum)`,
  )
  return rows.map(
    ({ ownerId, day, held, spent, heldSum, spentSum }) =>
      `${ownerId} on ${new Date(day).toISOString().slice(0, 10)}: held/spent is counted as ${held}/${spent} micro-dollars, the ledger says ${heldSum}/${spentSum}`,
  )
}

interface Day {
  ownerId: string
  day: number
}
