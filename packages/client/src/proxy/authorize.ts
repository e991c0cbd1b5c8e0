import { isRecord } from './body.ts'
import { Refusal } from './refusal.ts'
import type { ProxySettings } from './settings.ts'

/** Who was let in, and with what. */
export interface Admitted {
  user: string | undefined
  headers: Record<string, string>
}

/**
 * Asks the owner whether a request may go through. Throws a Refusal or a Response where it may not.
 * Only what cannot be a mistake lets it through: a user that is undefined is nobody, not everybody,
 * and a Response that is returned in place of thrown is an answer, not a yes.
 */
export async function admit<Context>(
  { authorize }: Pick<ProxySettings<Context>, 'authorize'>,
  request: Request,
  context: Context,
): Promise<Admitted> {
  const given: unknown = await authorize(request, context)
  if (given instanceof Response) throw given
  if (!given) throw nobody()
  if (given === true) return { user: undefined, headers: {} }
  if (!isRecord(given)) {
    throw new TypeError('authorize must return true, { user, headers }, or nothing to refuse.')
  }
  const { user, headers = {} }: { user?: unknown; headers?: unknown } = given
  if ('user' in given && (user === undefined || user === null || user === '')) throw nobody()
  // The cast holds as far as it matters: fetch refuses headers that are none.
  return { user: toUser(user), headers: headers as Record<string, string> }
}

function toUser(user: unknown): string | undefined {
  if (user === undefined) return undefined
  // An object, or NaN, would be the same text for everybody.
  if (typeof user === 'number' && Number.isFinite(user)) return String(user)
  if (typeof user === 'string') return user
  throw new TypeError('The user that authorize returns must be a text or a number.')
}

function nobody(): Refusal {
  return new Refusal('invalid_api_key', 'You are not signed in, or you may not generate here.')
}

/**
 * The idempotency key that the gateway sees. Two people who send the same key would otherwise share
 * one generation, so that guessing a key is reading another's picture. A digest, since a longer key
 * than the gateway takes could come of putting the two together.
 */
export async function scopedKey(user: string | undefined, key: string): Promise<string> {
  // An empty key is a mistake that the gateway explains.
  if (user === undefined || key === '') return key
  const text = new TextEncoder().encode(JSON.stringify([user, key]))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'))
  return `proxy-${hex.join('')}`
}
