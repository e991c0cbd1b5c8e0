import { fail } from '../contract/failure.ts'
import type { Queries, Transaction } from '../storage/database.ts'
import type { Caller } from '../workspaces/api-keys.ts'

// When a slot comes free cannot be known; this is long enough not to hammer, short enough not to idle.
const retryAfterMs = 2000
/** No wait helps where nothing is allowed, so the longest that clients keep to. */
const longestRetryAfterMs = 60_000

/** Takes one of the caller's slots for generations in flight; throws rate_limit if none is free. */
export async function takeSlot(tx: Transaction, caller: Caller): Promise<void> {
  const { concurrency } = caller.limits
  const row =
    concurrency === 0
      ? undefined
      : await tx.get(
          `INSERT INTO in_flight (workspace_id, mode, running) VALUES ($1, $2, 1)
           ON CONFLICT (workspace_id, mode) DO UPDATE SET running = in_flight.running + 1
           WHERE in_flight.running < $3 RETURNING running`,
          caller.workspaceId,
          caller.mode,
          concurrency,
        )
  if (row === undefined) throw tooManyInFlight(concurrency)
}

/** Throws rate_limit if no slot is free now. */
export async function checkSlot(queries: Queries, caller: Caller): Promise<void> {
  const running = await countInFlight(queries, caller.workspaceId, caller.mode)
  if (running >= caller.limits.concurrency) throw tooManyInFlight(caller.limits.concurrency)
}

/** Gives a slot back. */
export async function freeSlot(
  tx: Transaction,
  owner: Pick<Caller, 'workspaceId' | 'mode'>,
): Promise<void> {
  await tx.run(
    'UPDATE in_flight SET running = running - 1 WHERE workspace_id = $1 AND mode = $2',
    owner.workspaceId,
    owner.mode,
  )
}

/** Generations in flight, as counted. */
export async function countInFlight(
  queries: Queries,
  workspaceId: string,
  mode: string,
): Promise<number> {
  const row = await queries.get<{ running: number }>(
    'SELECT running FROM in_flight WHERE workspace_id = $1 AND mode = $2',
    workspaceId,
    mode,
  )
  return row?.running ?? 0
}

function tooManyInFlight(limit: number) {
  if (limit === 0) {
    return fail('rate_limit', 'requests_in_flight', {
      message:
        'This workspace may have no generation in flight: its limit is 0. Waiting does not help; ask whoever runs this server to raise it.',
      retryAfterMs: longestRetryAfterMs,
      shouldRetry: false,
    })
  }
  return fail('rate_limit', 'requests_in_flight', {
    message: `This workspace may have ${limit} generations in flight at once and has as many. A pending video counts until it ends. Try again when one has ended.`,
    retryAfterMs,
  })
}
