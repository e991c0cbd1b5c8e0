/**
 * Waiting for a lock that another process holds, such as a command or a backup, without stopping
 * the event loop. SQLite's own busy timeout sleeps inside the call: everything stands still with it.
 */
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a statement waits for another process before it fails. */
export const patienceMs = 5000

const shortestPauseMs = 1
const longestPauseMs = 25

/** Whether SQLite gave up because somebody else holds a lock. */
export function isBusy(error: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error)
  return /locked|busy/i.test(text)
}

/** Pauses that double up to 25 ms: short, because commands hold their locks for a moment only. */
export class Pauses {
  #nextMs = shortestPauseMs

  async take(): Promise<void> {
    await sleep(this.#nextMs)
    this.#nextMs = Math.min(longestPauseMs, this.#nextMs * 2)
  }
}

/** Runs `work` until it meets no lock; after 5 s throws what it threw last. */
export async function patiently<Result>(work: () => Result): Promise<Result> {
  try {
    return work()
  } catch (error) {
    if (!isBusy(error)) throw error
  }
  return insist(work)
}

async function insist<Result>(work: () => Result): Promise<Result> {
  const pauses = new Pauses()
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    await pauses.take()
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw error
    }
  }
}
