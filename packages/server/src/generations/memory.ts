import type { Slot } from '../upstreams/capacity.ts'

/**
 * What a process remembers of a job between two steps. Nothing that has to outlive it: after a
 * crash the counts begin anew, which only means another look or two.
 */
export interface Memory {
  /** Answers in a row that the upstream does not know the job, or has no such file. */
  misses: number
  /** Looks in a row that failed, whatever was looked for. */
  failedLooks: number
  /** Faults of our own in a row. */
  faults: number
  /** Whether the upstream has said that it will try to cancel. */
  isCancelRequested: boolean
  /** The place that the job takes up at its upstream. */
  slot: Slot | undefined
}

export function createMemory(): Memory {
  return { misses: 0, failedLooks: 0, faults: 0, isCancelRequested: false, slot: undefined }
}
