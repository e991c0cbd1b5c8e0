import { faultOf, lost } from './faults.ts'
import { contractHeaders, type Incoming, type Outgoing, type Passage } from './forward.ts'
import { isRecord } from './is-record.ts'
import { ownHeaders } from './refusal.ts'

/**
 * The answer for the page. Only JSON of the API gets through: a page of HTML from something in
 * between would run as one of the owner's own. Throws a Refusal in place of all else.
 */
export function toPageResponse<Context>(
  { settings, route, call, requestId }: Passage<Context>,
  { headers: sent }: Outgoing,
  { response, text }: Incoming,
): Response {
  if (!response || text === undefined) throw lost(route, sent, response)
  const json = parse(text)
  const fault = faultOf({ route, sent, response, text, json, billing: settings.allow.billing })
  if (fault) {
    settings.onError(fault.forOwner, call.request)
    throw fault.forPage
  }
  const headers = contractHeaders(response.headers)
  for (const [name, value] of Object.entries(ownHeaders(requestId))) headers.set(name, value)
  const { models } = settings.allow
  const body = models && Array.isArray(json) ? JSON.stringify(onlyThese(models, json)) : text
  return new Response(body, { status: response.status, headers })
}

function onlyThese(models: readonly string[], list: unknown[]): unknown[] {
  return list.filter(
    (model) => isRecord(model) && typeof model['id'] === 'string' && models.includes(model['id']),
  )
}

/** The generation that an answer is about. */
export function generationIdOf({ response, text = '' }: Incoming): string | undefined {
  const header = response?.headers.get('X-Generation-Id')
  if (header) return header
  // Servers other than Filmgate have it in the body alone.
  const json = response?.ok ? parse(text) : undefined
  return isRecord(json) && typeof json['id'] === 'string' ? json['id'] : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
