import { contractHeaders } from './forward.ts'
import { isRecord } from './is-record.ts'
import { Refusal } from './refusal.ts'
import type { Route } from './routes.ts'

/** An answer of the gateway that the page is not shown: what it gets instead, and what the owner hears. */
interface Fault {
  forPage: Refusal
  forOwner: Error
}

interface Answer {
  route: Route
  /** Headers of the request. */
  sent: Headers
  response: Response
  text: string
  json: unknown
  /** Whether the page may know about the owner's money. */
  billing: boolean
}

/** Why the page is not shown this answer; undefined when it is. */
export function faultOf(answer: Answer): Fault | undefined {
  const { route, sent, response, text, json, billing } = answer
  if (response.status === 402 && !billing) {
    return {
      forPage: unpaid(response),
      forOwner: report('The gateway is not paid for more', answer),
    }
  }
  // The page's person has signed in: it is the owner's key that is wrong, and no log-in mends that.
  if (response.status === 401) {
    return {
      forPage: unusable(response),
      forOwner: report('The gateway refuses the API key', answer),
    }
  }
  if (isOfTheApi(response, json)) return undefined
  return {
    forPage: isPassing(response, text) ? lost(route, sent, response) : unusable(response),
    forOwner: report('What answers in place of the gateway is not the API', answer),
  }
}

function isOfTheApi({ ok }: Response, json: unknown): boolean {
  if (ok) return typeof json === 'object' && json !== null
  const error = isRecord(json) ? json['error'] : undefined
  return isRecord(error) && typeof error['code'] === 'string'
}

/** Whether another try may bring an answer. A redirect or a page with a good status stays wrong. */
function isPassing({ ok, status, headers }: Response, text: string): boolean {
  const isPage = /html/i.test(headers.get('Content-Type') ?? '') || /^\s*</.test(text)
  return ok ? !isPage : [408, 425, 429].includes(status) || status >= 500
}

/** For a request of which nobody knows whether it had its effect. */
export function lost(route: Route, sent: Headers, response: Response | undefined): Refusal {
  const isSafe = !route.creates || isSafeToRepeat(sent, response)
  const advice = isSafe
    ? 'Send the same request again, with the same Idempotency-Key if it had one.'
    : 'It may have accepted the request; sent again, it could be generated and billed twice.'
  return new Refusal('server_error', `The server that generates gave no whole answer. ${advice}`, {
    shouldRetry: isSafe,
    headers: response && contractHeaders(response.headers),
  })
}

// Without a key, a second generation could be made and billed. With one, too, where a good status came
// from a server that does not name the generation: only those that do are known to heed keys.
function isSafeToRepeat(sent: Headers, response: Response | undefined): boolean {
  return sent.has('Idempotency-Key') && (!response?.ok || response.headers.has('X-Generation-Id'))
}

function unusable({ headers }: Response): Refusal {
  const message = 'This site cannot generate at present. Its owner has been told.'
  const details = { shouldRetry: false, headers: contractHeaders(headers) }
  return new Refusal('server_error', message, details)
}

/** The gateway's own words name balance and budgets, which are between it and the owner. */
function unpaid({ headers }: Response): Refusal {
  const message = 'This site cannot pay for more at present. Its owner has been told.'
  return new Refusal('quota_exceeded', message, { headers: contractHeaders(headers) })
}

function report(what: string, { response: { status, headers }, text }: Answer): Error {
  const type = headers.get('Content-Type') ?? 'no content type'
  const excerpt = JSON.stringify(text.replace(/\s+/g, ' ').trim().slice(0, 400))
  return new Error(`${what}: ${status}, ${type}, ${excerpt}`)
}
