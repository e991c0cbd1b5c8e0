/**
 * Budgets: what a workspace, and each of its keys, may spend in a UTC day and in a UTC month. They
 * count what is held as well as what is spent, by the time of acceptance, so that no number of
 * requests at once can go beyond one. Test mode costs nothing and counts nothing.
 */
import { fail } from '../contract/failure.ts'
import type { Queries, Transaction } from '../storage/database.ts'
import type { Cost } from './charge.ts'
import { formatDollars } from './money.ts'
import { boundsOf, getSpending, type BudgetPeriod, type Spending } from './spending.ts'

/** Micro-dollars for each UTC day and month; null where there is no budget. */
export interface Budget {
  dayMicros: number | null
  monthMicros: number | null
}

/** A budget with what is used up of it now; the limits are null where there is none. */
export type BudgetState = Record<
  BudgetPeriod,
  Spending & { limitMicros: number | null; endsAt: number }
>

/** Changes what is given of a budget, and tells all of it; takes effect with the next request. */
export async function setBudget(
  tx: Transaction,
  ownerId: string,
  changes: Partial<Budget>,
): Promise<Budget> {
  const budget = { ...(await getBudget(tx, ownerId)), ...changes }
  await tx.run(
    `INSERT INTO budgets (owner_id, day_micros, month_micros) VALUES ($1, $2, $3)
     ON CONFLICT (owner_id) DO UPDATE SET day_micros = excluded.day_micros,
       month_micros = excluded.month_micros`,
    ownerId,
    budget.dayMicros,
    budget.monthMicros,
  )
  return budget
}

/** The budget of a workspace or a key. */
export async function getBudget(queries: Queries, ownerId: string): Promise<Budget> {
  const row = await queries.get<Budget>(
    'SELECT day_micros AS "dayMicros", month_micros AS "monthMicros" FROM budgets WHERE owner_id = $1',
    ownerId,
  )
  return row ?? { dayMicros: null, monthMicros: null }
}

/** The budget of a workspace or a key with what is used up of the present day and month. */
export async function getBudgetState(
  queries: Queries,
  ownerId: string,
  now: number,
): Promise<BudgetState> {
  const budget = await getBudget(queries, ownerId)
  const stateOf = async (period: BudgetPeriod) => ({
    limitMicros: limitOf(budget, period),
    ...(await getSpending(queries, ownerId, period, now)),
    endsAt: boundsOf(period, now).endAt,
  })
  return { day: await stateOf('day'), month: await stateOf('month') }
}

/**
 * Throws quota_exceeded if a cost would go beyond a budget of its key or its workspace. Exact
 * where the caller has changed the workspace's account in the same transaction: that row is what
 * everybody waits for who spends the same money.
 */
export async function checkBudgets(queries: Queries, cost: Cost): Promise<void> {
  // Ids of keys sort before those of workspaces: the narrower budget speaks first.
  const budgets = await queries.all<Budget & { ownerId: string }>(
    `SELECT owner_id AS "ownerId", day_micros AS "dayMicros", month_micros AS "monthMicros"
     FROM budgets WHERE owner_id IN ($1, $2) ORDER BY owner_id`,
    cost.keyId,
    cost.workspaceId,
  )
  for (const budget of budgets) {
    for (const period of ['day', 'month'] as const) {
      const limitMicros = limitOf(budget, period)
      if (limitMicros === null) continue
      const spending = await getSpending(queries, budget.ownerId, period, cost.acceptedAt)
      const usedMicros = spending.heldMicros + spending.spentMicros
      if (usedMicros + cost.amountMicros <= limitMicros) continue
      throw usedUp(cost, { ownerId: budget.ownerId, period, limitMicros, spending })
    }
  }
}

function limitOf({ dayMicros, monthMicros }: Budget, period: BudgetPeriod): number | null {
  return period === 'day' ? dayMicros : monthMicros
}

function usedUp(
  cost: Cost,
  used: { ownerId: string; period: BudgetPeriod; limitMicros: number; spending: Spending },
) {
  const { period, limitMicros, spending } = used
  const isOfKey = used.ownerId === cost.keyId
  const show = (micros: number) => `$${formatDollars(micros)}`
  const whose = isOfKey ? 'this key' : 'this workspace'
  const raise = isOfKey ? `keys set ${cost.keyId}` : 'workspaces set NAME'
  const next = new Date(boundsOf(period, cost.acceptedAt).endAt).toISOString()
  return fail('quota_exceeded', isOfKey ? 'key_budget_used_up' : 'workspace_budget_used_up', {
    message: `This generation costs ${show(cost.amountMicros)}, and the budget of ${whose} is ${show(limitMicros)} a ${period} (UTC), of which ${show(spending.spentMicros)} is spent and ${show(spending.heldMicros)} held by running generations. The next ${period} begins at ${next}. Wait until then, ask for something cheaper, or ask whoever runs the server for more (\`filmgate ${raise} --budget-${period} USD\`).`,
  })
}
