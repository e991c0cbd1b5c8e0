import { idPattern } from './contract-headers.ts'
import { faultOf, lost } from './faults.ts'
import type { Head, Incoming, Outgoing, Passage } from './forward.ts'
import { isRecord } from './is-record.ts'
import { docUrl, ownHeaders, Refusal } from './refusal.ts'
import type { ProxySettings } from './settings.ts'

/**
 * The answer for the page. Only JSON of the API gets through: a page of HTML from something in
 * between would run as one of the owner's own. Throws a Refusal in place of all else.
 */
export function toPageResponse<Context>(
  passage: Passage<Context>,
  outgoing: Outgoing,
  incoming: Incoming,
): Response {
  const { settings, route, call } = passage
  const { head, text, isWhole } = incoming
  if (!head || !isWhole) return afterLoss(passage, outgoing, incoming)
  try {
    const json = parse(text)
    const fault = faultOf({ route, outgoing, head, text, json, allow: settings.allow })
    if (fault?.forOwner) settings.onError(fault.forOwner, call.request)
    if (fault?.forPage) throw fault.forPage
    if (fault) return afterLoss(passage, outgoing, incoming)
    const headers = pageHeaders(passage, head)
    return new Response(JSON.stringify(forPages(json, settings)), { status: head.status, headers })
  } catch (thrown) {
    if (thrown instanceof Refusal) throw thrown
    // Whatever is wrong with an answer, the request may have had its effect.
    settings.onError(thrown, call.request)
    return afterLoss(passage, outgoing, incoming)
  }
}

/**
 * For an answer that did not come whole. Where it was good and names the generation, that exists, and
 * all else about it can be read. Throws a Refusal where no more is known.
 */
function afterLoss<Context>(
  passage: Passage<Context>,
  outgoing: Outgoing,
  incoming: Incoming,
): Response {
  const { route } = passage
  const { head } = incoming
  const isAccepted = route.creates && head && [200, 202].includes(head.status)
  const id = isAccepted ? generationIdOf(outgoing, incoming) : undefined
  if (!isAccepted || id === undefined) throw lost(route, outgoing, head)
  const headers = pageHeaders(passage, head)
  headers.set('X-Generation-Id', id)
  // It is about an end that is still to be read.
  headers.delete('X-Should-Retry')
  return new Response(JSON.stringify({ id, status: 'pending' }), { status: 202, headers })
}

function pageHeaders<Context>({ requestId }: Passage<Context>, head: Head): Headers {
  const headers = new Headers(head.headers)
  for (const [name, value] of Object.entries(ownHeaders(requestId))) headers.set(name, value)
  return headers
}

/** Without the models that are not offered, and with links to docs that lead where browsers can go. */
function forPages<Context>(
  json: unknown,
  { publicURL, allow: { models } }: ProxySettings<Context>,
): unknown {
  if (Array.isArray(json)) {
    const isOffered = (model: unknown): boolean =>
      isRecord(model) && typeof model['id'] === 'string' && !!models?.includes(model['id'])
    return models ? json.filter(isOffered) : json
  }
  return withDocs(json, publicURL)
}

// A failed generation holds its error, and a list such generations.
function withDocs(json: unknown, publicURL: string | undefined): unknown {
  if (!isRecord(json)) return json
  const { error, data } = json
  return {
    ...json,
    ...(isRecord(error) && { error: { ...error, doc_url: docUrl(error['code'], publicURL) } }),
    ...(Array.isArray(data) && { data: data.map((each) => withDocs(each, publicURL)) }),
  }
}

/** The generation that an answer is about, also one that did not come whole. */
export function generationIdOf(
  { secrets }: Outgoing,
  { head, text }: Incoming,
): string | undefined {
  const header = head?.headers.get('X-Generation-Id')
  if (header) return header
  if (!head?.ok) return undefined
  // Servers other than Filmgate have it in the body alone, of which half may hold the whole id.
  const json = parse(text)
  const id = isRecord(json) ? json['id'] : json === undefined && idIn(text)
  return typeof id === 'string' && idPattern.test(id) && !secrets.holdKey(id) ? id : undefined
}

function idIn(text: string): string | undefined {
  return /^\s*\{\s*"id"\s*:\s*"([^"\\]{1,128})"/.exec(text)?.[1]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
