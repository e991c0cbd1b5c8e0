const firstDelayMs = 500
const longestDelayMs = 8_000

/** Time, chance and timers. Replaced in tests only. */
export interface Clock {
  /** Milliseconds from a fixed start. */
  now(): number
  /** At least 0, less than 1. */
  random(): number
  /**
   * Calls back after so many milliseconds; the function returned takes that back. A pause is waited
   * for by choice, a limit ends work that takes too long.
   */
  after(ms: number, callback: () => void, kind: 'pause' | 'limit'): () => void
}

// Longer timers fire at once: their length is kept in 31 bits.
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  after(ms, callback) {
    if (ms === Infinity) return () => {}
    const timer = setTimeout(callback, Math.min(ms, longestTimerMs))
    return () => clearTimeout(timer)
  },
}

/** Resolves after so many milliseconds, or as soon as the signal fires. */
export function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const wake = (): void => {
      cancel()
      forget()
      resolve()
    }
    const cancel = clock.after(ms, wake, 'pause')
    const forget = onAbort(signal, wake)
  })
}

interface Watch {
  callbacks: Set<() => void>
  tell: () => void
}

const watches = new WeakMap<AbortSignal, Watch>()

/**
 * Calls back when the signal fires; the function returned takes that back. However many calls share
 * a signal, it has one listener: from eleven on runtimes warn of a leak.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return () => {}
  const { callbacks, tell } = watches.get(signal) ?? watch(signal)
  if (callbacks.size === 0) signal.addEventListener('abort', tell)
  callbacks.add(callback)
  return () => {
    callbacks.delete(callback)
    if (callbacks.size === 0) signal.removeEventListener('abort', tell)
  }
}

function watch(signal: AbortSignal): Watch {
  const callbacks = new Set<() => void>()
  const tell = (): void => callbacks.forEach((callback) => callback())
  const made = { callbacks, tell }
  watches.set(signal, made)
  return made
}

/** How much room is left for another try. */
export interface Room {
  /** Tries made so far, at least 1. */
  attempts: number
  maxRetries: number
  /** Milliseconds that the next try may be put off. */
  leftMs: number
}

/** Try again after a while, or stop; `because` is for the reader of the error. */
export type Decision = { afterMs: number } | { because?: string }

/**
 * Whether and when to try again. A wait the server asks for is kept in full or not begun: coming
 * back early is what the server asked not to happen.
 */
export function decide(
  failure: { retryable: boolean; retryAfterMs?: number | undefined },
  room: Room,
  random: () => number,
): Decision {
  if (!failure.retryable) return {}
  const asked = failure.retryAfterMs
  if (room.attempts > room.maxRetries) return {}
  const backOffMs = random() * Math.min(longestDelayMs, firstDelayMs * 2 ** (room.attempts - 1))
  const askedMs = asked === undefined ? 0 : asked + spread(asked, room.leftMs, random)
  // A server that asks for a moment, or for none, is left alone as long as one that asks nothing.
  const afterMs = Math.max(backOffMs, askedMs)
  if (afterMs < room.leftMs) return { afterMs }
  if (asked === undefined || asked < room.leftMs) return {}
  return {
    because: `Not sent again: the server asks to wait ${seconds(asked)}, and the limits of this call (maxElapsed, timeout) leave ${seconds(room.leftMs)}.`,
  }
}

// Callers that were sent away together should not come back in the same instant.
function spread(askedMs: number, leftMs: number, random: () => number): number {
  if (askedMs >= leftMs) return 0
  // Never so much that it breaks the limit.
  return Math.min(random() * Math.min(1_000, askedMs / 10), (leftMs - askedMs) / 2)
}

/** `1500` → `1.5 s`, `30` → `0.03 s`. */
export function seconds(ms: number): string {
  const unit = ms < 100 ? 1 : 100
  return `${Math.max(0, (Math.round(ms / unit) * unit) / 1_000)} s`
}

/** The wait that the headers ask for, in milliseconds; undefined when they ask for none that can be read. */
export function retryAfterMs(headers: Headers): number | undefined {
  const ms = decimal(headers.get('Retry-After-Ms'))
  if (ms !== undefined) return ms
  const header = headers.get('Retry-After')?.trim() ?? ''
  const wait = decimal(header)
  if (wait !== undefined) return wait * 1_000
  const at = httpDate(header)
  // The server's own clock, where it is shown, cancels out that ours may be wrong.
  const now = httpDate(headers.get('Date') ?? '') ?? Date.now()
  return at === undefined ? undefined : Math.max(0, at - now)
}

function decimal(text: string | null): number | undefined {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined
}

// Date.parse alone also reads `-5` and `soon 5` as dates. The oldest of the three HTTP forms names
// no zone and means GMT.
function httpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(text)) return undefined
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : at
}
