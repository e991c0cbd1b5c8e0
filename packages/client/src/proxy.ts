import { generationIdOf, toPageResponse } from './proxy/answer.ts'
import { admit, checkReadable, type Arrival } from './proxy/authorize.ts'
import { ownersBody, readBody } from './proxy/body.ts'
import {
  exchange,
  outgoingHeaders,
  type Incoming,
  type Outgoing,
  type Passage,
} from './proxy/forward.ts'
import { HookResponse } from './proxy/hooks.ts'
import { refuseCrossSite } from './proxy/origin.ts'
import { Patience } from './proxy/patience.ts'
import { Refusal, toErrorResponse } from './proxy/refusal.ts'
import { findRoute } from './proxy/routes.ts'
import { Secrets } from './proxy/secrets.ts'
import type { ProxyOptions } from './proxy/proxy-options.ts'
import { toProxySettings, type ProxySettings } from './proxy/settings.ts'

export { toNodeHandler, type NodeRequest, type NodeResponse } from './proxy/node.ts'
export { Refusal, type RefusalDetails } from './proxy/refusal.ts'
export type { Operation } from './proxy/routes.ts'
export type {
  AcceptedCall,
  Authorization,
  ProxyAllowances,
  ProxyCall,
  ProxyOptions,
} from './proxy/proxy-options.ts'

/** Answers one request of a page; never rejects. `context` is what the framework passes besides it. */
export type ProxyHandler<Context = unknown> = (
  request: Request,
  context?: Context,
) => Promise<Response>

/**
 * A handler for your own server that adds the API key which a page must not hold. It lets through
 * what a page needs to generate, once `authorize` has let the person through. Throws a TypeError for
 * options that cannot be meant; a missing key is told at the first request.
 */
export function createProxy<Context = unknown>(
  options: ProxyOptions<Context>,
): ProxyHandler<Context> {
  const settings = toProxySettings(options)
  const { publicURL } = settings
  return async (request, context) => {
    let requestId = newRequestId()
    try {
      requestId = givenRequestId(request) ?? requestId
      // Whoever declares a context uses a framework that passes one.
      return await serve(settings, { request, context: context as Context, requestId })
    } catch (error) {
      return toErrorResponse(failed(settings, error, request), { requestId, publicURL })
    }
  }
}

async function serve<Context>(
  settings: ProxySettings<Context>,
  given: Pick<Arrival<Context>, 'request' | 'context' | 'requestId'>,
): Promise<Response> {
  const { request, requestId } = given
  const patience = new Patience(settings.timeout, request.signal)
  try {
    return await handle(await enter({ ...given, settings, patience }))
  } catch (thrown) {
    if (thrown instanceof HookResponse) return await thrown.toResponse()
    const { publicURL } = settings
    if (thrown instanceof Refusal) return toErrorResponse(thrown, { requestId, publicURL })
    throw thrown
  } finally {
    patience.end()
  }
}

/** A valid id that came along is kept, as the gateway does, so that one id is found in all logs. */
function givenRequestId({ headers }: Request): string | undefined {
  const given = headers.get('X-Request-Id') ?? ''
  return /^[\w.:/+=@-]{1,128}$/.test(given) ? given : undefined
}

function newRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll('-', '')}`
}

/** All that decides whether a request may go through, before its body is looked at. */
async function enter<Context>(arrival: Arrival<Context>): Promise<Passage<Context>> {
  const { settings, request, context } = arrival
  const route = findRoute(request.method, new URL(request.url).pathname, settings)
  if (!route) {
    throw new Refusal('not_found', 'This address, or this method of it, is not offered here.')
  }
  refuseCrossSite(request, settings.allow.origins)
  const admitted = await admit(arrival)
  const user = admitted.user === undefined ? undefined : String(admitted.user)
  const call = { request, context, user, operation: route.operation }
  await checkReadable(arrival, route.generationId, call)
  return { ...arrival, route, call, admitted }
}

async function handle<Context>(passage: Passage<Context>): Promise<Response> {
  const outgoing = await toOutgoing(passage)
  const { settings, route, call, patience } = passage
  if (!route.creates) return finish(passage, outgoing)
  // What is paid for is told to the owner. A page could else have any number of films made that
  // nobody counts, by leaving once it has sent its request.
  patience.outlastPage()
  const finished = finish(passage, outgoing)
  const nothing = (): void => {}
  try {
    settings.waitUntil?.(finished.then(nothing, nothing), call.context)
  } catch (error) {
    settings.onError(error, call.request)
  }
  return finished
}

async function finish<Context>(passage: Passage<Context>, outgoing: Outgoing): Promise<Response> {
  const incoming = await exchange(passage, outgoing)
  await announce(passage, outgoing, incoming)
  return toPageResponse(passage, outgoing, incoming)
}

async function toOutgoing<Context>(passage: Passage<Context>): Promise<Outgoing> {
  const { settings, route, call, patience, admitted } = passage
  const body = route.creates
    ? await ownersBody(passage, await readBody(call.request, settings.maxBodyBytes, patience), call)
    : undefined
  const headers = await outgoingHeaders(passage)
  if (typeof body === 'string') headers.set('Content-Type', 'application/json')
  const { search } = new URL(call.request.url)
  const secrets = new Secrets(headers, admitted.headers)
  return { url: `${settings.address()}${route.path}${search}`, headers, body, secrets }
}

/** Tells the owner of a generation. What was paid for is answered even if that fails. */
async function announce<Context>(
  { settings, route, call }: Passage<Context>,
  outgoing: Outgoing,
  incoming: Incoming,
): Promise<void> {
  const generationId = route.creates ? generationIdOf(outgoing, incoming) : undefined
  if (generationId === undefined) return
  // With time of its own, since the answer may have taken all there was.
  const patience = new Patience(settings.timeout)
  const isReplayed = incoming.head?.headers.get('Idempotent-Replayed') === 'true'
  const accepted = { ...call, isReplayed }
  try {
    await patience.race((async () => settings.onAccepted?.(generationId, accepted))())
  } catch (error) {
    settings.onError(error, call.request)
  } finally {
    patience.end()
  }
}

/** For a mistake in the owner's program: its words are for the owner alone. */
function failed<Context>(
  { onError }: ProxySettings<Context>,
  error: unknown,
  request: Request,
): Refusal {
  onError(error, request)
  return new Refusal('server_error', 'Something failed on this site. Send the same request again.')
}
