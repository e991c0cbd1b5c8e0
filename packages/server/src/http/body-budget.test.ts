import { expect, test } from 'vitest'
import { createBodyBudget, freeBytes } from './body-budget.ts'

const mebibyte = 1024 ** 2
const limits = { totalBytes: 100 * mebibyte, tenantBytes: 40 * mebibyte }
const busy = { code: 'rate_limit', reason: 'bodies_in_flight' }

test('a tenant is refused what goes beyond its part, and gets it once something is given back', () => {
  const budget = createBodyBudget(limits)
  const [first, second] = [budget.open('a'), budget.open('a')]
  first.reserve(30 * mebibyte)
  expect(() => second.reserve(30 * mebibyte)).toThrow(expect.objectContaining(busy))
  expect(() => second.reserve(30 * mebibyte)).toThrow('30 of the 40 MiB')
  first.release()
  second.reserve(30 * mebibyte)
})

test('another tenant does not notice', () => {
  const budget = createBodyBudget(limits)
  for (let round = 0; round < 40; round += 1) {
    const share = budget.open('a')
    try {
      share.reserve(27 * mebibyte)
    } catch {
      // Refused, as it should be from the second on.
    }
  }
  budget.open('b').reserve(40 * mebibyte)
})

test('all together are refused what goes beyond the whole', () => {
  const budget = createBodyBudget(limits)
  for (const tenant of ['a', 'b', 'c']) budget.open(tenant).reserve(30 * mebibyte)
  expect(() => budget.open('d').reserve(30 * mebibyte)).toThrow('This server is receiving')
})

test('a small body always has room', () => {
  const budget = createBodyBudget({ totalBytes: mebibyte, tenantBytes: mebibyte })
  budget.open('a').reserve(mebibyte + freeBytes)
  budget.open('a').reserve(freeBytes)
  budget.open('b').reserve(freeBytes)
  expect(() => budget.open('b').reserve(freeBytes + 1)).toThrow(expect.objectContaining(busy))
})

test('what grows takes only the difference, and what is given back twice counts once', () => {
  const budget = createBodyBudget(limits)
  const share = budget.open('a')
  for (const mebibytes of [1, 10, 5, 40]) share.reserve(mebibytes * mebibyte)
  share.release()
  share.release()
  for (let round = 0; round < 3; round += 1) {
    const again = budget.open('a')
    again.reserve(40 * mebibyte)
    again.release()
  }
})
