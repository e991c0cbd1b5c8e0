import { createHash } from 'node:crypto'
import { asRehearsed, fail, type Failure } from '../../contract/failure.ts'
import type { Queries, Transaction } from '../../storage/database.ts'
import { revokedKey } from '../../workspaces/authenticate.ts'
import type { Directive } from './directives.ts'

type CodeDirective = Extract<Directive, { kind: 'code' }>

/** What is counted: a failure of one prompt in its workspace, or a fault of one generation. */
export interface Occasion {
  ownerId: string
  name: string
}

/** Counts that an owner has at most. Whoever sends more prompts than this loses the earliest ones. */
export const mostCounts = 1000
const countsKeptMs = 24 * 60 * 60 * 1000

/** Whether this occurrence is one of the first `times`; counts it if so. Always true without `times`. */
export async function isDue(
  tx: Transaction,
  { ownerId, name }: Occasion,
  times: number | undefined,
): Promise<boolean> {
  if (times === undefined) return true
  const row = await tx.get<{ number: number; happened: number }>(
    `INSERT INTO sandbox_rehearsals (owner_id, occasion, number, happened, first_at)
     VALUES ($1, $2, (SELECT coalesce(max(number), 0) + 1 FROM sandbox_rehearsals WHERE owner_id = $1), 1, $4)
     ON CONFLICT (owner_id, occasion) DO UPDATE SET happened = sandbox_rehearsals.happened + 1
     WHERE sandbox_rehearsals.happened < $3 RETURNING number, happened`,
    ownerId,
    name,
    times,
    tx.now,
  )
  if (row?.happened === 1) await dropBefore(tx, ownerId, row.number - mostCounts)
  return row !== undefined
}

// A request at the door is counted before any limit is, so its row must take the place of another.
async function dropBefore(tx: Transaction, ownerId: string, number: number): Promise<void> {
  if (number <= 0) return
  await tx.run(
    'DELETE FROM sandbox_rehearsals WHERE owner_id = $1 AND number <= $2',
    ownerId,
    number,
  )
}

/** Drops what was counted for a generation that has ended. */
export async function dropCounts(tx: Transaction, ownerId: string): Promise<void> {
  await tx.run('DELETE FROM sandbox_rehearsals WHERE owner_id = $1', ownerId)
}

/** Drops counts a day after they began. */
export async function dropOldCounts(tx: Transaction): Promise<void> {
  await tx.run('DELETE FROM sandbox_rehearsals WHERE first_at < $1', tx.now - countsKeptMs)
}

/** The workspaces and generations for which something is counted. */
export async function listCountOwners(queries: Queries): Promise<string[]> {
  const rows = await queries.all<{ owner_id: string }>(
    'SELECT DISTINCT owner_id FROM sandbox_rehearsals',
  )
  return rows.map((row) => row.owner_id)
}

/** A code directive is counted by workspace and prompt. */
export function promptOccasion(workspaceId: string, prompt: string, code: string): Occasion {
  const digest = createHash('sha256').update(prompt).digest('hex')
  return { ownerId: workspaceId, name: `${digest}/${code}` }
}

/** The failure that a directive asks for, worded like the real one, and saying that it is none. */
export function rehearsedFailure(directive: CodeDirective): Failure {
  return asRehearsed(realFailure(directive))
}

function realFailure({ code, retryAfter = 1 }: CodeDirective): Failure {
  switch (code) {
    case 'invalid_api_key':
      return revokedKey()
    case 'parameter_missing':
      return fail(code, 'parameter_missing', {
        message: 'The parameter `prompt` is required.',
        param: 'prompt',
      })
    case 'invalid_parameter':
      return fail(code, 'unsupported_value', {
        message: 'The model does not support this prompt.',
        param: 'prompt',
      })
    case 'quota_exceeded':
      return fail(code, 'balance_insufficient', {
        message: 'The balance does not cover this generation. Add credit.',
      })
    case 'rate_limit':
      return fail(code, 'image_requests_per_minute', {
        message: `Too many requests. Try again in ${retryAfter} s.`,
        retryAfterMs: retryAfter * 1000,
      })
    case 'not_found':
      return fail(code, 'resource_unknown', {
        message: 'The resource does not exist. Check its id.',
      })
    case 'content_policy_violation':
      return fail(code, 'prompt_refused', {
        message: 'The prompt failed a safety check. Revise it.',
        param: 'prompt',
      })
    case 'server_error':
      return fail(code, 'upstream_failed', {
        message: 'The model failed to produce a result. You are not charged; try again.',
      })
  }
}
