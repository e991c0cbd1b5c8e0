/**
 * For how long what is waited for, beside the deadline, which the model sets. Nothing here depends
 * on which upstream it is.
 */
import type { Generation } from './generation.ts'

/** An upstream that does not know a job, or has no such file, this many times in a row has lost it. */
export const lostAfter = 3

/** How long after the deadline a late result is still adopted. An image's answer is due 5 s after it. */
const lateMs = { image: 2000, video: 60_000 }

/** Until when a late result is adopted, in milliseconds since the epoch. */
export function latestAt({ deadlineAt, type }: Pick<Generation, 'deadlineAt' | 'type'>): number {
  return deadlineAt + lateMs[type]
}

/** How long after its deadline a generation may still wait for a fault of our own to pass. */
export const giveUpAfterMs = 3000

/** The same for a result that is there and may be paid for: it only has to be kept. */
export const keepTryingMs = 10 * 60_000

/** A video that finds its upstream crowded comes back after so long. */
export const crowdedRestMs = 60_000

/** While a bill is unknown, the upstream is asked again this often. */
export const reconcileEveryMs = 60_000

/** After this long without an answer the hold is released; the operator bears what was billed. */
export const reconcileForMs = 24 * 60 * 60 * 1000
