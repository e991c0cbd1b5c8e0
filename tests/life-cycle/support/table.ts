import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { TestGateway } from '../../support/gateway.ts'
import { price, toName } from './models.ts'
import { observe, readBooks, readSpent, type Books } from './observe.ts'
import type { Expected, Outcome, Row } from './row.ts'
import type { Ordered } from './world.ts'

/** Rows that go through the same blow together. */
export interface Group {
  /** Of the file that the table is written to. */
  name: string
  blow: string
  rows: readonly Row[]
}

/** Tests each row of a group, and that the books agree at its end; prints what was seen. */
export function testGroup({ name, blow, rows }: Group, play: () => Promise<Played>): void {
  describe(`${blow}: ${rows.length} rows`, () => {
    // Played once; a failure of the whole is every row's failure.
    let played: Promise<Played> | undefined
    const result = () => (played ??= play())

    for (const [index, row] of rows.entries()) {
      test(titleOf(row), async () => {
        const { outcomes } = await result()
        expect(outcomes[index]).toEqual(toMatch(row.expected))
      })
    }

    test('the audit is clean and names what is held, and the balance lacks that and what was charged', async () => {
      const { outcomes, books, spentUsd } = await result()
      const count = (money: Outcome['money']) =>
        outcomes.filter((outcome) => outcome.money === money).length
      const held = outcomes.flatMap(({ money }, index) => (money === 'held' ? toName(index) : []))
      expect(books).toEqual({ problems: [], pending: 0, open: held.toSorted() })
      const others = rows.filter(({ isCrowded }) => isCrowded).length
      expect(spentUsd).toBeCloseTo((count('charged') + count('held') + others) * price, 6)
    })

    afterAll(async () => {
      const { outcomes } = await result()
      write(name, blow, rows, outcomes)
    })
  })
}

function toMatch({ told, ...rest }: Expected): object {
  return { ...rest, told: typeof told === 'string' ? told : expect.stringMatching(told) }
}

/** What a group came to. */
export interface Played {
  outcomes: Outcome[]
  books: Books
  /** What is gone of the balance. */
  spentUsd: number
}

/** Looks at every row of a world once it has ended. */
export async function look(gateway: TestGateway, ordered: readonly Ordered[]): Promise<Played> {
  const outcomes = await Promise.all(
    ordered.map(async (each) => observe(gateway, each, await each.told)),
  )
  return { outcomes, books: await readBooks(gateway), spentUsd: await readSpent(gateway) }
}

function titleOf({ kind, misfortune, moment, shows }: Row): string {
  const when = moment === undefined ? '' : `, ${moment}`
  return `${shows === undefined ? '' : `${shows} `}${kind}: ${misfortune}${when}`
}

const folder = join(import.meta.dirname, '../../../test-output/life-cycle')

function write(name: string, blow: string, rows: readonly Row[], outcomes: Outcome[]): void {
  const lines = rows.map((row, index) => {
    const outcome = outcomes[index]
    if (outcome === undefined) return [titleOf(row)]
    const { submissions, jobs, told, after, money, key } = outcome
    return [titleOf(row), submissions, jobs, told, after, money, key]
  })
  const head = [blow, 'sent', 'jobs', 'told', 'in the end', 'money', 'key']
  const text = align([head, ...lines])
  console.log(text)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.txt`), `${text}\n`)
}

function align(lines: readonly string[][]): string {
  const widths = lines[0]?.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}
