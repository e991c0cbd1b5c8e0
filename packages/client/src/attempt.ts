import { notify, type Call } from './call.ts'
import { isMistake, isNobodyThere, reasonOf } from './cause.ts'
import { toError, type AnyFilmgateError, type Failure } from './errors.ts'
import { decide, onAbort, seconds, pause } from './retry.ts'

/** What an error of a call should name, though no answer did. */
export interface Subject {
  generationId?: string
  idempotencyKey?: string
  /** Nobody but this call knows the key, so that the call, made again, would make another generation. */
  hasRandomKey?: boolean
  /** Added to the message of an error that leaves open what the server did. */
  ifLost?: string
}

const usualRetries = 6
// Where nobody has ever answered, the address is wrong or the server was not started, and somebody
// who sits before it should not be left in silence.
const retriesWhereNobodyIs = 2

/** Makes tries until one succeeds or another would be wrong, and throws the last failure. */
export async function repeat<T extends object>(
  call: Call,
  subject: Subject,
  once: () => Promise<T | Failure>,
): Promise<T & { attempts: number }> {
  const { clock } = call.settings
  const past: Past = { attempts: 0, isUnknown: false, isPaid: false, generationId: undefined }
  if (call.signal?.aborted) throw finalError(subject, aborted(call), past)
  let firstFailureAt: number | undefined
  for (;;) {
    const outcome = await once()
    if (!isFailure(outcome)) return { ...outcome, attempts: past.attempts + 1 }
    recall(past, outcome)
    const now = clock.now()
    firstFailureAt ??= now
    const leftMs = Math.min(firstFailureAt + call.maxElapsed, call.endsAt) - now
    const { attempts } = past
    const room = { attempts, maxRetries: retriesFor(call, outcome, past), leftMs }
    const decision = decide(outcome, room, () => clock.random())
    if (!('afterMs' in decision)) {
      throw finalError(subject, outcome, past, decision.because)
    }
    announce(call, toError(named(subject, outcome), attempts), decision.afterMs)
    await pause(clock, decision.afterMs, call.signal)
    if (call.signal?.aborted) {
      throw finalError(subject, { ...aborted(call), generationId: past.generationId }, past)
    }
  }
}

/** What the tries so far leave behind. Nothing was sent at first, so nothing is unknown. */
interface Past {
  attempts: number
  /** The server may have done what was asked, though no answer says so. */
  isUnknown: boolean
  isPaid: boolean
  /** That goes on or has been made, as far as is known. */
  generationId: string | undefined
}

function recall(past: Past, failure: Failure): void {
  const { billed, generationId } = failure
  past.attempts += 1
  past.isUnknown ||= leavesOpen(failure)
  past.isPaid ||= billed === true
  if (generationId) {
    // What is said not to be billed has failed, and the next try makes another one.
    if (billed !== false) past.generationId = generationId
    else if (generationId === past.generationId) past.generationId = undefined
  } else if (past.generationId) {
    // What one answer named is not forgotten when the next is lost, nor is that one's bill about it.
    Object.assign(failure, { generationId: past.generationId, billed: undefined })
  }
}

/** Whether a try failed. */
export function isFailure(outcome: object): outcome is Failure {
  return 'retryable' in outcome
}

/** Whether the server may have done what was asked, though its answer does not say so. */
function leavesOpen({ code, status, untouched, ...facts }: Failure): boolean {
  if (untouched) return false
  // The API never answers 408: something in between waited in vain.
  if (status !== 500) {
    return status === undefined || status < 300 || status > 500 || status === 408
  }
  // A generation that is named, and not said to be paid for or not, goes on.
  const goesOn = facts.generationId !== undefined && facts.billed === undefined
  return code === 'connection_error' || goesOn || facts.headers?.get('X-Outcome') === 'unknown'
}

function retriesFor(call: Call, { untouched }: Failure, { isUnknown }: Past): number {
  const isNobodyThere = untouched === true && !isUnknown && !call.settings.wasReached
  return call.maxRetries ?? (isNobodyThere ? retriesWhereNobodyIs : usualRetries)
}

/**
 * Does a piece of network work under a time limit (milliseconds) and the caller's signal; both end
 * it through the controller. What goes wrong becomes a Failure.
 */
export async function guarded<T extends object>(
  call: Call,
  controller: AbortController | undefined,
  limitMs: number,
  work: () => Promise<T>,
): Promise<T | Failure> {
  try {
    return await bounded(call, limitMs, work, () => controller?.abort())
  } catch (cause) {
    return failureOf(cause)
  }
}

/** What the caller's own key function gives, or why it gave nothing; no request goes out then. */
export async function keyOf(call: Call): Promise<{ key: string | undefined } | Failure> {
  const found = await guarded(call, undefined, Infinity, async () => ({
    key: await call.settings.apiKey(),
  }))
  return isFailure(found) ? { ...found, retryable: false, untouched: true } : found
}

/**
 * Waits for work, but neither past the caller's signal nor a limit (milliseconds) nor the end of
 * the call: then it gives the Failure that says so, calls `stop`, and leaves the work to itself.
 * What the work throws is thrown.
 */
async function bounded<T extends object>(
  call: Call,
  limitMs: number,
  work: () => Promise<T>,
  stop: () => void,
): Promise<T | Failure> {
  const { settings, signal } = call
  const leftMs = call.endsAt - settings.clock.now()
  let forget = (): void => {}
  let cancelTimer = (): void => {}
  // Raced, not only signalled: a fetch, a stream or a key function that was handed in may not listen.
  const stopped = new Promise<Failure>((resolve) => {
    const end = (failure: Failure): void => {
      resolve(failure)
      stop()
    }
    const timeUp = (): void => end(timedOut(call, limitMs, leftMs))
    cancelTimer = settings.clock.after(Math.min(limitMs, leftMs), timeUp, 'limit')
    forget = onAbort(signal, () => end(aborted(call)))
    if (signal?.aborted) end(aborted(call))
  })
  try {
    return await (signal?.aborted ? stopped : Promise.race([stopped, work()]))
  } finally {
    cancelTimer()
    forget()
  }
}

/** Waits for something of the caller's own, such as a slow disk: as long as the call lasts, and no abort comes. */
export async function within<T>(call: Call, work: () => Promise<T>, attempts = 1): Promise<T> {
  const outcome = await bounded(
    call,
    Infinity,
    async () => ({ value: await work() }),
    () => {},
  )
  if (isFailure(outcome)) throw toError(outcome, attempts)
  return outcome.value
}

function aborted({ signal }: Call): Failure {
  const message = 'The call was aborted by its signal.'
  return { code: 'aborted', message, retryable: false, cause: signal?.reason }
}

function timedOut(call: Call, limitMs: number, leftMs: number): Failure {
  const message =
    limitMs < leftMs
      ? `The server did not answer within ${seconds(limitMs)}.`
      : `The call did not end within ${seconds(call.timeout)} (timeout).`
  return { code: 'timeout', message, retryable: true }
}

function failureOf(cause: unknown): Failure {
  const wrong = isMistake(cause)
  const message = wrong ? `The request could not be made: ${reasonOf(cause)}` : reasonOf(cause)
  const untouched = isNobodyThere(cause)
  return { code: 'connection_error', message, retryable: !wrong, cause, untouched }
}

function finalError(
  subject: Subject,
  failure: Failure,
  { attempts, isUnknown, isPaid }: Past,
  because?: string,
): AnyFilmgateError {
  const message = [failure.message, because, isUnknown && subject.ifLost].filter(Boolean).join(' ')
  // The same call has the same key only where the caller chose it.
  const retryable = failure.retryable && !((isUnknown || isPaid) && subject.hasRandomKey)
  return toError({ ...named(subject, failure), message, retryable }, attempts)
}

function named({ generationId, idempotencyKey }: Subject, failure: Failure): Failure {
  return { ...failure, generationId: failure.generationId ?? generationId, idempotencyKey }
}

function announce(call: Call, error: AnyFilmgateError, delayMs: number): void {
  const line = `filmgate: retry in ${seconds(delayMs)} after ${error}`
  call.settings.logger.warn?.(line, { error, delayMs })
  notify(call, call.onRetry, { error, delayMs })
}
