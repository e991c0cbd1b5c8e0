import { fail } from '../contract/failure.ts'
import type { KeyScope } from '../contract/operations.ts'
import type { Queries } from '../storage/database.ts'
import { hashOf, modeOfSecret, parseScopes, type Caller, type KeyMode } from './api-keys.ts'
import { toLimits, type LimitColumns } from './workspaces.ts'

interface CallerRow extends LimitColumns {
  id: string
  mode: KeyMode
  workspace_id: string
  scopes: string
  expires_at: number | null
  revoked_at: number | null
}

const callerColumns = `SELECT api_keys.id, mode, workspace_id, scopes, expires_at, revoked_at,
    image_rpm, video_rpm, concurrency, storage_bytes, test_storage_bytes
  FROM api_keys JOIN workspaces ON workspaces.id = workspace_id`

/**
 * The caller behind an Authorization header at an instant. Throws invalid_api_key with one of five
 * messages: missing, malformed, unknown, revoked, expired.
 */
export async function authenticate(
  queries: Queries,
  authorization: string | undefined,
  now: number,
): Promise<Caller> {
  const hash = hashOf(parseBearer(authorization))
  return toCaller(await queries.get<CallerRow>(`${callerColumns} WHERE hash = $1`, hash), now)
}

/** The caller of a key that was authenticated before, as it is now. */
export async function getCaller(queries: Queries, keyId: string, now: number): Promise<Caller> {
  const row = await queries.get<CallerRow>(`${callerColumns} WHERE api_keys.id = $1`, keyId)
  return toCaller(row, now)
}

/** Throws invalid_api_key unless the caller's key has one of the scopes. */
export function requireScope({ scopes }: Caller, needed: readonly KeyScope[]): void {
  if (needed.some((scope) => scopes.includes(scope))) return
  const list = (names: readonly string[], word: string) =>
    names.map((name) => `\`${name}\``).join(` ${word} `)
  throw fail('invalid_api_key', 'key_scope', {
    message: `This API key has the scope ${list(scopes, 'and')}, and this request needs ${list(needed, 'or')}. Use a key that has it, or ask whoever runs the server to change the scopes of this one.`,
  })
}

/** The failure of a key that was revoked. */
export function revokedKey() {
  return fail('invalid_api_key', 'key_revoked', {
    message: 'This API key has been revoked. Use an active key.',
  })
}

function toCaller(row: CallerRow | undefined, now: number): Caller {
  if (row === undefined) {
    throw fail('invalid_api_key', 'key_unknown', {
      message:
        'This API key does not exist on this server. Check that it was copied whole and belongs to this server.',
    })
  }
  if (row.revoked_at !== null) throw revokedKey()
  if (row.expires_at !== null && row.expires_at <= now) throw expiredKey(row.expires_at)
  return {
    keyId: row.id,
    mode: row.mode,
    workspaceId: row.workspace_id,
    scopes: parseScopes(row.scopes),
    limits: toLimits(row),
  }
}

function expiredKey(expiresAt: number) {
  return fail('invalid_api_key', 'key_expired', {
    message: `This API key expired at ${new Date(expiresAt).toISOString()}. Use an active key, or ask whoever runs the server to extend this one.`,
  })
}

/** What people send in the place of a key, and what to say to it. */
const mistakes: readonly [RegExp, string][] = [
  [/^bearer$/i, 'names no key after `Bearer`. Is the variable that should hold it set?'],
  [/^(?:basic|digest) /i, 'is not of the kind `Bearer`. Send the key as `Bearer sk_…`.'],
  [/^sk_(?:live|test)_/i, 'holds a key without the word `Bearer` and a space before it.'],
]

function parseBearer(authorization: string | undefined): string {
  if (authorization === undefined || authorization.trim() === '') {
    throw fail('invalid_api_key', 'key_missing', {
      message: 'No API key was provided. Send it as `Authorization: Bearer sk_…`.',
    })
  }
  const mistake = mistakes.find(([form]) => form.test(authorization.trim()))
  if (mistake !== undefined) {
    const message = `The Authorization header ${mistake[1]}`
    throw fail('invalid_api_key', 'key_malformed', { message })
  }
  const secret = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (secret === undefined || modeOfSecret(secret) === undefined) {
    throw fail('invalid_api_key', 'key_malformed', {
      message:
        'The Authorization header does not hold a key of the form `Bearer sk_live_…` or `Bearer sk_test_…`. Look for cut-off characters, quotes or line breaks.',
    })
  }
  return secret
}
