import { DatabaseSync } from '@photostructure/sqlite'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { fail } from '../contract/failure.ts'
import type { Database, Transaction } from './database.ts'
import { openSqlite } from './sqlite.ts'

let folder: string
let file: string
let now: number
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-sqlite-'))
  file = join(folder, 'filmgate.db')
  now = 1000
  database = await openSqlite(file, () => now)
  await database.transaction((tx) =>
    tx.run('CREATE TABLE items (id text PRIMARY KEY, count bigint NOT NULL)'),
  )
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const insert = (id: string) => (tx: Transaction) =>
  tx.run('INSERT INTO items (id, count) VALUES ($1, 1)', id)

async function idsOf(queries: Pick<Transaction, 'all'>): Promise<string[]> {
  const rows = await queries.all<{ id: string }>('SELECT id FROM items ORDER BY id')
  return rows.map(({ id }) => id)
}

test('a transaction that throws leaves nothing, and its neighbours in the same commit stand', async () => {
  const outcomes = await Promise.allSettled([
    database.transaction(insert('before')),
    database.transaction(async (tx) => {
      await insert('half')(tx)
      throw new Error('changed my mind')
    }),
    database.transaction(insert('before')),
    database.transaction(insert('after')),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
  ])
  expect(outcomes[1]).toMatchObject({ reason: { message: 'changed my mind' } })
  expect(outcomes[2]).toMatchObject({ reason: { message: /UNIQUE/ } })
  expect(await idsOf(database.read)).toEqual(['after', 'before'])
})

test('a failure thrown in a transaction is passed on as it is', async () => {
  const failure = fail('rate_limit', 'requests_in_flight', { message: 'later' })
  await expect(database.transaction(() => Promise.reject(failure))).rejects.toBe(failure)
})

test('a thousand increments at once are a thousand, and each sees those before it', async () => {
  await database.transaction(insert('counter'))
  const seen = await Promise.all(
    Array.from({ length: 1000 }, () =>
      database.transaction((tx) =>
        tx.get<{ count: number }>(
          "UPDATE items SET count = count + 1 WHERE id = 'counter' RETURNING count",
        ),
      ),
    ),
  )
  expect(seen.map((row) => row?.count)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 2))
})

test('a transaction is answered only after its commit: other connections see it then', async () => {
  const other = new DatabaseSync(file, { readOnly: true })
  const seen = await Promise.all(
    ['a', 'b', 'c'].map(async (id) => {
      await database.transaction(insert(id))
      return other.prepare('SELECT count(*) AS count FROM items WHERE id = ?').get(id)
    }),
  )
  expect(seen).toEqual([{ count: 1 }, { count: 1 }, { count: 1 }])
  other.close()
})

test('rows that are not committed are seen inside their transaction and nowhere else', async () => {
  const seen = await database.transaction(async (tx) => {
    await insert('fresh')(tx)
    return { inside: await idsOf(tx), outside: await idsOf(database.read) }
  })
  expect(seen).toEqual({ inside: ['fresh'], outside: [] })
  expect(await idsOf(database.read)).toEqual(['fresh'])
})

test('the reading connection cannot write', async () => {
  await expect(database.read.run("DELETE FROM items WHERE id = 'a'")).rejects.toThrow(/readonly/)
})

test('a snapshot stays the same while others write', async () => {
  const seen = await database.snapshot(async (queries) => {
    const before = await idsOf(queries)
    await database.transaction(insert('later'))
    return [before, await idsOf(queries)]
  })
  expect(seen).toEqual([[], []])
  expect(await idsOf(database.read)).toEqual(['later'])
})

test('the instant of a transaction comes from the clock and does not move within it', async () => {
  const instants = await database.transaction(async (tx) => {
    const first = tx.now
    now += 5000
    return [first, tx.now]
  })
  expect(instants).toEqual([1000, 1000])
  expect(await database.transaction(async (tx) => tx.now)).toBe(6000)
})

test('every commit is synced to disk, at the first opening and at the next', async () => {
  const pragmas = () =>
    database.transaction(async (tx) => [
      await tx.get('PRAGMA synchronous'),
      await tx.get('PRAGMA journal_mode'),
      await tx.get('PRAGMA foreign_keys'),
    ])
  const expected = [{ synchronous: 2 }, { journal_mode: 'wal' }, { foreign_keys: 1 }]
  expect(await pragmas()).toEqual(expected)
  await database.close()
  database = await openSqlite(file, () => now)
  expect(await pragmas()).toEqual(expected)
})

test('a closed database is one file: a copy of it has everything', async () => {
  await database.transaction(insert('kept'))
  await database.close()
  expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0)
  const copy = join(folder, 'copy.db')
  copyFileSync(file, copy)
  database = await openSqlite(copy, () => now)
  expect(await idsOf(database.read)).toEqual(['kept'])
})

test('closing waits for the transactions that were asked for', async () => {
  const written = Promise.all(['a', 'b'].map((id) => database.transaction(insert(id))))
  await database.close()
  expect(await written).toEqual([1, 1])
  database = await openSqlite(file, () => now)
  expect(await idsOf(database.read)).toEqual(['a', 'b'])
})

test('timers fire while transactions follow one another without a break', async () => {
  const startedAt = performance.now()
  const isOver = () => performance.now() - startedAt > 1500
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 10)
  const loop = async () => {
    while (!isOver()) await database.transaction((tx) => tx.get('SELECT 1 AS one'))
  }
  await Promise.all(Array.from({ length: 64 }, loop))
  clearInterval(timer)
  // A share of what an idle process would count: the machine may be busy with other things.
  expect(ticks).toBeGreaterThan(30)
})

test('a lock that another process holds is waited for without stopping the event loop', async () => {
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  let ticks = 0
  let settled = false
  const written = database.transaction(insert('patient')).finally(() => (settled = true))
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      ticks += 1
      if (ticks < 30) return
      clearInterval(timer)
      resolve()
    }, 10)
  })
  expect(settled).toBe(false)
  expect(await idsOf(database.read)).toEqual([])
  other.exec('COMMIT')
  other.close()
  expect(await written).toBe(1)
})

test('a lock that is not given back refuses each transaction after its own five seconds', async () => {
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  onTestFinished(() => clock.mockRestore())
  const first = database.transaction(insert('first'))
  clock.mockReturnValue(1000)
  const later = database.transaction(insert('later'))
  clock.mockReturnValue(5001)
  await expect(first).rejects.toMatchObject({ reason: 'storage_unavailable' })
  other.exec('COMMIT')
  other.close()
  expect(await later).toBe(1)
  expect(await idsOf(database.read)).toEqual(['later'])
})

test('a log that somebody still reads from is left to whoever closes later', async () => {
  await database.transaction(insert('kept'))
  const reader = new DatabaseSync(file, { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT id FROM items').all()
  await database.transaction(insert('later'))
  const startedAt = performance.now()
  await database.close()
  expect(performance.now() - startedAt).toBeLessThan(2000)
  expect(reader.prepare('SELECT id FROM items').all()).toEqual([{ id: 'kept' }])
  reader.close()
  database = await openSqlite(file, () => now)
  expect(await idsOf(database.read)).toEqual(['kept', 'later'])
})

test('what is deleted leaves no trace in the file', async () => {
  const secret = 'a fox that nobody may know of '
  await database.transaction((tx) =>
    tx.run('INSERT INTO items (id, count) VALUES ($1, 1)', secret.repeat(1000)),
  )
  await database.transaction((tx) => tx.run('DELETE FROM items'))
  await database.close()
  expect(readFileSync(file).includes(secret)).toBe(false)
  database = await openSqlite(file, () => now)
})

test('a log is folded between transactions without a break, and keeps nothing of what was overwritten', async () => {
  const secret = 'a fox that nobody may know of '.repeat(100)
  await database.transaction(insert(secret))
  await database.transaction((tx) => tx.run('DELETE FROM items'))
  expect(readFileSync(`${file}-wal`).includes(secret)).toBe(true)
  const written = Array.from({ length: 1000 }, (_, id) => database.transaction(insert(String(id))))
  const folds = Array.from({ length: 20 }, () => database.foldLog())
  await Promise.all([...written, ...folds])
  await database.foldLog()
  expect(statSync(`${file}-wal`).size).toBe(0)
  expect(readFileSync(file).includes(secret)).toBe(false)
  expect(await idsOf(database.read)).toHaveLength(1000)
  // It is the same file, so what is written from here on is not lost.
  expect(await database.transaction(insert('later'))).toBe(1)
})

test.each(['BEGIN', 'BEGIN IMMEDIATE'])(
  'folding does not wait for another process in a transaction (%s), and is done once it is gone',
  async (begin) => {
    await database.transaction(insert('kept'))
    const other = new DatabaseSync(file)
    other.exec(begin)
    other.prepare('SELECT id FROM items').all()
    if (begin === 'BEGIN') await database.transaction(insert('later'))
    const before = statSync(`${file}-wal`).size
    const startedAt = performance.now()
    await database.foldLog()
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(statSync(`${file}-wal`).size).toBe(before)
    expect(other.prepare('SELECT id FROM items').all()).toEqual([{ id: 'kept' }])
    other.exec('COMMIT')
    other.close()
    await database.foldLog()
    expect(statSync(`${file}-wal`).size).toBe(0)
  },
)
