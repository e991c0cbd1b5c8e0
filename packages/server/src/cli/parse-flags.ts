import { InvalidArgumentError } from 'commander'
import { keyScopes, type KeyScope } from '../contract/operations.ts'
import type { Budget } from '../ledger/budgets.ts'
import { parseDollars } from '../ledger/money.ts'

/** The flags of a budget. Words stand for nothing, since commander takes null for a parser that failed. */
export interface BudgetFlags {
  budgetDay?: number | 'none'
  budgetMonth?: number | 'none'
}

/** What the flags change of a budget. */
export function toBudget({ budgetDay, budgetMonth }: BudgetFlags): Partial<Budget> {
  const toMicros = (flag: number | 'none') => (flag === 'none' ? null : flag)
  return {
    ...(budgetDay === undefined ? {} : { dayMicros: toMicros(budgetDay) }),
    ...(budgetMonth === undefined ? {} : { monthMicros: toMicros(budgetMonth) }),
  }
}

/** What a key is for, in a few words. */
export function parseKeyName(text: string): string {
  if (/^\P{Cc}{1,100}$/u.test(text)) return text
  throw new InvalidArgumentError('It must be 1 to 100 characters on one line.')
}

/** A whole number of requests or generations. */
export function parseLimit(text: string): number {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(limit))
    throw new InvalidArgumentError('It must be a whole number from 0 to 9999999.')
  return limit
}

/** Gigabytes, of a thousand million bytes each, as bytes. */
export function parseGigabytes(text: string): number {
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text)) {
    throw new InvalidArgumentError('It must be a number of gigabytes such as 50 or 0.5.')
  }
  return Math.round(Number(text) * 1e9)
}

/** Dollars as micro-dollars, or `none`. */
export function parseBudget(text: string): number | 'none' {
  if (text === 'none') return text
  const micros = parseDollars(text)
  if (micros === undefined || micros < 0) {
    throw new InvalidArgumentError('It must be dollars such as 5 or 12.50, or none.')
  }
  return micros
}

/** Scopes of a key, separated by commas. */
export function parseScopeNames(text: string): KeyScope[] {
  const names = text.split(',').map((name) => name.trim())
  const scopes = keyScopes.filter((scope) => names.includes(scope))
  // As many as were named, so none was repeated and none is unknown.
  if (scopes.length === names.length) return scopes
  throw new InvalidArgumentError(
    `It must be one or several of ${keyScopes.join(',')}, each once, separated by commas.`,
  )
}

const unitMs: Record<string, number> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }

/** When a key ends: a time from now, the beginning of a UTC date, an instant, or `never`. */
export function parseExpiry(text: string): number | 'never' {
  if (text === 'never') return text
  const expiresAt = toInstant(text)
  if (Number.isNaN(expiresAt)) {
    throw new InvalidArgumentError(
      'Write a time from now (12h, 30d, 8w), a date (2027-01-31, which means its beginning in UTC), an instant (2027-01-31T18:00:00Z), or never.',
    )
  }
  if (expiresAt <= Date.now()) {
    throw new InvalidArgumentError(
      'That is past. To end a key now, use: filmgate keys revoke KEY_ID',
    )
  }
  return expiresAt
}

function toInstant(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,3})([hdw])$/.exec(text) ?? []
  if (unit !== '') return Date.now() + Number(count) * (unitMs[unit] ?? Number.NaN)
  const [, date = ''] = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d)?Z)?$/.exec(text) ?? []
  const instant = date === '' ? Number.NaN : Date.parse(text)
  // Date.parse takes the 31st of February for the 3rd of March.
  const isReal = !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(date)
  return isReal ? instant : Number.NaN
}
