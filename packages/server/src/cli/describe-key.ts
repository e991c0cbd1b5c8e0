import { getBudgetState, type BudgetState } from '../ledger/budgets.ts'
import type { Queries } from '../storage/database.ts'
import type { ApiKey } from '../workspaces/api-keys.ts'
import { describeBudget, toBudgetJson } from './describe-budget.ts'
import { toTable, toTime } from './output.ts'

/** A key with what it may spend and has spent; null for a test key, which spends nothing. */
export type KeyWithBudget = ApiKey & { budget: BudgetState | null }

/** Looks up what a key may spend and has spent. */
export async function withBudget(queries: Queries, key: ApiKey): Promise<KeyWithBudget> {
  const budget = key.mode === 'live' ? await getBudgetState(queries, key.id, Date.now()) : null
  return { ...key, budget }
}

/** A key for programs. */
export function toKeyJson(key: KeyWithBudget) {
  const at = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString())
  return {
    id: key.id,
    workspace_id: key.workspaceId,
    name: key.name,
    mode: key.mode,
    hint: key.hint,
    scopes: key.scopes,
    created_at: at(key.createdAt),
    expires_at: at(key.expiresAt),
    last_used_at: at(key.lastUsedAt),
    revoked_at: at(key.revokedAt),
    budget: key.budget === null ? null : toBudgetJson(key.budget),
  }
}

/** Keys for people. */
export function toKeyTable(keys: readonly KeyWithBudget[]): string {
  const at = (instant: number | null) => (instant === null ? '' : toTime(instant))
  return toTable(
    [
      'ID',
      'MODE',
      'ENDS IN',
      'NAME',
      'SCOPES',
      'CREATED',
      'LAST USED',
      'EXPIRES',
      'REVOKED',
      'SPENT',
    ],
    keys.map((key) => [
      key.id,
      key.mode,
      key.hint,
      key.name,
      key.scopes.join(','),
      at(key.createdAt),
      at(key.lastUsedAt),
      at(key.expiresAt),
      at(key.revokedAt),
      key.budget === null ? '' : describeBudget(key.budget),
    ]),
  )
}
