import { describe, expect, test } from 'vitest'
import { checkPrompt } from './check-prompt.ts'
import design from './fixtures/design.json' with { type: 'json' }
import heldOut from './fixtures/held-out.json' with { type: 'json' }
import { promptCategories } from './rules.ts'

interface Labelled {
  text: string
  expect: string | null
  kind: string
}

interface Count {
  right: number
  all: number
}

/** Per category how many were caught (and named rightly), and how many harmless ones passed. */
function tally(prompts: readonly Labelled[]): {
  table: Map<string, Count>
  caught: Count
  passed: Count
} {
  const table = new Map<string, Count>()
  const caught = { right: 0, all: 0 }
  const passed = { right: 0, all: 0 }
  for (const { text, expect: expected } of prompts) {
    const refusal = checkPrompt(text).refused?.category ?? null
    const row = table.get(expected ?? 'harmless') ?? { right: 0, all: 0 }
    table.set(expected ?? 'harmless', row)
    const total = expected === null ? passed : caught
    row.all++
    total.all++
    if (refusal === expected) row.right++
    // Refused under another name is still refused.
    if ((refusal === null) === (expected === null)) total.right++
  }
  return { table, caught, passed }
}

function print(name: string, { table, caught, passed }: ReturnType<typeof tally>): void {
  const lines = [...promptCategories, 'harmless'].map((category) => {
    const { right, all } = table.get(category) ?? { right: 0, all: 0 }
    return `  ${category.padEnd(18)} ${String(right).padStart(3)} of ${all}`
  })
  const summary = `caught ${caught.right} of ${caught.all}, passed ${passed.right} of ${passed.all}`
  console.log(`${name}: ${summary}\n${lines.join('\n')}`)
}

describe('the two sets', () => {
  test('every prompt of the design set is judged as labelled', () => {
    const result = tally(design.prompts)
    print('design set', result)
    expect(result.caught.right).toBe(result.caught.all)
    expect(result.passed.right).toBe(result.passed.all)
  })

  test('the held-out set, never tuned against, stays above its floors', () => {
    const result = tally(heldOut.prompts)
    print('held-out set', result)
    expect(result.caught.right / result.caught.all).toBeGreaterThan(0.8)
    expect(result.passed.right / result.passed.all).toBeGreaterThan(0.8)
  })

  test('no prompt is in both sets', () => {
    const texts = new Set(design.prompts.map(({ text }) => text.toLowerCase()))
    expect(heldOut.prompts.filter(({ text }) => texts.has(text.toLowerCase()))).toEqual([])
  })
})
