/**
 * What comes next for a generation that has no attempt under way. Decided from the rows, the routes
 * and the clock alone, so that another process decides the same after a crash; never from which
 * upstream it was. What follows from a failure stands in the table of failures.ts; here is when.
 */
import { createHash } from 'node:crypto'
import type { Failure } from '../contract/failure.ts'
import type { GenerationType } from '../contract/generations.ts'
import type { Route } from '../models/model.ts'
import type { UpstreamFailure } from '../upstreams/upstream.ts'
import type { Attempt } from './attempt.ts'
import { allThrottled, failureTable, noRoute, toFailure } from './failures.ts'

/** Tries at one route before the next one is taken. */
export const triesPerRoute = 3

const backoffBaseMs = 250
const backoffCapMs = 10_000
/** A wait that takes up more than this part of the time that is left is worth asking elsewhere for. */
const longWait = 0.25

export type Decision =
  | { kind: 'submit'; route: Route }
  /** Then decide again. */
  | { kind: 'wait'; afterMs: number }
  | { kind: 'end'; failure: Failure }

export interface Crossroads {
  type: GenerationType
  /** All so far; each of them has ended. */
  attempts: readonly Attempt[]
  /** In the order in which they are tried. */
  routes: readonly Route[]
  now: number
  /** Until the deadline, in milliseconds. */
  leftMs: number
  /** For how much longer an upstream has asked to be left alone, in milliseconds. */
  pausedMs(route: Route): number
}

interface Option {
  route: Route
  waitMs: number
}

/** Decides whether and where to send a generation, when, or how it ends. */
export function decide(crossroads: Crossroads): Decision {
  const { attempts, routes, leftMs } = crossroads
  const last = attempts.at(-1)
  if (last !== undefined && isFinal(last)) return { kind: 'end', failure: tellLast(last) }
  const options = routes
    .filter((route) => isOpen(route, attempts))
    .map((route) => ({
      route,
      waitMs: waitFor(route, crossroads),
    }))
  const option =
    options.find(({ waitMs }) => waitMs <= leftMs * longWait) ??
    options.toSorted((a, b) => a.waitMs - b.waitMs)[0]
  if (option === undefined || option.waitMs >= leftMs) {
    return { kind: 'end', failure: tellEnd(crossroads, options) }
  }
  return option.waitMs > 0
    ? { kind: 'wait', afterMs: option.waitMs }
    : { kind: 'submit', route: option.route }
}

/** Full jitter: uniform between nothing and a bound that doubles; never less than the upstream's hint. */
export function backoffMs(tries: number, hintMs: number | undefined, random: number): number {
  const bound = Math.min(backoffCapMs, backoffBaseMs * 2 ** tries)
  return Math.max(hintMs ?? 0, Math.round(random * bound))
}

// A job that cost money, or may have, is not paid for twice.
function isFinal({ failure, billed }: Attempt): boolean {
  if (failure === null) return true
  return failureTable[failure.kind].follows(failure) === 'end' || billed !== 'no'
}

function tellLast({ id, failure }: Attempt): Failure {
  if (failure === null) throw new Error(`attempt ${id} ended without a failure`)
  return toFailure(failure)
}

function isOpen(route: Route, attempts: readonly Attempt[]): boolean {
  const tries = triesAt(route, attempts)
  return tries.length < triesPerRoute && tries.every((failure) => follows(failure) === 'same route')
}

function follows(failure: UpstreamFailure) {
  return failureTable[failure.kind].follows(failure)
}

function triesAt(route: Route, attempts: readonly Attempt[]): UpstreamFailure[] {
  return attempts.filter((attempt) => isAt(route, attempt)).flatMap(({ failure }) => failure ?? [])
}

function isAt(route: Route, { upstream, upstreamModel }: Attempt): boolean {
  return upstream === route.upstream && upstreamModel === route.model
}

function waitFor(route: Route, { attempts, now, pausedMs }: Crossroads): number {
  const latest = attempts.findLast((attempt) => isAt(route, attempt))
  const paused = pausedMs(route)
  if (latest === undefined) return paused
  const tries = triesAt(route, attempts).length
  const restMs = backoffMs(tries, latest.failure?.retryAfterMs, jitterOf(latest.id))
  // An end in the future was written by a clock that was wrong.
  const elapsedMs = Math.max(0, now - latest.updatedAt)
  return Math.max(paused, restMs - elapsedMs, 0)
}

// Chance that is the same in every process that looks at this row.
function jitterOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32
}

function tellEnd({ type, attempts, routes, pausedMs }: Crossroads, options: Option[]): Failure {
  const isThrottled = (route: Route) => {
    const latest = attempts.findLast((attempt) => isAt(route, attempt))
    return latest === undefined ? pausedMs(route) > 0 : latest.failure?.kind === 'throttled'
  }
  if (routes.length > 0 && routes.every(isThrottled)) {
    const waits = options.map(({ waitMs }) => waitMs)
    const hints = attempts.flatMap(({ failure }) => failure?.retryAfterMs ?? [])
    const known = waits.length > 0 ? waits : hints
    return allThrottled(type, known.length > 0 ? Math.min(...known) : 0)
  }
  const last = attempts.at(-1)
  return last === undefined ? noRoute() : tellLast(last)
}
