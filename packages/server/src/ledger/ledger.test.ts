import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database, Queries, Transaction } from '../storage/database.ts'
import { createWorkspace } from '../workspaces/workspaces.ts'
import { auditAccounts } from './audit.ts'
import {
  addCredit,
  capture,
  checkHold,
  costsByDate,
  getAccount,
  hold,
  openAccount,
  release,
} from './ledger.ts'

let folder: string
let now: number
let database: Database
let workspaceId: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-ledger-'))
  now = Date.UTC(2026, 10, 22, 23, 59, 59)
  database = await openDatabase(openDataFolder(folder), () => now)
  workspaceId = await database.transaction(async (tx) => {
    const { id } = await createWorkspace(tx, 'studio')
    await openAccount(tx, id)
    await addCredit(tx, { workspaceId: id, amountMicros: 70, note: 'opening balance' })
    return id
  })
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const charge = (generationId: string, amountMicros = 10) => ({
  workspaceId,
  keyId: 'key_a',
  generationId,
  amountMicros,
  acceptedAt: now,
})
const account = () => getAccount(database.read, workspaceId)

test('a hundred holds at once against a balance for seven: exactly seven', async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) =>
      database.transaction((tx) => hold(tx, charge(`gen_${index}`))),
    ),
  )
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(7)
  for (const outcome of outcomes.slice(7)) {
    expect(outcome).toMatchObject({ reason: { code: 'quota_exceeded' } })
  }
  expect(await account()).toEqual({ balanceMicros: 70, heldMicros: 70, spendableMicros: 0 })
  expect(await auditAccounts(database.read)).toEqual([])
})

test('a hold is spent by a capture and returned by a release', async () => {
  await database.transaction((tx) => hold(tx, charge('gen_a', 30)))
  await database.transaction((tx) => hold(tx, charge('gen_b', 40)))
  await database.transaction((tx) => capture(tx, charge('gen_a', 30)))
  await database.transaction((tx) => release(tx, charge('gen_b', 40), 'failed'))
  expect(await account()).toEqual({ balanceMicros: 40, heldMicros: 0, spendableMicros: 40 })
  expect(await auditAccounts(database.read)).toEqual([])
})

test('settling twice is an error that changes nothing', async () => {
  await database.transaction((tx) => hold(tx, charge('gen_a')))
  await database.transaction((tx) => capture(tx, charge('gen_a')))
  const before = await account()
  await expect(database.transaction((tx) => capture(tx, charge('gen_a')))).rejects.toThrow(/UNIQUE/)
  await expect(database.transaction((tx) => hold(tx, charge('gen_a')))).rejects.toThrow(/UNIQUE/)
  expect(await account()).toEqual(before)
})

test('what is held cannot be spent again, and the refusal says so', async () => {
  await database.transaction((tx) => hold(tx, charge('gen_a', 65)))
  await checkHold(database.read, charge('', 5))
  await expect(checkHold(database.read, charge('', 6))).rejects.toMatchObject({
    code: 'quota_exceeded',
    message: expect.stringContaining('$0.000005 of the balance can be spent'),
  })
})

test('a correction downwards may take what was given, and is recorded as one', async () => {
  await database.transaction((tx) =>
    addCredit(tx, { workspaceId, amountMicros: -100, note: 'charged back' }),
  )
  expect((await account()).balanceMicros).toBe(-30)
  await expect(database.transaction((tx) => hold(tx, charge('gen_a')))).rejects.toMatchObject({
    code: 'quota_exceeded',
  })
  expect(await auditAccounts(database.read)).toEqual([])
})

test('a random history of holds, captures and releases adds up to the last micro-dollar', async () => {
  let expected = 70 + 1_000_000
  await database.transaction((tx) =>
    addCredit(tx, { workspaceId, amountMicros: 1_000_000, note: 'more' }),
  )
  const settlements = Array.from({ length: 300 }, async (_, index) => {
    const each = charge(`gen_${index}`, 1 + ((index * 7919) % 997))
    await database.transaction((tx) => hold(tx, each))
    if (index % 3 === 0) return
    if (index % 3 === 1) expected -= each.amountMicros
    await database.transaction((tx) =>
      index % 3 === 1 ? capture(tx, each) : release(tx, each, 'failed'),
    )
  })
  await Promise.all(settlements)
  expect((await account()).balanceMicros).toBe(expected)
  expect(await auditAccounts(database.read)).toEqual([])
})

test('costs go to the UTC date of the charge, not of the request', async () => {
  await database.transaction((tx) => hold(tx, charge('gen_a')))
  const late = charge('gen_b')
  await database.transaction((tx) => hold(tx, late))
  await database.transaction((tx) => capture(tx, charge('gen_a')))
  now += 1000
  await database.transaction((tx) => capture(tx, late))
  const range = { workspaceId, startAt: Date.UTC(2026, 10, 1), endAt: Date.UTC(2026, 11, 1) }
  expect(Object.fromEntries(await costsByDate(database.read, range))).toEqual({
    '2026-11-22': 10,
    '2026-11-23': 10,
  })
  const day = { ...range, endAt: Date.UTC(2026, 10, 23) }
  expect([...(await costsByDate(database.read, day)).keys()]).toEqual(['2026-11-22'])
})

test('costs begin with the very instant of the start, and are those of one workspace', async () => {
  await database.transaction((tx) => hold(tx, charge('gen_a')))
  await database.transaction((tx) => capture(tx, charge('gen_a')))
  const stranger = await database.transaction(async (tx) => {
    const { id } = await createWorkspace(tx, 'other')
    await openAccount(tx, id)
    return id
  })
  const from = (startAt: number, owner = workspaceId) =>
    costsByDate(database.read, { workspaceId: owner, startAt, endAt: now + 1 })
  expect([...(await from(now)).values()]).toEqual([10])
  expect((await from(now + 1)).size).toBe(0)
  expect((await from(now, stranger)).size).toBe(0)
})

test('costs of many days are summed along an index, and others get a turn after each day', async () => {
  const days = 20
  const startAt = Date.UTC(2026, 5, 1)
  await database.transaction((tx) => addCharges(tx, { startAt, days }))
  let turns = 0
  let timer = setImmediate(function count() {
    turns += 1
    timer = setImmediate(count)
  })
  const statements: string[] = []
  const queries: Queries = {
    ...database.read,
    get(sql, ...values) {
      statements.push(sql)
      return database.read.get(sql, ...values)
    },
  }
  const range = { workspaceId, startAt: startAt + 1, endAt: startAt + days * 86_400_000 }
  const costs = [...(await costsByDate(queries, range))]
  clearImmediate(timer)
  expect(costs).toHaveLength(days)
  // One of the first day came before the start.
  expect(costs[0]).toEqual(['2026-06-01', 299])
  expect(costs.at(-1)).toEqual(['2026-06-20', 300])
  expect(turns).toBeGreaterThanOrEqual(days)
  const plan = await database.read.all(`EXPLAIN QUERY PLAN ${statements[0]}`)
  expect(plan).toMatchObject([
    {
      detail:
        'SEARCH ledger_entries USING COVERING INDEX ledger_entries_by_kind (workspace_id=? AND kind=? AND created_at>? AND created_at<?)',
    },
  ])
})

/** A hold and a charge of 1 every 288 seconds. */
async function addCharges(
  tx: Transaction,
  { startAt, days }: { startAt: number; days: number },
): Promise<void> {
  for (const kind of ['hold', 'capture']) {
    await tx.run(
      `WITH RECURSIVE counter (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counter WHERE n < $1)
       INSERT INTO ledger_entries (id, workspace_id, generation_id, kind, amount_micros, note, created_at)
       SELECT $2 || n, $3, 'gen_' || n, $2, 1, '', $4 + n * 288000 FROM counter`,
      days * 300 - 1,
      kind,
      workspaceId,
      startAt,
    )
  }
}

test('what was added and what was taken are entries of different kinds', async () => {
  await database.transaction((tx) => addCredit(tx, { workspaceId, amountMicros: -1, note: 'less' }))
  const entries = await database.read.all(
    'SELECT kind, amount_micros, note FROM ledger_entries ORDER BY id',
  )
  expect(entries).toEqual([
    { kind: 'topup', amount_micros: 70, note: 'opening balance' },
    { kind: 'adjust', amount_micros: -1, note: 'less' },
  ])
})

test('more given back than was ever held is told, though account and entries agree', async () => {
  await database.transaction((tx) => release(tx, charge('gen_a'), 'never held'))
  expect(await auditAccounts(database.read)).toEqual([`workspace ${workspaceId}: held is negative`])
})

test('an account that was changed without an entry is told apart', async () => {
  await database.transaction((tx) => tx.run('UPDATE accounts SET balance_micros = 71'))
  expect(await auditAccounts(database.read)).toEqual([
    `workspace ${workspaceId}: balance is $0.000071, its entries sum to $0.00007`,
  ])
})
