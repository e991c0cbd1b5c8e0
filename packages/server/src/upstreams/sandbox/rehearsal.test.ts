import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, openDataFolder } from '../../storage/data-folder.ts'
import type { Database, Transaction } from '../../storage/database.ts'
import {
  dropCounts,
  dropOldCounts,
  isDue,
  listCountOwners,
  mostCounts,
  promptOccasion,
} from './rehearsal.ts'

let folder: string
let now: number
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-rehearsal-'))
  now = Date.UTC(2026, 10, 22)
  database = await openDatabase(openDataFolder(folder), () => now)
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const ask = (ownerId: string, prompt: string | number, times = 1) =>
  database.transaction((tx) =>
    isDue(tx, promptOccasion(ownerId, String(prompt), 'server_error'), times),
  )
const askMany = (ownerId: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, prompt) => ask(ownerId, prompt)))
const countRows = async () =>
  (await database.read.get<{ rows: number }>('SELECT count(*) AS rows FROM sandbox_rehearsals'))
    ?.rows

test('a failure is due as often as was asked for, for each prompt and workspace', async () => {
  const asked = async () => [await ask('ws_a', 'fox', 2), await ask('ws_b', 'fox', 2)]
  expect(await asked()).toEqual([true, true])
  expect(await ask('ws_a', 'owl', 2)).toBe(true)
  expect(await asked()).toEqual([true, true])
  expect(await asked()).toEqual([false, false])
})

test('only the latest thousand prompts of a workspace are counted, and others lose nothing by it', async () => {
  await ask('ws_b', 'fox')
  const due = await askMany('ws_a', 3 * mostCounts)
  expect(due).not.toContain(false)
  expect(await countRows()).toBe(mostCounts + 1)
  expect(await ask('ws_b', 'fox')).toBe(false)
  expect(await ask('ws_a', 3 * mostCounts - 1)).toBe(false)
  expect(await ask('ws_a', 2 * mostCounts)).toBe(false)
  expect(await ask('ws_a', 2 * mostCounts - 1)).toBe(true)
})

test('a prompt that is repeated pushes out no other', async () => {
  await ask('ws_a', 'fox')
  for (let time = 0; time < mostCounts; time += 1) {
    expect(await ask('ws_a', 'owl', mostCounts)).toBe(true)
  }
  expect(await ask('ws_a', 'owl', mostCounts)).toBe(false)
  expect(await ask('ws_a', 'fox')).toBe(false)
})

test('counts last a day, and those of a generation no longer than it', async () => {
  await ask('ws_a', 'fox')
  await ask('gen_a', 'fox')
  now += 24 * 60 * 60 * 1000
  await ask('ws_a', 'owl')
  await database.transaction(dropOldCounts)
  expect(await countRows()).toBe(3)
  await database.transaction((tx) => dropCounts(tx, 'gen_a'))
  expect(await listCountOwners(database.read)).toEqual(['ws_a'])
  now += 1
  await database.transaction(dropOldCounts)
  expect(await ask('ws_a', 'owl')).toBe(false)
  expect(await ask('ws_a', 'fox')).toBe(true)
})

test('counting, and dropping what is too many or too old, reads no rows but those', async () => {
  await askMany('ws_a', mostCounts)
  const statements: string[] = []
  await database.transaction(async (tx) => {
    const recorded = record(tx, statements)
    await isDue(recorded, { ownerId: 'ws_a', name: 'one too many' }, 1)
    await dropOldCounts(recorded)
  })
  expect(statements).toHaveLength(3)
  for (const sql of statements) {
    const plan = await database.read.all(`EXPLAIN QUERY PLAN ${sql}`)
    expect(JSON.stringify(plan)).toContain('SEARCH sandbox_rehearsals')
    expect(JSON.stringify(plan)).not.toContain('SCAN')
  }
})

function record(tx: Transaction, statements: string[]): Transaction {
  return {
    ...tx,
    get(sql, ...values) {
      statements.push(sql)
      return tx.get(sql, ...values)
    },
    run(sql, ...values) {
      statements.push(sql)
      return tx.run(sql, ...values)
    },
  }
}
