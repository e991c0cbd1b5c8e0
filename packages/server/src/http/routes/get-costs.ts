import { fail } from '../../contract/failure.ts'
import { costsByDate, toDate } from '../../ledger/ledger.ts'
import { toDollars } from '../../ledger/money.ts'
import { handle } from '../handle.ts'

const dayMs = 86_400_000
const longestDays = 180

/** What completed generations cost, by UTC date. */
export const getCosts = handle('getCosts', async ({ query, caller }, { database }) => {
  const startAt = parseInstant('start', query.start)
  const endAt = parseInstant('end', query.end)
  if (endAt <= startAt) throw outOfRange('`end` must be after `start`.')
  if (endAt - startAt > longestDays * dayMs) {
    throw outOfRange(`The period may be at most ${longestDays} days long.`)
  }
  const { workspaceId } = caller
  const costs = await costsByDate(database.read, { workspaceId, startAt, endAt })
  const dates = datesBetween(startAt, endAt)
  const total = [...costs.values()].reduce((sum, micros) => sum + micros, 0)
  return {
    status: 200,
    body: {
      currency: 'USD',
      start: new Date(startAt).toISOString(),
      end: new Date(endAt).toISOString(),
      total_cost: toDollars(total),
      data: dates.map((date) => ({ date, cost: toDollars(costs.get(date) ?? 0) })),
    },
  }
})

function datesBetween(startAt: number, endAt: number): string[] {
  const first = Math.floor(startAt / dayMs)
  const last = Math.floor((endAt - 1) / dayMs)
  return Array.from({ length: last - first + 1 }, (_, index) => toDate((first + index) * dayMs))
}

function outOfRange(message: string) {
  return fail('invalid_parameter', 'out_of_range', { message, param: 'end' })
}

/** Before and after, an instant has no date of four digits. */
const earliest = Date.parse('0001-01-01T00:00:00.000Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')

const iso8601 = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i

// A plus sign in a query arrives as a blank unless it was percent-encoded; nobody means a blank here.
function parseInstant(param: 'start' | 'end', text: string): number {
  const repaired = text.replace(/ (\d{2}:?\d{2})$/, '+$1')
  const date = iso8601.exec(repaired)?.[1]
  const instant = date !== undefined && isDate(date) ? Date.parse(repaired) : Number.NaN
  if (Number.isFinite(instant)) {
    if (instant >= earliest && instant <= latest) return instant
    throw fail('invalid_parameter', 'out_of_range', {
      message: `\`${param}\` must lie, in UTC, within the years 1 to 9999, not at ${repaired}.`,
      param,
    })
  }
  throw fail('invalid_parameter', 'wrong_type', {
    message: `\`${param}\` must be an ISO 8601 instant with a zone, such as 2026-11-22T00:00:00Z.`,
    param,
  })
}

// Date.parse takes 30 February for 2 March.
function isDate(date: string): boolean {
  const midnight = Date.parse(`${date}T00:00:00Z`)
  return Number.isFinite(midnight) && toDate(midnight) === date
}
