import { stat } from 'node:fs/promises'
import type { Clock } from '../../../packages/client/src/retry.ts'

/**
 * A clock without real time: pauses are over at once, and a limit passes only when a test says so,
 * so that nothing depends on how busy the machine is.
 */
export interface VirtualClock extends Clock {
  /** The pauses so far, in milliseconds. */
  pauses: number[]
  /** Timers that were neither called nor taken back. */
  running(): number
  /** Moves time on, and calls every limit that is due. */
  advance(ms: number): void
  /** Moves on to the limit that is due first. False when there is none. */
  runOut(): boolean
}

/** Starts one. `random` is what the client takes for chance. */
export function virtualClock(random: () => number = () => 0.5): VirtualClock {
  const pauses: number[] = []
  const limits = new Map<() => void, number>()
  let running = 0
  let now = 0
  const advance = (ms: number): void => {
    now += ms
    const due = [...limits].filter(([, dueAt]) => dueAt <= now)
    for (const [callback] of due) callback()
  }
  const onNextTurn = (callback: () => void): (() => void) => {
    const next = setImmediate(callback)
    return () => clearImmediate(next)
  }
  const timer = (callback: () => void): { call: () => void; done: () => boolean } => {
    let isDone = false
    const done = (): boolean => {
      if (isDone) return false
      isDone = true
      running -= 1
      return true
    }
    running += 1
    return { call: () => done() && callback(), done }
  }
  return {
    pauses,
    running: () => running,
    now: () => now,
    random,
    advance,
    runOut() {
      const dueAt = Math.min(...limits.values())
      if (dueAt === Infinity) return false
      advance(Math.max(0, dueAt - now))
      return true
    },
    after(ms, callback, kind) {
      if (ms === Infinity) return () => {}
      const { call, done } = timer(callback)
      const pass = (): void => {
        if (kind === 'pause') {
          pauses.push(ms)
          advance(ms)
        }
        limits.delete(pass)
        call()
      }
      const isNow = kind === 'pause' || ms <= 0
      const cancel = isNow ? onNextTurn(pass) : () => limits.delete(pass)
      if (!isNow) limits.set(pass, now + ms)
      return () => {
        cancel()
        done()
      }
    },
  }
}

/** Turns of the event loop: whatever was sent over the loopback before has arrived after a few. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Far more turns of the event loop, and of the file system, than anything begun before still needs. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) {
    await stat('.')
    await turns(1)
  }
}
