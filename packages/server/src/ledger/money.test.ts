import { describe, expect, test } from 'vitest'
import { formatDollars, parseDollars, toDollars } from './money.ts'

test.each([
  [0, '0.00'],
  [1, '0.000001'],
  [10_000, '0.01'],
  [12_340_000, '12.34'],
  [12_345_600, '12.3456'],
  [-1, '-0.000001'],
  [-2_500_000, '-2.50'],
  [999_999_999_999_999, '999999999.999999'],
])('%i micro-dollars are written %s', (micros, text) => {
  expect(formatDollars(micros)).toBe(text)
  expect(parseDollars(text)).toBe(micros)
})

test.each([
  '',
  ' ',
  '1,5',
  '1e3',
  '.5',
  '5.',
  '0.0000001',
  '+1',
  '--1',
  '1 2',
  '0x10',
  'NaN',
  '∞',
  '1000000000',
])('%j is no amount', (text) => {
  expect(parseDollars(text)).toBeUndefined()
})

describe('for amounts of every size', () => {
  const amounts = Array.from({ length: 5000 }, (_, index) => {
    // Steps that share no factor with a million reach every number of places.
    const micros = (index * 7_368_787) % 10 ** (1 + (index % 15))
    return index % 2 === 0 ? micros : -micros
  }).filter((micros) => !Object.is(micros, -0))

  test('writing and reading back changes nothing', () => {
    for (const micros of amounts) expect(parseDollars(formatDollars(micros))).toBe(micros)
  })

  test('there are two to six places', () => {
    for (const micros of amounts) expect(formatDollars(micros)).toMatch(/^-?\d+\.\d{2,6}$/)
  })

  test('the JSON number means the same amount', () => {
    for (const micros of amounts) expect(Math.round(toDollars(micros) * 1e6)).toBe(micros)
  })
})
