import type { Clock } from '../../../packages/client/src/retry.ts'

/** A clock that runs through every wait at once and notes how long it was. */
export interface SkippingClock extends Clock {
  /** The waits between tries and polls, in milliseconds. Time limits of requests are not among them. */
  waits: number[]
}

/**
 * Timers shorter than the limit are waits: skipped, and noted when they end. Longer ones are limits
 * on work, and run in real time.
 */
export function skippingClock(limitMs: number, random = 0.5): SkippingClock {
  const waits: number[] = []
  let skippedMs = 0
  return {
    waits,
    now: () => performance.now() + skippedMs,
    random: () => random,
    after(ms, callback) {
      if (ms >= limitMs) {
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
