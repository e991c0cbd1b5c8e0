import type { BudgetState } from '../ledger/budgets.ts'
import { formatDollars } from '../ledger/money.ts'

/** A budget and what is used up of it, for programs. */
export function toBudgetJson({ day, month }: BudgetState) {
  const periodOf = ({ limitMicros, spentMicros, heldMicros, endsAt }: BudgetState['day']) => ({
    limit: limitMicros === null ? null : formatDollars(limitMicros),
    spent: formatDollars(spentMicros),
    held: formatDollars(heldMicros),
    ends_at: new Date(endsAt).toISOString(),
  })
  return { day: periodOf(day), month: periodOf(month) }
}

const present = { day: 'today', month: 'this month' }

/** The same for people, in one line: `$1.25 of $5.00 today, $12.00 this month (no budget)`. */
export function describeBudget(state: BudgetState): string {
  const periods = (['day', 'month'] as const).map((period) => {
    const { limitMicros, spentMicros, heldMicros } = state[period]
    const used = `$${formatDollars(spentMicros + heldMicros)}`
    return limitMicros === null
      ? `${used} ${present[period]} (no budget)`
      : `${used} of $${formatDollars(limitMicros)} ${present[period]}`
  })
  return periods.join(', ')
}
