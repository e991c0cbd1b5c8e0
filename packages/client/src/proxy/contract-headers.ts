import { toSeconds } from './refusal.ts'
import type { Secrets } from './secrets.ts'

/** How every id of a generation is written. */
export const idPattern: RegExp = /^[\w-]{1,128}$/

/**
 * `unknown` after a request that creates, when nobody knows what became of it: the generation may exist,
 * and only the same Idempotency-Key is safe. With another one, or none, it could be made and billed twice.
 */
export const outcomeHeader = 'X-Outcome'

const claim = /^(true|false)$/
const words = /^[\w ,:;=@+-]{1,100}$/
const number = /^\d{1,15}$/

// What the contract gives a meaning, and what it can look like. The gateway's cookies, its CORS and
// caching headers, and those of whatever stands before it are for another origin than the page's.
const passedBack: Record<string, RegExp> = {
  Deprecation: words,
  'Idempotent-Replayed': claim,
  'Preference-Applied': words,
  'Retry-After': number,
  'Retry-After-Ms': number,
  Sunset: words,
  'X-Billed': claim,
  'X-Generation-Id': idPattern,
  // Of another proxy like this one.
  [outcomeHeader]: /^unknown$/,
  'X-Should-Retry': claim,
}

// They tell how much everybody together asks of the key.
const limits = {
  'X-RateLimit-Limit': number,
  'X-RateLimit-Remaining': number,
  'X-RateLimit-Reset': number,
}

/** Those headers of an answer that the page is to see. None of them holds the key. */
export function contractHeaders(
  from: Headers,
  { secrets, billing }: { secrets: Secrets; billing: boolean },
): Headers {
  const headers = new Headers()
  for (const [name, pattern] of Object.entries({ ...passedBack, ...(billing && limits) })) {
    const value = from.get(name) ?? ''
    if (!pattern.test(value) || secrets.holdKey(value)) continue
    headers.set(name, within(name, value))
  }
  return headers
}

// Widely used clients ignore a wait of more than a minute.
function within(name: string, value: string): string {
  if (name === 'Retry-After') return toSeconds(Number(value))
  return name === 'Retry-After-Ms' ? String(Math.min(60_000, Number(value))) : value
}
