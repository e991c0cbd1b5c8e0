import { systemClock } from '../retry.ts'
import { Refusal } from './refusal.ts'

/**
 * How long a request is worked on: for so many milliseconds, and while its page waits. What is raced
 * against it is left behind when that is over, also where it heeds no signal.
 */
export class Patience {
  readonly #controller = new AbortController()
  readonly #page: AbortSignal | null | undefined
  readonly #stopTimer: () => void
  readonly #leave = (): void =>
    this.#controller.abort(new Refusal('server_error', 'The page did not wait for the answer.'))

  // Some edge runtimes give a request no signal.
  constructor(ms: number, page?: AbortSignal | null) {
    const late = (): void => this.#controller.abort(new Error(`The ${ms} ms of timeout are over.`))
    this.#stopTimer = systemClock.after(ms, late, 'limit')
    this.#page = page
    page?.addEventListener('abort', this.#leave)
    if (page?.aborted) this.#leave()
  }

  /** Fires when it is over. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Whether it is over because the page has gone. */
  get isUnwanted(): boolean {
    return this.signal.reason instanceof Refusal
  }

  /** What the work comes to. Rejects when it is over first. */
  race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this
    return new Promise((resolve, reject) => {
      // The reasons above are errors.
      const stop = (): void => reject(signal.reason as Error)
      signal.addEventListener('abort', stop)
      const settled = work.then(resolve, reject)
      void settled.finally(() => signal.removeEventListener('abort', stop))
      if (signal.aborted) stop()
    })
  }

  /** From here on only the time counts. Throws when it is over already. */
  outlastPage(): void {
    this.signal.throwIfAborted()
    this.#page?.removeEventListener('abort', this.#leave)
  }

  /** Gives the timer back. */
  end(): void {
    this.#stopTimer()
    this.#page?.removeEventListener('abort', this.#leave)
  }
}
