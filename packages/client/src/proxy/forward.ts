import { contractHeaders } from './contract-headers.ts'
import { readText } from '../read-answer.ts'
import { scopedKey, type Admitted, type Arrival } from './authorize.ts'
import type { Route } from './routes.ts'
import type { ProxyCall } from './proxy-options.ts'
import type { Secrets } from './secrets.ts'
import { reasonOf, tellable } from './tellable.ts'

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
  /** Those among its headers. */
  secrets: Secrets
}

/** What came of it: the head is absent where nothing came at all. */
export interface Incoming {
  head: Head | undefined
  /** As far as it came. */
  text: string
  /** Whether that is all. */
  isWhole: boolean
}

/** Of an answer, what is looked at. */
export interface Head {
  status: number
  ok: boolean
  /** Its Content-Type. */
  type: string
  /** Those that the page is to see. */
  headers: Headers
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
  { url, headers, body, secrets }: Outgoing,
): Promise<Incoming> {
  let head: Head | undefined
  const part = { text: '' }
  try {
    const asked = settings.fetch(url, {
      method: route.method,
      headers,
      redirect: 'manual',
      signal: patience.signal,
      ...(body !== undefined && { body }),
      ...uncached,
    })
    const response = await patience.race(asked)
    head = headOf(response, { secrets, billing: settings.allow.billing })
    return { head, text: await patience.race(readText(response, part)), isWhole: true }
  } catch (thrown) {
    const cause = tellable(thrown, secrets)
    const message = `The gateway gave no whole answer to ${route.operation}: ${reasonOf(cause)}.`
    const error = new Error(message, { cause })
    if (!patience.isUnwanted) settings.onError(error, call.request)
    return { head, text: part.text, isWhole: false }
  }
}

function headOf(
  { status, ok, headers }: Response,
  what: { secrets: Secrets; billing: boolean },
): Head {
  const type = headers.get('Content-Type') ?? 'no content type'
  return {
    status,
    ok,
    type: what.secrets.beginningOf(type, 100),
    headers: contractHeaders(headers, what),
  }
}

// A film that is not finished must not stay so in a framework's cache. Runtimes without such a cache
// refuse the option.
const uncached: RequestInit =
  typeof Request === 'function' && 'cache' in Request.prototype ? { cache: 'no-store' } : {}
