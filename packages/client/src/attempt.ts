import { notify, type Call } from './call.ts'
import { toError, type AnyFilmgateError, type Failure } from './errors.ts'
import { decide, seconds, sleep } from './retry.ts'

/** What an error of a call should name, though no answer did. */
export interface Subject {
  generationId?: string
  idempotencyKey?: string
  /** Added to the message of an error that leaves open what the server did. */
  ifLost?: string
}

/** Makes tries until one succeeds or another would be wrong, and throws the last failure. */
export async function repeat<T extends object>(
  call: Call,
  subject: Subject,
  once: () => Promise<T | Failure>,
): Promise<T & { attempts: number }> {
  const { clock } = call.settings
  // Nothing was sent, so nothing is unknown, unless the generation was there before.
  if (call.signal?.aborted) throw finalError(subject.generationId ? subject : {}, aborted(call), 0)
  let firstFailureAt: number | undefined
  for (let attempts = 1; ; attempts++) {
    const outcome = await once()
    if (!isFailure(outcome)) return { ...outcome, attempts }
    const now = clock.now()
    firstFailureAt ??= now
    const leftMs = Math.min(firstFailureAt + call.maxElapsed, call.endsAt) - now
    const decision = decide(outcome, { attempts, maxRetries: call.maxRetries, leftMs }, () =>
      clock.random(),
    )
    if (!('afterMs' in decision)) throw finalError(subject, outcome, attempts, decision.because)
    announce(call, toError(named(subject, outcome), attempts), decision.afterMs)
    await sleep(clock, decision.afterMs, call.signal)
    if (call.signal?.aborted) throw finalError(subject, aborted(call), attempts)
  }
}

/** Whether a try failed. */
export function isFailure(outcome: object): outcome is Failure {
  return 'retryable' in outcome
}

/**
 * Does a piece of network work under a time limit (milliseconds) and the caller's signal; both end
 * it through the controller. What goes wrong becomes a Failure.
 */
export async function guarded<T extends object>(
  call: Call,
  controller: AbortController,
  limitMs: number,
  work: () => Promise<T>,
): Promise<T | Failure> {
  const { settings, signal } = call
  const leftMs = call.endsAt - settings.clock.now()
  const stop = (): void => controller.abort()
  const cancelTimer = settings.clock.after(Math.min(limitMs, leftMs), stop)
  signal?.addEventListener('abort', stop)
  try {
    return await work()
  } catch (cause) {
    if (signal?.aborted) return aborted(call)
    if (controller.signal.aborted) return timedOut(call, limitMs, leftMs)
    return { code: 'connection_error', message: reasonOf(cause), retryable: true, cause }
  } finally {
    cancelTimer()
    signal?.removeEventListener('abort', stop)
  }
}

function aborted({ signal }: Call): Failure {
  const message = 'The call was aborted by its signal.'
  return { code: 'aborted', message, retryable: false, cause: signal?.reason }
}

function timedOut(call: Call, limitMs: number, leftMs: number): Failure {
  const message =
    leftMs <= limitMs
      ? `The call did not end within ${seconds(call.timeout)} (timeout).`
      : `The server did not answer within ${seconds(limitMs)}.`
  return { code: 'timeout', message, retryable: true }
}

// fetch hides the reason one or two causes deep: "fetch failed", caused by "connect ECONNREFUSED".
function reasonOf(cause: unknown): string {
  let reason = ''
  for (let error = cause; error instanceof Error; error = error.cause) {
    reason = error.message || reason
  }
  return reason || 'the connection failed'
}

function finalError(
  subject: Subject,
  failure: Failure,
  attempts: number,
  because?: string,
): AnyFilmgateError {
  // A redirect, or a page from a wrong address, is no answer either, but leaves nothing open.
  const isLost =
    failure.code === 'aborted' ||
    (failure.retryable && ['connection_error', 'timeout'].includes(failure.code))
  const message = [failure.message, because, isLost && subject.ifLost].filter(Boolean).join(' ')
  return toError({ ...named(subject, failure), message }, attempts)
}

function named({ generationId, idempotencyKey }: Subject, failure: Failure): Failure {
  return { ...failure, generationId: failure.generationId ?? generationId, idempotencyKey }
}

function announce(call: Call, error: AnyFilmgateError, delayMs: number): void {
  const line = `filmgate: retry in ${seconds(delayMs)} after ${error}`
  call.settings.logger.warn?.(line, { error, delayMs })
  notify(call, call.onRetry, { error, delayMs })
}
