import { claim } from '../read-answer.ts'
import { errorCatalog, type ErrorCode } from '../generated/errors.ts'
import { outcomeHeader } from './contract-headers.ts'
import type { Head, Outgoing } from './forward.ts'
import { isRecord } from './is-record.ts'
import { choiceOf, Refusal } from './refusal.ts'
import type { Route } from './routes.ts'
import type { ProxySettings } from './settings.ts'

/** Why the page is not shown an answer: what it gets instead, and what the owner hears. */
interface Fault {
  /** Absent where it is as if the answer had been lost. */
  forPage?: Refusal
  forOwner?: Error
}

interface Answer {
  route: Route
  outgoing: Outgoing
  head: Head
  text: string
  json: unknown
  /** What the page may know. */
  allow: ProxySettings<unknown>['allow']
}

/** Why the page is not shown this answer; undefined when it is. */
export function faultOf(answer: Answer): Fault | undefined {
  const { route, head, text, json } = answer
  if (isEcho(answer)) {
    return {
      forPage: unusable(route, head),
      forOwner: report('The answer quotes the API key', answer),
    }
  }
  // The page's person has signed in: it is the owner's key that is wrong, and no log-in mends that.
  if (head.status === 401) {
    return {
      forPage: unusable(route, head),
      forOwner: report('The gateway refuses the API key', answer),
    }
  }
  const isObject = typeof json === 'object' && json !== null
  if ([200, 202].includes(head.status) && isObject) return undefined
  const refusal = toRefusal(answer)
  if (refusal) return discreet(refusal, answer)
  const forOwner = report('What answers in place of the gateway is not the API', answer)
  return isPassing(head, text) ? { forOwner } : { forPage: unusable(route, head), forOwner }
}

// Something in between may show what it was sent; in JSON, a key can be written in more ways than one.
function isEcho({ outgoing: { secrets }, text, json }: Answer): boolean {
  return secrets.holdKey(text) || secrets.holdKey(JSON.stringify(json) ?? '')
}

/** The API's own error; undefined where it is not one. */
function toRefusal({ route, outgoing, head, json }: Answer): Refusal | undefined {
  const error = isRecord(json) && isRecord(json['error']) ? json['error'] : {}
  const { code, message, param } = error
  if (!isErrorCode(code) || errorCatalog[code].status !== head.status) return undefined
  // A server that gives no advice may have made and billed what it failed to tell of.
  const isUnknown = code === 'server_error' && !isSafeToRepeat(route, outgoing, head)
  return new Refusal(code, typeof message === 'string' ? message : '', {
    param: typeof param === 'string' ? param : undefined,
    shouldRetry: claim(head.headers.get('X-Should-Retry')) ?? (isUnknown ? false : undefined),
    headers: head.headers,
  })
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCatalog, code)
}

/** Whether another try may bring an answer. A redirect or a page with a good status stays wrong. */
function isPassing({ ok, status, type }: Head, text: string): boolean {
  const isPage = /html/i.test(type) || /^\s*</.test(text)
  return ok ? !isPage : [408, 425, 429].includes(status) || status >= 500
}

/** For a request of which nobody knows whether it had its effect, which creating ones say in a header. */
export function lost(route: Route, outgoing: Outgoing, head: Head | undefined): Refusal {
  const isSafe = isSafeToRepeat(route, outgoing, head)
  const advice = isSafe
    ? 'Send the same request again, with the same Idempotency-Key if it had one.'
    : 'It may have accepted the request; sent again, it could be generated and billed twice.'
  return new Refusal('server_error', `The server that generates gave no whole answer. ${advice}`, {
    shouldRetry: isSafe,
    headers: route.creates ? ofUnknownOutcome(head) : head?.headers,
  })
}

function ofUnknownOutcome(head: Head | undefined): Headers {
  const headers = new Headers(head?.headers)
  headers.set(outcomeHeader, 'unknown')
  return headers
}

// Without a key, a second generation could be made and billed. With one, too, where a good status came
// from a server that does not name the generation: only those that do are known to heed keys.
function isSafeToRepeat(
  { creates }: Route,
  { headers }: Outgoing,
  head: Head | undefined,
): boolean {
  if (!creates) return true
  return headers.has('Idempotency-Key') && (!head?.ok || head.headers.has('X-Generation-Id'))
}

const noGenerating = 'This site cannot generate at present. Its owner has been told.'

function unusable({ creates }: Route, head: Head): Refusal {
  // A refusal made nothing; anything else may have.
  const isOpen = creates && (head.ok || head.status >= 500)
  const headers = isOpen ? ofUnknownOutcome(head) : head.headers
  return new Refusal('server_error', noGenerating, { shouldRetry: false, headers })
}

/** The gateway's words name sums, limits and all models that it has: those are between it and the owner. */
function discreet(refusal: Refusal, answer: Answer): Fault {
  const { code, details } = refusal
  const { billing, models } = answer.allow
  const say = (message: string): Refusal => new Refusal(code, message, details)
  const tell = (message: string): Fault => ({
    forPage: say(message),
    forOwner: report('The gateway refuses what is offered here', answer),
  })
  if (code === 'rate_limit' && !billing && details.shouldRetry !== false) {
    const seconds = details.headers?.get('Retry-After') ?? 60
    return { forPage: say(`This site is asked for too much. Try again in ${seconds} s.`) }
  }
  // Sums are for the owner to pay, and a limit that no wait helps against to raise.
  if ((code === 'rate_limit' || code === 'quota_exceeded') && !billing) {
    return tell('This site cannot pay for more at present. Its owner has been told.')
  }
  if (details.param === 'model' && models) {
    return tell(`This model cannot be used for this. ${choiceOf(models)}`)
  }
  // What stands in no page's address can only be missing at the owner's.
  if (code === 'not_found' && !answer.route.generationId && !details.param) {
    return tell(noGenerating)
  }
  return { forPage: refusal }
}

// The secrets are taken out before anything is cut off, so that no part of them is left; and most is
// cut off before it is looked at, since it may be megabytes.
function report(what: string, { outgoing, head: { status, type }, text, json }: Answer): Error {
  const said = json === undefined ? text : JSON.stringify(json)
  const line = outgoing.secrets.beginningOf(said, 2_000).replace(/\s+/g, ' ').trim()
  return new Error(`${what}: ${status}, ${type}, ${JSON.stringify(line.slice(0, 400))}`)
}
