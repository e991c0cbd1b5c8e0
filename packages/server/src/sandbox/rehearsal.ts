import { createHash } from 'node:crypto'
import { asRehearsed, fail, type Failure } from '../contract/failure.ts'
import type { Transaction } from '../storage/database.ts'
import { revokedKey } from '../workspaces/authenticate.ts'
import type { Directive } from './directives.ts'

type CodeDirective = Extract<Directive, { kind: 'code' }>

/** Whether this occurrence is one of the first `times`; counts it if so. Always true without `times`. */
export async function isDue(
  tx: Transaction,
  id: string,
  times: number | undefined,
): Promise<boolean> {
  if (times === undefined) return true
  const row = await tx.get(
    `INSERT INTO sandbox_rehearsals (id, happened) VALUES ($1, 1)
     ON CONFLICT (id) DO UPDATE SET happened = sandbox_rehearsals.happened + 1
     WHERE sandbox_rehearsals.happened < $2 RETURNING happened`,
    id,
    times,
  )
  return row !== undefined
}

/** Counter of a code directive: by workspace and prompt. */
export function promptCounter(workspaceId: string, prompt: string, code: string): string {
  const digest = createHash('sha256').update(prompt).digest('hex')
  return `${workspaceId}/${digest}/${code}`
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
