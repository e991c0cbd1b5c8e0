import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database } from '../storage/database.ts'
import { createWorkspace } from '../workspaces/workspaces.ts'
import { getBudget, getBudgetState, setBudget } from './budgets.ts'
import type { Charge } from './charge.ts'
import { addCredit, capture, checkHold, hold, openAccount, release } from './ledger.ts'
import { auditSpending } from './spending.ts'

const lastOfMonth = Date.UTC(2026, 10, 30, 23, 59, 59)
let folder: string
let now: number
let database: Database
let workspaceId: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-budgets-'))
  now = lastOfMonth
  database = await openDatabase(openDataFolder(folder), () => now)
  workspaceId = await database.transaction(async (tx) => {
    const { id } = await createWorkspace(tx, 'studio')
    await openAccount(tx, id)
    await addCredit(tx, { workspaceId: id, amountMicros: 1_000_000, note: 'opening balance' })
    return id
  })
})
afterEach(async () => {
  expect(await auditSpending(database.read)).toEqual([])
  await database.close()
  rmSync(folder, { recursive: true })
})

const charge = (generationId: string, amountMicros = 10, keyId = 'key_a'): Charge => ({
  workspaceId,
  keyId,
  generationId,
  amountMicros,
  acceptedAt: now,
})
const set = (ownerId: string, budget: Parameters<typeof setBudget>[2]) =>
  database.transaction((tx) => setBudget(tx, ownerId, budget))
const take = (each: Charge) => database.transaction((tx) => hold(tx, each))
const keyRefused = { code: 'quota_exceeded', reason: 'key_budget_used_up' }
const workspaceRefused = { code: 'quota_exceeded', reason: 'workspace_budget_used_up' }

describe.each([
  ['a key, by day', 'key_a', { dayMicros: 79 }, keyRefused],
  ['a key, by month', 'key_a', { monthMicros: 79 }, keyRefused],
  ['a workspace, by day', 'workspace', { dayMicros: 79 }, workspaceRefused],
  ['a workspace, by month', 'workspace', { monthMicros: 79 }, workspaceRefused],
] as const)('a budget for seven: %s', (_of, owner, budget, refused) => {
  beforeEach(() => set(owner === 'workspace' ? workspaceId : owner, budget))

  test('lets exactly seven of fifty at once through, also when some have ended', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, async (_, index) => {
        const each = charge(`gen_${index}`)
        await take(each)
        if (index % 2 === 0) await database.transaction((tx) => capture(tx, each))
      }),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(7)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(refused)
    }
    await expect(checkHold(database.read, charge(''))).rejects.toMatchObject(refused)
  })

  test('gets back what was held for a generation that failed', async () => {
    const first = charge('gen_0', 75)
    await take(first)
    await expect(take(charge('gen_1'))).rejects.toMatchObject(refused)
    await database.transaction((tx) => release(tx, first, 'failed'))
    await take(charge('gen_1'))
  })
})

test('a budget of a key is nothing to other keys; that of the workspace is for all of them', async () => {
  await set('key_a', { dayMicros: 10 })
  await set(workspaceId, { dayMicros: 30 })
  await take(charge('gen_0', 10, 'key_a'))
  await expect(take(charge('gen_1', 10, 'key_a'))).rejects.toMatchObject(keyRefused)
  await take(charge('gen_1', 20, 'key_b'))
  await expect(take(charge('gen_2', 1, 'key_b'))).rejects.toMatchObject(workspaceRefused)
})

test('a day and a month end at midnight UTC, and what ends later counts for when it was accepted', async () => {
  await set('key_a', { dayMicros: 10, monthMicros: 15 })
  const late = charge('gen_0')
  await take(late)
  await expect(take(charge('gen_1', 1))).rejects.toMatchObject({
    message: expect.stringContaining('The next day begins at 2026-12-01T00:00:00.000Z'),
  })
  now += 1000
  await database.transaction((tx) => capture(tx, late))
  expect(await getBudgetState(database.read, 'key_a', now)).toMatchObject({
    day: { limitMicros: 10, spentMicros: 0, heldMicros: 0 },
    month: { limitMicros: 15, spentMicros: 0, endsAt: Date.UTC(2027, 0, 1) },
  })
  expect(await getBudgetState(database.read, 'key_a', lastOfMonth)).toMatchObject({
    day: { spentMicros: 10, heldMicros: 0 },
  })
  await take(charge('gen_1'))
  now += 86_400_000
  await expect(take(charge('gen_2'))).rejects.toMatchObject({
    message: expect.stringContaining('The next month begins at 2027-01-01T00:00:00.000Z'),
  })
  await take(charge('gen_2', 5))
})

test('what was spent before a budget was set counts, and a budget can be lifted', async () => {
  const first = charge('gen_0')
  await take(first)
  await database.transaction((tx) => capture(tx, first))
  expect(await set('key_a', { dayMicros: 10 })).toEqual({ dayMicros: 10, monthMicros: null })
  await expect(take(charge('gen_1'))).rejects.toMatchObject({
    message:
      'This generation costs $0.00001, and the budget of this key is $0.00001 a day (UTC), of which $0.00001 is spent and $0.00 held by running generations. The next day begins at 2026-12-01T00:00:00.000Z. Wait until then, ask for something cheaper, or ask whoever runs the server for more (`filmgate keys set key_a --budget-day USD`).',
  })
  await set('key_a', { monthMicros: 40, dayMicros: null })
  expect(await getBudget(database.read, 'key_a')).toEqual({ dayMicros: null, monthMicros: 40 })
  await take(charge('gen_1'))
})

test('a generation that the balance does not cover counts nothing', async () => {
  await set('key_a', { dayMicros: 2_000_000 })
  await expect(take(charge('gen_0', 1_000_001))).rejects.toMatchObject({
    reason: 'balance_insufficient',
  })
  expect(await getBudgetState(database.read, 'key_a', now)).toMatchObject({
    day: { heldMicros: 0, spentMicros: 0 },
  })
})

test('a count that is not what the ledger says is told apart', async () => {
  await take(charge('gen_0'))
  const change = (micros: number) =>
    database.transaction((tx) =>
      tx.run(
        'UPDATE spending SET held_micros = held_micros + $1 WHERE owner_id = $2',
        micros,
        'key_a',
      ),
    )
  await change(1)
  expect(await auditSpending(database.read)).toEqual([
    'key_a on 2026-11-30: held/spent is counted as 11/0 micro-dollars, the ledger says 10/0',
  ])
  await change(-1)
})
