import { Refusal } from './refusal.ts'

/**
 * Refuses a POST that a page of another site sent. Browsers send cookies along with those, so
 * whatever a session check says, it does not say that the person meant it. Programs other than
 * browsers send neither header and are left to `authorize`.
 */
export function refuseCrossSite(request: Request, origins: readonly string[]): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const origin = request.headers.get('Origin')
  if (origin !== null && origins.includes(origin)) return
  if (isSameOrigin(request, origin)) return
  throw new Refusal(
    'invalid_api_key',
    `This comes from a page of another origin (${origin ?? 'unknown'}), which may not generate here. If it is yours, add it to the proxy's allow.origins.`,
    { param: 'Origin' },
  )
}

function isSameOrigin(request: Request, origin: string | null): boolean {
  // Set by the browser itself, on https and on localhost; no script can change it.
  const site = request.headers.get('Sec-Fetch-Site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  if (origin === null) return true
  // The scheme is left out: behind a proxy that ends TLS it is not the one the browser used.
  return hostOf(origin) === (request.headers.get('Host') ?? hostOf(request.url))
}

function hostOf(address: string): string | undefined {
  try {
    return new URL(address).host
  } catch {
    // `null`, of a page in a sandbox: it belongs to nobody.
    return undefined
  }
}
