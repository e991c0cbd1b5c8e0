import type { Exchange } from './answer.ts'
import { guarded, isFailure, keyOf, repeat, type Subject } from './attempt.ts'
import type { Call, CheckedHeaders, Settings } from './call.ts'
import type { Failure } from './errors.ts'
import { factsOf, readAnswer, readFailure, readText, type Hide } from './read-answer.ts'

/** One request; it may be sent several times. */
export interface Request extends Subject {
  method: 'GET' | 'POST'
  path: string
  query?: object | undefined
  body?: unknown
  prefer?: string
  /** How long the server is asked to hold its answer. Halved whenever something cuts it off. */
  hold?: Hold
  /** Milliseconds, added to the time one try may take, that the server may legitimately use. */
  workMs?: number
  /** It makes something that may cost money: never sent again once a good status has come. */
  creates?: boolean
  /** Whether an answer is what was asked for. Any JSON object or array is, when omitted. */
  isExpected?: (data: unknown) => boolean
}

/** Seconds; 0 asks for an answer at once. */
export interface Hold {
  seconds: number
}

/** Milliseconds that an error's words are worth; its status is known without them. */
export const errorBodyMs = 5_000

/** The only path a request takes: sends it, repeats it where that is right, throws an AnyFilmgateError. */
export async function send(call: Call, request: Request): Promise<Exchange<unknown>> {
  const url = addressOf(call.settings, request)
  // Outside the tries: what fails here is a mistake in the arguments, which no retry mends.
  const body = request.body === undefined ? undefined : JSON.stringify(request.body)
  return repeat(call, request, () => exchange(call, request, url, body))
}

function addressOf({ baseURL }: Settings, { path, query }: Request): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    parameters.set(name, value instanceof Date ? value.toISOString() : String(value))
  }
  const search = parameters.toString()
  return `${baseURL}${path}${search && `?${search}`}`
}

type Outcome = Omit<Exchange<unknown>, 'attempts'> | Failure

async function exchange(
  call: Call,
  request: Request,
  url: string,
  body: string | undefined,
): Promise<Outcome> {
  const { settings } = call
  const key = await keyOf(call)
  if (isFailure(key)) return key
  const headers = headersOf(call, request, key.key, body)
  const hide = hiding(key.key)
  const startedAt = settings.clock.now()
  const controller = new AbortController()
  const limitMs =
    settings.requestTimeout + (request.workMs ?? 0) + (request.hold?.seconds ?? 0) * 1_000
  const response = await guarded(call, controller, limitMs, async () => {
    const init: RequestInit = { method: request.method, headers, redirect: 'manual' }
    if (body !== undefined) init.body = body
    const begun = await settings.fetch(url, { ...init, signal: controller.signal })
    if (typeof begun?.status !== 'number' || typeof begun.headers?.get !== 'function') {
      throw new TypeError('what the fetch that was handed in gave is not a Response')
    }
    // A fetch that does not listen to its signal may answer when nobody waits for it any longer.
    if (controller.signal.aborted) void begun.body?.cancel().catch(() => {})
    return begun
  })
  const elapsedMs = settings.clock.now() - startedAt
  logExchange(settings, request, response, elapsedMs)
  const outcome = isFailure(response)
    ? unanswered(response, url)
    : await answered(call, request, response, controller, limitMs - elapsedMs, hide)
  if (!isFailure(outcome)) return outcome
  shrinkHold(request.hold, outcome)
  return { ...outcome, message: hide(outcome.message) }
}

// Some proxies answer with all that they were sent. What is shorter than a key occurs everywhere.
function hiding(key: string | undefined): Hide {
  return (text) => (key && key.length > 7 ? text.replaceAll(key, 'sk_…') : text)
}

function headersOf(
  call: Call,
  request: Request,
  key: string | undefined,
  body: string | undefined,
): Headers {
  const headers = new Headers({ Accept: 'application/json' })
  if (key !== undefined) headers.set('Authorization', `Bearer ${key}`)
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  const seconds = request.hold?.seconds ?? 0
  const prefer = seconds > 0 ? `wait=${seconds}` : request.prefer
  if (prefer) headers.set('Prefer', prefer)
  overlay(headers, call.settings.headers)
  overlay(headers, call.headers)
  if (request.idempotencyKey) headers.set('Idempotency-Key', request.idempotencyKey)
  return headers
}

function overlay(headers: Headers, values: CheckedHeaders): void {
  for (const [name, value] of values) {
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  }
}

/** A broken connection with the address, which the runtime's own words leave out. */
function unanswered(failure: Failure, url: string): Failure {
  if (failure.code !== 'connection_error' || !failure.retryable) return failure
  const { origin, host } = new URL(url)
  const message = failure.untouched
    ? `No connection to ${origin}: ${failure.message}. Is a server running at that very address?`
    : `No answer from ${host}: ${failure.message}.`
  return { ...failure, message }
}

/** The status has come. From here on it decides, whatever becomes of the rest. */
async function answered(
  call: Call,
  request: Request,
  response: Response,
  controller: AbortController,
  leftMs: number,
  hide: Hide,
): Promise<Outcome> {
  call.settings.wasReached = true
  const { ok, status, headers } = response
  const limitMs = ok ? leftMs : Math.min(leftMs, errorBodyMs)
  const part = { text: '' }
  const body = await guarded(call, controller, limitMs, async () => ({
    text: await readText(response, part),
  }))
  const facts = { ...factsOf(headers, hide), status, headers }
  // Half an answer may hold the whole id.
  if (ok && request.creates) facts.generationId ??= idIn(part.text)
  if (!isFailure(body)) {
    const answer = readAnswer(response, body.text, request.isExpected, hide)
    // Data are as they came: a link may need the key that is in it.
    if (!isFailure(answer)) return { ...answer, ...facts, ...body, hide }
    if (!ok || !request.creates) return answer
    return { ...answer, retryable: false, generationId: facts.generationId }
  }
  controller.abort()
  if (body.code === 'aborted') return { ...body, ...facts }
  if (!ok) return readFailure(response, { lost: body.message }, hide)
  const message = `The rest of the answer (status ${status}) was lost: ${body.message}`
  // Timers may come a moment early.
  const isOver = call.settings.clock.now() >= call.endsAt - 2
  const code = isOver ? body.code : 'connection_error'
  return { ...body, ...facts, code, message, retryable: !request.creates }
}

function idIn(text: string): string | undefined {
  // One with escapes is not that id.
  return /^\s*\{\s*"id"\s*:\s*"([!-[\]-~]{1,255}?)"/.exec(text)?.[1]
}

// What stands between often cuts a silent connection, and would cut it again.
function shrinkHold(hold: Hold | undefined, { status, untouched }: Failure): void {
  const isCut = status === undefined || status === 408 || status >= 500
  if (hold && isCut && !untouched) hold.seconds = Math.floor(hold.seconds / 2)
}

function logExchange(
  { logger }: Settings,
  { method, path }: Request,
  response: Response | Failure,
  elapsedMs: number,
): void {
  const status = isFailure(response) ? undefined : response.status
  const ms = Math.round(elapsedMs)
  logger.debug?.(`filmgate: ${method} ${path} ${status ?? 'no answer'} in ${ms} ms`, { status, ms })
}
