import { ask } from './hooks.ts'
import { isPlain } from './is-record.ts'
import type { Patience } from './patience.ts'
import { Refusal } from './refusal.ts'
import type { ProxyCall } from './proxy-options.ts'
import type { ProxySettings } from './settings.ts'

/** A request that has come in, and how long it is worked on. */
export interface Arrival<Context> {
  settings: ProxySettings<Context>
  request: Request
  context: Context
  requestId: string
  patience: Patience
}

/** Who was let in, and with what. */
export interface Admitted {
  user: string | number | undefined
  headers: Headers
}

/**
 * Asks the owner whether a request may go through. Throws a Refusal or a HookResponse where it may
 * not. Only what cannot be a mistake lets it through: an error that is returned in place of thrown,
 * or `{ userId }` in place of `{ user }`, is no yes.
 */
export async function admit<Context>({
  settings,
  request,
  context,
  patience,
}: Arrival<Context>): Promise<Admitted> {
  const given = await ask(patience, () => settings.authorize(request, context))
  if (!given) throw nobody()
  if (given === true) return { user: undefined, headers: new Headers() }
  if (!isPlain(given) || !hasOnly(given, ['user', 'headers'])) {
    throw new TypeError('authorize must return true, { user, headers }, or nothing to refuse.')
  }
  const { user, headers } = given
  if ('user' in given ? isNobody(user) : headers === undefined) throw nobody()
  return { user: checkedUser(user), headers: toHeaders(headers) }
}

function hasOnly(value: object, names: PropertyKey[]): boolean {
  const own = Reflect.ownKeys(value)
  return own.length > 0 && own.every((name) => names.includes(name))
}

function isNobody(user: unknown): boolean {
  return user === undefined || user === null || (typeof user === 'string' && user.trim() === '')
}

function checkedUser(user: unknown): string | number | undefined {
  // An object, or NaN, would be the same text for everybody.
  if (typeof user === 'number' && Number.isFinite(user)) return user
  if (user === undefined || typeof user === 'string') return user
  throw new TypeError('The user that authorize returns must be a text or a number.')
}

// No value is quoted: it may be a key.
function toHeaders(given: unknown): Headers {
  if (given === undefined) return new Headers()
  if (given instanceof Headers) return new Headers(given)
  if (!isPlain(given)) {
    throw new TypeError('The headers that authorize returns must be Headers or a plain object.')
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') {
      throw new TypeError(`authorize returns a header, ${name}, whose value is no text.`)
    }
    try {
      headers.set(name, value)
    } catch {
      throw new TypeError('authorize returns a header with characters that no header has.')
    }
  }
  return headers
}

function nobody(): Refusal {
  return new Refusal('invalid_api_key', 'You are not signed in, or you may not generate here.')
}

/** Asks the owner whether this generation may be read. Throws where it may not. */
export async function checkReadable<Context>(
  { settings: { canRead, onError }, patience }: Arrival<Context>,
  generationId: string | undefined,
  call: ProxyCall<Context>,
): Promise<void> {
  if (generationId === undefined || !canRead) return
  const may = await ask(patience, () => canRead(generationId, call))
  if (may === true) return
  if (may !== false) onError(new TypeError('canRead must return true or false.'), call.request)
  // The same for an id of somebody else and for one that never was.
  throw new Refusal('not_found', 'There is no such generation for you.')
}

/**
 * The idempotency key that the gateway sees. Two people who send the same key would otherwise share
 * one generation, so that guessing a key is reading another's picture. Those without a user share
 * theirs, and have no way to write one that is somebody's. A digest, since a longer key than the
 * gateway takes could come of putting the two together.
 */
export async function scopedKey(user: string | number | undefined, key: string): Promise<string> {
  // An empty key is a mistake that the gateway explains.
  if (key === '') return key
  const text = new TextEncoder().encode(JSON.stringify([user ?? null, key]))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'))
  return `proxy-${hex.join('')}`
}
