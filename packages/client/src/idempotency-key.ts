import type { Call } from './call.ts'

/** The key of a request: what the caller chose, as an option or as a header, or one that nobody else has. */
export function keyFor(call: Call, option: string | undefined): { key: string; isOwn: boolean } {
  const chosen = option ?? call.headers.get('idempotency-key') ?? undefined
  if (chosen === undefined) return { key: randomKey(), isOwn: false }
  if (typeof chosen === 'string' && /^[ -~]{1,255}$/.test(chosen))
    return { key: chosen, isOwn: true }
  throw new TypeError('idempotencyKey must be 1 to 255 printable ASCII characters.')
}

/** 32 hexadecimal digits. */
export function randomKey(): string {
  // Not crypto.randomUUID: browsers have that on https pages only, and a gateway at home has none.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
