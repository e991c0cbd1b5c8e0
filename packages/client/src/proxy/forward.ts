import { readText } from '../read-answer.ts'
import { scopedKey, type Admitted, type Arrival } from './authorize.ts'
import type { Route } from './routes.ts'
import type { ProxyCall } from './proxy-options.ts'

/** A request that has been let in. */
export interface Passage<Context> extends Arrival<Context> {
  route: Route
  call: ProxyCall<Context>
  admitted: Admitted
}

/** What goes to the gateway. */
export interface Outgoing {
  url: string
  headers: Headers
  body: Uint8Array<ArrayBuffer> | string | undefined
}

/** What came of it: the text is absent where it broke off, the response where nothing came at all. */
export interface Incoming {
  response: Response | undefined
  text: string | undefined
}

// Of what a browser sends, only what has a meaning for the API. Its cookies and its Authorization
// are between the page and the owner's server.
const passedOn = ['Accept', 'Content-Type', 'Prefer']

/** The headers for the gateway. Throws where there is no key to send. */
export async function outgoingHeaders<Context>({
  settings,
  call,
  admitted,
  requestId,
  patience,
}: Passage<Context>): Promise<Headers> {
  const sent = call.request.headers
  const headers = new Headers({ 'X-Request-Id': requestId })
  for (const name of passedOn) {
    const value = sent.get(name)
    if (value !== null) headers.set(name, value)
  }
  const key = sent.get('Idempotency-Key')
  if (key !== null) headers.set('Idempotency-Key', await scopedKey(admitted.user, key))
  for (const [name, value] of admitted.headers) headers.set(name, value)
  if (!headers.has('Authorization')) {
    headers.set('Authorization', `Bearer ${await patience.race(settings.key())}`)
  }
  return headers
}

/**
 * Asks the gateway once: whether to ask again is for the page to decide, which knows how long the
 * person will wait.
 */
export async function exchange<Context>(
  { settings, route, call, patience }: Passage<Context>,
  { url, headers, body }: Outgoing,
): Promise<Incoming> {
  let response: Response | undefined
  try {
    const asked = settings.fetch(url, {
      method: route.method,
      headers,
      redirect: 'manual',
      signal: patience.signal,
      ...(body !== undefined && { body }),
      ...uncached,
    })
    response = await patience.race(asked)
    return { response, text: await patience.race(readText(response)) }
  } catch (cause) {
    const error = new Error(`The gateway gave no whole answer to ${route.operation}.`, { cause })
    if (!patience.isUnwanted) settings.onError(error, call.request)
    return { response, text: undefined }
  }
}

// A film that is not finished must not stay so in a framework's cache. Runtimes without such a cache
// refuse the option.
const uncached: RequestInit =
  typeof Request === 'function' && 'cache' in Request.prototype ? { cache: 'no-store' } : {}

// What the contract gives a meaning. The gateway's cookies, its CORS and caching headers, and those
// of whatever stands before it are for another origin than the page's.
const passedBack = [
  'Deprecation',
  'Idempotent-Replayed',
  'Preference-Applied',
  'Retry-After',
  'Retry-After-Ms',
  'Sunset',
  'X-Billed',
  'X-Generation-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Should-Retry',
]

/** Those headers of an answer that the page is to see. */
export function contractHeaders(from: Headers): Headers {
  const headers = new Headers()
  for (const name of passedBack) {
    const value = from.get(name)
    if (value !== null) headers.set(name, value)
  }
  return headers
}
