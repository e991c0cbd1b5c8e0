/**
 * What follows a failed attempt. Decided from the classified failure alone, never from which
 * upstream it was:
 *
 *   content refused, or a value the client sent   the end: no shopping for a laxer upstream
 *   credential, account or model of the operator  the next route at once; the same one cannot help
 *   a job that was taken and then failed          the next route, if it cost nothing
 *   a job that was lost, or a useless result      the same route again, if it cost nothing
 *   anything else that was certainly not taken    the same route again with back-off, then the next
 */
import type { UpstreamError } from '../upstreams/upstream.ts'
import type { Attempt } from './attempt.ts'

/** Tries at one route before the next one is taken. */
export const triesPerRoute = 3

const backoffBaseMs = 250
const backoffCapMs = 10_000

export type Decision =
  | { kind: 'end' }
  /** A new attempt at this route, after a wait. */
  | { kind: 'retry'; route: number; afterMs: number }

/** Decides after the last of `attempts` failed with `error`. `random` is uniform in [0, 1). */
export function decideRetry(
  attempts: readonly Attempt[],
  error: UpstreamError,
  { routeCount, random }: { routeCount: number; random: () => number },
): Decision {
  const route = attempts.at(-1)?.route ?? 0
  if (isFinal(error)) return { kind: 'end' }
  const nextRoute: Decision =
    route + 1 < routeCount ? { kind: 'retry', route: route + 1, afterMs: 0 } : { kind: 'end' }
  if (isOperatorFault(error)) return nextRoute
  const tries = attempts.filter((attempt) => attempt.route === route).length
  if (error.accepted === 'yes' && error.isUseless !== true) return nextRoute
  if (tries >= triesPerRoute) return nextRoute
  return { kind: 'retry', route, afterMs: backoffMs(tries, error.retryAfterMs, random) }
}

/** Full jitter: uniform between nothing and a bound that doubles; never less than the upstream's hint. */
export function backoffMs(tries: number, hintMs: number | undefined, random: () => number): number {
  const bound = Math.min(backoffCapMs, backoffBaseMs * 2 ** tries)
  return Math.max(hintMs ?? 0, Math.round(random() * bound))
}

// Content and the client's own values are the same at every upstream. And a job that cost money,
// or may have, is not paid for twice.
function isFinal(error: UpstreamError): boolean {
  if (error.code === 'content_policy_violation') return true
  if (error.code === 'invalid_parameter' && error.param !== undefined) return true
  return error.billed !== 'no' || error.accepted === 'maybe'
}

function isOperatorFault(error: UpstreamError): boolean {
  return ['invalid_api_key', 'quota_exceeded', 'not_found'].includes(error.code)
}
