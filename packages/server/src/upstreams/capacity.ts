/**
 * What one credential may have under way: so many jobs at once, so many begun in a minute. Whoever
 * finds no room waits in a line of this credential alone, in which tenants take turns, so a slow
 * upstream holds up nobody who does not want it.
 */
import { createFairShare, type Asker, type FairShare } from '../fairness/fair-share.ts'
import { untilAborted } from '../net/deadline.ts'

/** A job's place, from before it is sent until it has ended. */
export interface Slot {
  /** Safe to call again. */
  free(): void
}

export interface Capacity {
  /** Waits for a place and for the minute's rate; `onWait` runs first if it has to. Rejects with the signal's reason. */
  take(asker: Asker, onWait?: () => Promise<void>): Promise<Slot>
  /** Whether so many wait already that whoever can wait elsewhere should. */
  readonly isCrowded: boolean
  /** Takes a place for a job that is under way already, full or not; others then wait for longer. */
  occupy(tenant: string): Slot
  /** The upstream has asked to be left alone for so long. */
  pause(ms: number): void
  /** For how much longer, in milliseconds; 0 if nothing is known of it. */
  pausedMs(): number
}

export interface CapacityLimits {
  /** Jobs at once; no limit when left out. */
  concurrency?: number | undefined
  /** Jobs begun within any 60 s; no limit when left out. */
  requestsPerMinute?: number | undefined
  /** From how many on its line counts as crowded; 2000 when left out. */
  longestLine?: number | undefined
}

const minuteMs = 60_000
/** Each of those who wait takes a few kilobytes of memory. */
const usualLongestLine = 2000

/** `now` counts milliseconds on a clock that does not jump. */
export function createCapacity(
  limits: CapacityLimits,
  now: () => number = () => performance.now(),
): Capacity {
  const places: FairShare | undefined =
    limits.concurrency === undefined
      ? undefined
      : createFairShare({ total: limits.concurrency }, now)
  const rate =
    limits.requestsPerMinute === undefined
      ? undefined
      : new MinuteRate(limits.requestsPerMinute, now)
  const { longestLine = usualLongestLine } = limits
  let pausedUntil = 0
  let waiting = 0

  async function place(asker: Asker): Promise<Slot> {
    const leave = await places?.take(asker)
    return { free: () => leave?.() }
  }

  return {
    async take(asker, onWait) {
      asker.signal.throwIfAborted()
      waiting += 1
      try {
        const taking = place(asker)
        const isFree = await isSettled(taking)
        if (onWait !== undefined && !(isFree && (rate?.waitMs() ?? 0) === 0)) {
          await freeIfThrown(taking, onWait)
        }
        const slot = await taking
        await freeIfThrown(taking, async () => rate?.take(asker.signal))
        return slot
      } finally {
        waiting -= 1
      }
    },
    get isCrowded() {
      return waiting >= longestLine
    },
    occupy(tenant) {
      const waiting = new AbortController()
      const taking = place({ tenant, signal: waiting.signal })
      taking.catch(() => undefined)
      return {
        free() {
          waiting.abort()
          taking.then(
            (slot) => slot.free(),
            () => undefined,
          )
        },
      }
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, now() + ms)
    },
    pausedMs: () => Math.max(0, pausedUntil - now()),
  }
}

async function isSettled(work: Promise<unknown>): Promise<boolean> {
  // A place that is free is given at once, so two turns of the microtask queue tell.
  const pending = Symbol('pending')
  const later = Promise.resolve()
    .then(() => undefined)
    .then(() => undefined)
    .then(() => pending)
  return (await Promise.race([work.catch(() => undefined), later])) !== pending
}

async function freeIfThrown(taking: Promise<Slot>, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    taking.then(
      (slot) => slot.free(),
      () => undefined,
    )
    throw error
  }
}

/** At most so many within any 60 s, first come, first served. */
class MinuteRate {
  readonly #limit: number
  readonly #now: () => number
  /** When the latest were let through, the oldest first. */
  readonly #passed: number[] = []
  #line: Promise<void> = Promise.resolve()

  constructor(limit: number, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  waitMs(): number {
    const oldest = this.#passed.at(-this.#limit)
    return oldest === undefined ? 0 : Math.max(0, oldest + minuteMs - this.#now())
  }

  take(signal: AbortSignal): Promise<void> {
    const turn = this.#line.then(() => this.#pass(signal))
    this.#line = turn.catch(() => undefined)
    // Whoever gives up leaves at once, wherever it stands in the line.
    return untilAborted(turn, signal)
  }

  async #pass(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const waitMs = this.waitMs()
    if (waitMs > 0) await pause(waitMs, signal)
    this.#passed.push(this.#now())
    if (this.#passed.length > this.#limit) this.#passed.shift()
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await untilAborted(over, signal)
  } finally {
    clearTimeout(timer)
  }
}
