import type { Clock } from '../../../packages/client/src/retry.ts'

/** A clock that runs through every pause at once and notes how long it was. */
export interface SkippingClock extends Clock {
  /** The pauses between tries and polls, in milliseconds. */
  waits: number[]
}

/** Pauses are skipped, and noted when they end. Limits on work run in real time. */
export function skippingClock(random = 0.5): SkippingClock {
  const waits: number[] = []
  let skippedMs = 0
  return {
    waits,
    now: () => performance.now() + skippedMs,
    random: () => random,
    after(ms, callback, kind) {
      if (kind === 'limit') {
        const limit = setTimeout(callback, Math.min(ms, 2 ** 31 - 1))
        return () => clearTimeout(limit)
      }
      const skip = setImmediate(() => {
        waits.push(ms)
        skippedMs += ms
        callback()
      })
      return () => clearImmediate(skip)
    },
  }
}
