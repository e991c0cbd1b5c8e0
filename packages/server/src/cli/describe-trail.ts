/** What happened to a generation, as one person would tell another. Everything is read off its rows. */
import type { Attempt } from '../generations/attempt.ts'
import type { Generation } from '../generations/generation.ts'
import { reconcileEveryMs } from '../generations/time-limits.ts'
import { formatDollars } from '../ledger/money.ts'
import { describeAttempt, describeUnderWay } from './describe-attempt.ts'
import { toDuration, toTime } from './output.ts'

/** The rows that tell it. */
export interface Trail {
  generation: Generation
  /** First to last. */
  attempts: readonly Attempt[]
  /** How many files came of it. */
  fileCount: number
}

/** Something that happened, or what is going on now. */
export interface Moment {
  at: number | 'now'
  text: string
}

/** One line for each thing that happened, in the order of time; the last may say what is going on. */
export function describeTrail(trail: Trail): string[] {
  const { generation, attempts } = trail
  const moments = [
    ...accepted(generation),
    ...attempts.flatMap((attempt) => describeAttempt(attempt, trail)),
    ...ended(generation),
    ...goingOn(trail),
  ].toSorted((one, other) => instantOf(one) - instantOf(other))
  const days = new Set(moments.flatMap(({ at }) => (at === 'now' ? [] : toTime(at).slice(0, 10))))
  const toColumn = ({ at }: Moment) =>
    at === 'now' ? 'now' : toTime(at).slice(days.size > 1 ? 0 : 11)
  const width = Math.max(...moments.map((moment) => toColumn(moment).length))
  return moments.map((moment) => `${toColumn(moment).padEnd(width)}  ${moment.text}`)
}

// What happened in one transaction has one instant, and stays in the order of the list.
function instantOf({ at }: Moment): number {
  return at === 'now' ? Number.MAX_SAFE_INTEGER : at
}

function accepted(generation: Generation): Moment[] {
  const { createdAt, checkedAt, cancelRequestedAt, input, mode } = generation
  const money =
    mode === 'test' ? 'with a test key, which costs nothing' : `${priceOf(generation)} held`
  const what = input.images.length === 0 ? 'the prompt' : 'the prompt and its images'
  return [
    { at: createdAt, text: `accepted, ${money}` },
    ...(checkedAt === null ? [] : [{ at: checkedAt, text: `${what} passed the checks` }]),
    ...(cancelRequestedAt === null
      ? []
      : [{ at: cancelRequestedAt, text: 'its owner asked to cancel it' }]),
  ]
}

function ended(generation: Generation): Moment[] {
  const { endedAt, status, failure, mode } = generation
  if (endedAt === null) return []
  if (status === 'completed') {
    const money = mode === 'test' ? 'nothing charged' : `${priceOf(generation)} charged`
    return [{ at: endedAt, text: `completed; ${money}` }]
  }
  const why = failure === null ? '' : `: ${failure.code} (${failure.reason})`
  return [{ at: endedAt, text: `failed${why}; nothing charged` }]
}

function goingOn({ generation, attempts }: Trail): Moment[] {
  const { status, reconcileUntil, deadlineAt, checkedAt } = generation
  if (reconcileUntil !== null) return [{ at: 'now', text: reconciling(generation, reconcileUntil) }]
  if (status !== 'pending') return []
  const last = attempts.at(-1)
  const deadline = `the deadline is ${toTime(deadlineAt).slice(11)}`
  if (last === undefined) {
    const what = checkedAt === null ? 'not checked yet' : 'not sent yet, and waiting for room'
    return [{ at: 'now', text: `${what}; ${deadline}` }]
  }
  return [{ at: 'now', text: `${describeUnderWay(last, generation)}; ${deadline}` }]
}

function reconciling(generation: Generation, until: number): string {
  const hold = generation.mode === 'test' ? '' : `; ${priceOf(generation)} stays held`
  return `what became of it is looked up every ${toDuration(reconcileEveryMs)}, until ${toTime(until)} at the latest${hold}`
}

function priceOf({ price }: Generation): string {
  return `$${formatDollars(price.costMicros)}`
}
