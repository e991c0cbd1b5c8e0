/** No answer is held longer than this for somebody's sake, in milliseconds. */
export const longestHoldMs = 50_000

/** The preferences of RFC 7240 that mean something here. Others are ignored, as the RFC asks. */
export interface Preferences {
  respondAsync: boolean
  /** 1 to 50; larger wishes are cut, and what is no number is ignored. */
  waitSeconds: number | undefined
}

// Proxies commonly cut a silent connection at 60 s: an answer that comes just then reaches nobody.
const longestWaitSeconds = longestHoldMs / 1000

/** Reads a Prefer header. */
export function parsePrefer(header: string | undefined): Preferences {
  const wishes = (header ?? '')
    .split(',')
    .map((wish) => wish.split(';', 1)[0]?.trim().toLowerCase())
  const wait = wishes
    .map((wish) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(wish ?? '')?.[1])
    .find((seconds) => seconds !== undefined)
  const seconds = wait === undefined ? 0 : Math.min(longestWaitSeconds, Number(wait))
  return {
    respondAsync: wishes.includes('respond-async'),
    waitSeconds: seconds > 0 ? seconds : undefined,
  }
}
