import type { Received } from './answer.ts'
import { guarded, isFailure, repeat, type Subject } from './attempt.ts'
import type { Call, Settings } from './call.ts'
import type { Failure } from './errors.ts'
import { factsOf, readAnswer, readText } from './read-answer.ts'

/** One request; it may be sent several times. */
export interface Request extends Subject {
  method: 'GET' | 'POST'
  path: string
  query?: object | undefined
  body?: object
  prefer?: string
  /** Milliseconds, added to the time one try may take, that the server may legitimately use. */
  workMs?: number
}

/** The only path a request takes: sends it, repeats it where that is right, throws an AnyFilmgateError. */
export function send(call: Call, request: Request): Promise<Received<unknown>> {
  const prepared = prepare(call.settings, request)
  return repeat(call, request, () => exchange(call, request, prepared))
}

interface Prepared {
  url: string
  init: RequestInit
}

// Outside the tries: what fails here is a mistake in the arguments, which no retry mends.
function prepare({ baseURL, headers: base }: Settings, request: Request): Prepared {
  const headers = new Headers(base)
  headers.set('Accept', 'application/json')
  if (request.prefer) headers.set('Prefer', request.prefer)
  if (request.idempotencyKey) headers.set('Idempotency-Key', request.idempotencyKey)
  const init: RequestInit = { method: request.method, headers, redirect: 'manual' }
  if (request.body) {
    headers.set('Content-Type', 'application/json')
    init.body = JSON.stringify(request.body)
  }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(name, String(value))
  }
  const search = query.toString()
  return { url: `${baseURL}${request.path}${search && `?${search}`}`, init }
}

async function exchange(
  call: Call,
  request: Request,
  { url, init }: Prepared,
): Promise<Omit<Received<unknown>, 'attempts'> | Failure> {
  const { settings } = call
  const startedAt = settings.clock.now()
  const controller = new AbortController()
  let response: Response | undefined
  const limitMs = settings.requestTimeout + (request.workMs ?? 0)
  const outcome = await guarded(call, controller, limitMs, async () => {
    const begun = await settings.fetch(url, { ...init, signal: controller.signal })
    response = begun
    const { status, headers } = begun
    const answer = readAnswer(begun, await readText(begun))
    return isFailure(answer) ? answer : { ...answer, ...factsOf(headers), status, headers }
  })
  logExchange(settings, request, response, startedAt)
  if (!isFailure(outcome)) return outcome
  // Headers that came before the connection broke may already name the generation.
  return { ...located(outcome, url, response), ...(response && factsOf(response.headers)) }
}

/** A broken connection with the host and the moment, which the runtime's own words leave out. */
function located(failure: Failure, url: string, response: Response | undefined): Failure {
  if (!failure.cause || failure.code !== 'connection_error') return failure
  const { host } = new URL(url)
  const message = response
    ? `The connection to ${host} broke in the middle of the answer (status ${response.status}): ${failure.message}.`
    : `No answer from ${host}: ${failure.message}.`
  return { ...failure, message, status: response?.status }
}

function logExchange(
  { logger, clock }: Settings,
  { method, path }: Request,
  response: Response | undefined,
  startedAt: number,
): void {
  const ms = Math.round(clock.now() - startedAt)
  const status = response?.status
  logger.debug?.(`filmgate: ${method} ${path} ${status ?? 'no answer'} in ${ms} ms`, { status, ms })
}
