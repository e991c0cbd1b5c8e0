import type { ErrorReason } from '../contract/errors.ts'
import { fail } from '../contract/failure.ts'
import type { GenerationType } from '../contract/generations.ts'
import type { Queries, Transaction } from '../storage/database.ts'
import type { Caller } from '../workspaces/api-keys.ts'

const windowMs = 60_000

/** What is counted by itself. Quotes are dry runs: their checks cost as much as a generation's. */
export type RateKind = GenerationType | `${GenerationType}_quote`

/** What the X-RateLimit headers say. */
export interface RateLimitState {
  limit: number
  remaining: number
  /** Unix seconds at which the window ends. */
  resetAtSeconds: number
}

interface WindowRow {
  started_at: number
  used: number
}

/**
 * Counts one request in the caller's window of 60 s, which starts with its first request. The
 * upsert is conditional, so the limit is exact under any concurrency; a refused request counts nothing.
 * A window that begins in the future was begun by a clock that was wrong, and counts as ended: it
 * would stay shut until that instant has come and gone.
 */
export async function takeRate(
  tx: Transaction,
  caller: Caller,
  kind: RateKind,
): Promise<RateLimitState> {
  const limit = limitOf(caller, kind)
  const row =
    limit === 0
      ? undefined
      : await tx.get<WindowRow>(
          `INSERT INTO rate_windows (workspace_id, mode, kind, started_at, used) VALUES ($1, $2, $3, $4, 1)
           ON CONFLICT (workspace_id, mode, kind) DO UPDATE SET
             used = CASE WHEN rate_windows.started_at BETWEEN $5 AND $4 THEN rate_windows.used + 1 ELSE 1 END,
             started_at = CASE WHEN rate_windows.started_at BETWEEN $5 AND $4 THEN rate_windows.started_at ELSE $4 END
           WHERE rate_windows.started_at NOT BETWEEN $5 AND $4 OR rate_windows.used < $6
           RETURNING started_at, used`,
          caller.workspaceId,
          caller.mode,
          kind,
          tx.now,
          tx.now - windowMs + 1,
          limit,
        )
  if (row !== undefined) return toState(row, limit)
  throw rateExceeded(await readRate(tx, caller, kind, tx.now), kind, tx.now)
}

/** The window as it stands, without counting. */
export async function readRate(
  queries: Queries,
  caller: Caller,
  kind: RateKind,
  now: number,
): Promise<RateLimitState> {
  const row = await queries.get<WindowRow>(
    'SELECT started_at, used FROM rate_windows WHERE workspace_id = $1 AND mode = $2 AND kind = $3 AND started_at BETWEEN $4 AND $5',
    caller.workspaceId,
    caller.mode,
    kind,
    now - windowMs + 1,
    now,
  )
  return toState(row ?? { started_at: now, used: 0 }, limitOf(caller, kind))
}

/** Throws rate_limit if the window has no request left. */
export function checkRate(state: RateLimitState, kind: RateKind, now: number): void {
  if (state.remaining === 0) throw rateExceeded(state, kind, now)
}

function rateExceeded(state: RateLimitState, kind: RateKind, now: number) {
  if (state.limit === 0) return noneAllowed(kind)
  // The end of the window is told in whole seconds, which can be a moment later than it is.
  const waitMs = Math.min(windowMs, Math.max(1, state.resetAtSeconds * 1000 - now))
  const seconds = Math.ceil(waitMs / 1000)
  const [reason, what] = wordsOf(kind)
  return fail('rate_limit', reason, {
    message: `This workspace may send ${state.limit} ${what} per minute and has used them. Try again in ${seconds} s.`,
    retryAfterMs: waitMs,
  })
}

// No wait helps, but a 429 without one makes widely used clients come back after half a second.
function noneAllowed(kind: RateKind) {
  const [reason, what] = wordsOf(kind)
  return fail('rate_limit', reason, {
    message: `This workspace may send no ${what}: its limit is 0 per minute. Waiting does not help; ask whoever runs this server to raise it.`,
    retryAfterMs: windowMs,
    shouldRetry: false,
  })
}

function wordsOf(kind: RateKind): [ErrorReason<'rate_limit'>, string] {
  switch (kind) {
    case 'image':
    case 'video':
      return [`${kind}_requests_per_minute`, `${kind} requests`]
    case 'image_quote':
      return ['image_quotes_per_minute', 'dry runs of images (counted apart from the images)']
    case 'video_quote':
      return ['video_quotes_per_minute', 'dry runs of videos (counted apart from the videos)']
  }
}

function toState(row: WindowRow, limit: number): RateLimitState {
  return {
    limit,
    remaining: Math.max(0, limit - row.used),
    resetAtSeconds: Math.ceil((row.started_at + windowMs) / 1000),
  }
}

function limitOf(caller: Caller, kind: RateKind): number {
  return kind === 'image' || kind === 'image_quote'
    ? caller.limits.imagesPerMinute
    : caller.limits.videosPerMinute
}
