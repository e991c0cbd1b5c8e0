import { idPattern } from './contract-headers.ts'
import { faultOf, lost } from './faults.ts'
import type { Incoming, Outgoing, Passage } from './forward.ts'
import { isRecord } from './is-record.ts'
import { docUrl, ownHeaders, Refusal } from './refusal.ts'
import type { ProxySettings } from './settings.ts'

/**
 * The answer for the page. Only JSON of the API gets through: a page of HTML from something in
 * between would run as one of the owner's own. Throws a Refusal in place of all else.
 */
export function toPageResponse<Context>(
  { settings, route, call, requestId }: Passage<Context>,
  outgoing: Outgoing,
  { head, text }: Incoming,
): Response {
  if (!head || text === undefined) throw lost(route, outgoing, head)
  try {
    const json = parse(text)
    const fault = faultOf({ route, outgoing, head, text, json, billing: settings.allow.billing })
    if (fault?.forOwner) settings.onError(fault.forOwner, call.request)
    if (fault) throw fault.forPage
    const headers = new Headers(head.headers)
    for (const [name, value] of Object.entries(ownHeaders(requestId))) headers.set(name, value)
    return new Response(JSON.stringify(forPages(json, settings)), { status: head.status, headers })
  } catch (thrown) {
    if (thrown instanceof Refusal) throw thrown
    // Whatever is wrong with an answer, the request may have had its effect.
    settings.onError(thrown, call.request)
    throw lost(route, outgoing, head)
  }
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

/** The generation that an answer is about. */
export function generationIdOf(
  { secrets }: Outgoing,
  { head, text = '' }: Incoming,
): string | undefined {
  const header = head?.headers.get('X-Generation-Id')
  if (header) return header
  // Servers other than Filmgate have it in the body alone.
  const json = head?.ok ? parse(text) : undefined
  const id = isRecord(json) ? json['id'] : undefined
  return typeof id === 'string' && idPattern.test(id) && !secrets.holdKey(id) ? id : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
