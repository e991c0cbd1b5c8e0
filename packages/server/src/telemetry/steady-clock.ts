/**
 * The time that durations are measured with. The system's clock can jump: an operator corrects it,
 * a machine wakes up. Then windows would stay shut or end at once, due work would wait, deadlines
 * pass and files go early. So a process reads the system's clock once, counts on with a clock that
 * cannot jump, and follows the system's clock only gradually.
 */

/** Catching up makes durations shorter than they are by a tenth at most. */
const fastest = 0.1
/**
 * Falling back makes them longer. By less than the fraction of a second that Retry-After is rounded
 * up by: who waits as long as it was told must find the window open.
 */
const slowest = 0.005
/** A smaller difference is what time services correct every day. */
const jumpMs = 1000

/**
 * A clock in whole milliseconds since the epoch that never goes back. `onJump` is told each time
 * the system's clock was found to have jumped by more than a second, and by how many milliseconds.
 */
export function steadyClock({
  onJump,
  wall = Date.now,
  elapsed = () => performance.now(),
}: {
  onJump: (byMs: number) => void
  /** The system's clock, in milliseconds since the epoch. */
  wall?: () => number
  /** Milliseconds since any instant; never jumps. */
  elapsed?: () => number
}): () => number {
  let lookedAt = elapsed()
  let reading = wall()
  let offset = reading - lookedAt
  return () => {
    const now = elapsed()
    const passed = Math.max(0, now - lookedAt)
    const actual = wall()
    const jump = actual - now - offset
    lookedAt = now
    offset = actual - now
    reading += passed
    reading += Math.min(passed * fastest, Math.max(-passed * slowest, actual - reading))
    if (Math.abs(jump) > jumpMs) onJump(Math.round(jump))
    return Math.floor(reading)
  }
}
