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
  const { headers } = request
  // Set by the browser itself, on https and on localhost; no script can change it.
  const site = headers.get('Sec-Fetch-Site')
  // `none` is what a person typed, which no page sends.
  if (site !== null) return site === 'same-origin' || (site === 'none' && origin === null)
  if (origin !== null) return isOwn(request, origin)
  if (!headers.has('Cookie')) return true
  // An old browser's form sends cookies and neither of those headers. But it cannot send JSON.
  const type = headers.get('Content-Type') ?? ''
  return /^application\/json\s*(;|$)/i.test(type) || isOwn(request, headers.get('Referer') ?? '')
}

// The scheme is left out: behind a proxy that ends TLS it is not the one the browser used.
function isOwn({ headers, url }: Request, address: string): boolean {
  const host = hostOf(address)
  return host !== undefined && host === (headers.get('Host') ?? hostOf(url))
}

/** Of a page; other schemes, such as an extension's, have hosts of their own. */
function hostOf(address: string): string | undefined {
  try {
    const { protocol, host } = new URL(address)
    return /^https?:$/.test(protocol) ? host : undefined
  } catch {
    // `null`, of a page in a sandbox: it belongs to nobody.
    return undefined
  }
}
