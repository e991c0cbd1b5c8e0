/**
 * Preloaded into a program (`node --import`) that is to be watched. Its requests to fal go to
 * STUDIO_URL, for fal's client has no setting for that. Its pauses take one part in CLOCK_SPEED of
 * their time, while its clock counts them whole: two minutes of retries are over in seconds.
 */
const { STUDIO_URL, CLOCK_SPEED = '1' } = process.env
const speed = Number(CLOCK_SPEED)

const systemFetch = globalThis.fetch
globalThis.fetch = (input, init) =>
  systemFetch(
    typeof input === 'string'
      ? input.replace(/^https:\/\/(?=\w+\.fal\.)/, `${STUDIO_URL}/`)
      : input,
    init,
  )

// Longer timers are no pauses: they guard against a server that hangs, and one that is only slow
// because the machine is busy must not be taken for that.
const longestPauseMs = 59_999
let skippedMs = 0
const systemNow = performance.now.bind(performance)
performance.now = () => systemNow() + skippedMs

const systemSetTimeout = globalThis.setTimeout
globalThis.setTimeout = (callback, ms = 0, ...values) => {
  const waitMs = ms > longestPauseMs ? ms : ms / speed
  const fire = () => {
    skippedMs += ms - waitMs
    callback(...values)
  }
  return systemSetTimeout(fire, waitMs)
}
