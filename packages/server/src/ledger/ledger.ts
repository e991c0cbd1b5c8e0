/**
 * The ledger: append-only entries, and one account row for each workspace that sums them up. Both
 * change in one transaction, and only here.
 *
 *   topup, adjust   change the balance
 *   hold            sets money aside for a generation when it is accepted
 *   capture         turns the hold into a charge when the generation completes
 *   release         gives the hold back when it does not
 *
 * The entries' primary guard is their uniqueness by generation and kind: settling twice is a
 * constraint error, not a second charge. What counts against budgets (spending.ts) changes with them.
 */
import { fail } from '../contract/failure.ts'
import type { Queries, Transaction } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'
import { checkBudgets } from './budgets.ts'
import type { Charge, Cost } from './charge.ts'
import { formatDollars } from './money.ts'
import { countSpending } from './spending.ts'

export type EntryKind = 'topup' | 'adjust' | 'hold' | 'capture' | 'release'

/** A workspace's account. Spendable is the balance less what is held. */
export interface Account {
  balanceMicros: number
  heldMicros: number
  spendableMicros: number
}

/** Opens an empty account. */
export async function openAccount(tx: Transaction, workspaceId: string): Promise<void> {
  await tx.run(
    'INSERT INTO accounts (workspace_id, balance_micros, held_micros) VALUES ($1, 0, 0)',
    workspaceId,
  )
}

/** Adds credit, or corrects the balance downwards with a negative amount. */
export async function addCredit(
  tx: Transaction,
  { workspaceId, amountMicros, note }: { workspaceId: string; amountMicros: number; note: string },
): Promise<void> {
  await tx.run(
    'UPDATE accounts SET balance_micros = balance_micros + $2 WHERE workspace_id = $1',
    workspaceId,
    amountMicros,
  )
  const kind = amountMicros < 0 ? 'adjust' : 'topup'
  await record(tx, { workspaceId, generationId: null, keyId: null, kind, amountMicros, note })
}

/** Sets money aside; throws quota_exceeded if the spendable balance or a budget does not cover it. */
export async function hold(tx: Transaction, charge: Charge): Promise<void> {
  const changed = await tx.run(
    'UPDATE accounts SET held_micros = held_micros + $2 WHERE workspace_id = $1 AND balance_micros - held_micros >= $2',
    charge.workspaceId,
    charge.amountMicros,
  )
  if (changed === 0) await refuse(tx, charge)
  await checkBudgets(tx, charge)
  await countSpending(tx, charge, { heldMicros: charge.amountMicros, spentMicros: 0 })
  await record(tx, { ...charge, kind: 'hold', note: 'accepted' })
}

/** Throws quota_exceeded if a hold of this amount would be refused now. */
export async function checkHold(queries: Queries, cost: Cost): Promise<void> {
  const account = await getAccount(queries, cost.workspaceId)
  if (account.spendableMicros < cost.amountMicros) throw quotaExceeded(account, cost.amountMicros)
  await checkBudgets(queries, cost)
}

async function refuse(tx: Transaction, charge: Charge): Promise<never> {
  throw quotaExceeded(await getAccount(tx, charge.workspaceId), charge.amountMicros)
}

function quotaExceeded(account: Account, amountMicros: number) {
  const held =
    account.heldMicros === 0
      ? ''
      : ` (another $${formatDollars(account.heldMicros)} is held by running generations)`
  return fail('quota_exceeded', 'balance_insufficient', {
    message: `This generation costs $${formatDollars(amountMicros)}, and $${formatDollars(account.spendableMicros)} of the balance can be spent${held}. Add credit, or ask for something cheaper.`,
  })
}

/** Turns a hold into a charge. */
export async function capture(tx: Transaction, charge: Charge): Promise<void> {
  await tx.run(
    'UPDATE accounts SET held_micros = held_micros - $2, balance_micros = balance_micros - $2 WHERE workspace_id = $1',
    charge.workspaceId,
    charge.amountMicros,
  )
  const { amountMicros } = charge
  await countSpending(tx, charge, { heldMicros: -amountMicros, spentMicros: amountMicros })
  await record(tx, { ...charge, kind: 'capture', note: 'completed' })
}

/** Gives a hold back. */
export async function release(tx: Transaction, charge: Charge, note: string): Promise<void> {
  await tx.run(
    'UPDATE accounts SET held_micros = held_micros - $2 WHERE workspace_id = $1',
    charge.workspaceId,
    charge.amountMicros,
  )
  await countSpending(tx, charge, { heldMicros: -charge.amountMicros, spentMicros: 0 })
  await record(tx, { ...charge, kind: 'release', note })
}

async function record(
  tx: Transaction,
  entry: {
    workspaceId: string
    generationId: string | null
    keyId: string | null
    kind: EntryKind
    amountMicros: number
    note: string
  },
): Promise<void> {
  await tx.run(
    `INSERT INTO ledger_entries (id, workspace_id, generation_id, key_id, kind, amount_micros, note,
       created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    newId('led'),
    entry.workspaceId,
    entry.generationId,
    entry.keyId,
    entry.kind,
    entry.amountMicros,
    entry.note,
    tx.now,
  )
}

/** The account of a workspace; every workspace has one. */
export async function getAccount(queries: Queries, workspaceId: string): Promise<Account> {
  const row = await queries.get<{ balance_micros: number; held_micros: number }>(
    'SELECT balance_micros, held_micros FROM accounts WHERE workspace_id = $1',
    workspaceId,
  )
  if (row === undefined) throw new Error(`workspace ${workspaceId} has no account`)
  return {
    balanceMicros: row.balance_micros,
    heldMicros: row.held_micros,
    spendableMicros: row.balance_micros - row.held_micros,
  }
}

const dayMs = 86_400_000

/** Sum of charges by UTC date, dates without charges left out. Instants in milliseconds, end exclusive. */
export async function costsByDate(
  queries: Queries,
  { workspaceId, startAt, endAt }: { workspaceId: string; startAt: number; endAt: number },
): Promise<Map<string, number>> {
  const costs = new Map<string, number>()
  let [from, to] = [startAt, startAt]
  for (; from < endAt; from = to) {
    to = Math.min(endAt, (Math.floor(from / dayMs) + 1) * dayMs)
    const micros = await sumCharges(queries, { workspaceId, from, to })
    if (micros === null) continue
    costs.set(toDate(from), micros)
    // Half a year can be millions of entries. They are never changed, so the sums agree although
    // everybody else gets a turn between two days.
    await nextTurn()
  }
  return costs
}

async function sumCharges(
  queries: Queries,
  { workspaceId, from, to }: { workspaceId: string; from: number; to: number },
): Promise<number | null> {
  const row = await queries.get<{ micros: number | null }>(
    `SELECT CAST(sum(amount_micros) AS bigint) AS micros FROM ledger_entries
     WHERE workspace_id = $1 AND kind = 'capture' AND created_at >= $2 AND created_at < $3`,
    workspaceId,
    from,
    to,
  )
  return row?.micros ?? null
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The UTC date of an instant: `2026-11-22`. */
export function toDate(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}
