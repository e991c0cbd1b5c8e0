import { EventEmitter } from 'node:events'

/** Tells those who wait for a generation that its row has changed. In-process; the database stays the truth. */
export class GenerationEvents {
  readonly #emitter = new EventEmitter().setMaxListeners(0)

  /** To be called after the commit that changed the row. */
  changed(id: string): void {
    this.#emitter.emit(id)
  }

  /**
   * Resolves with the first value of `look` that is not undefined: looks now, after every change,
   * and now and then in case a change was made elsewhere. Resolves with undefined once `signal` aborts.
   */
  async waitFor<Value>(
    id: string,
    look: () => Promise<Value | undefined>,
    signal: AbortSignal,
  ): Promise<Value | undefined> {
    while (!signal.aborted) {
      // Listening starts before the look, so a change between the two is not missed.
      const change = this.#nextChange(id, signal)
      try {
        const value = await look()
        if (value !== undefined) return value
        await change.happened
      } finally {
        change.stop()
      }
    }
    return undefined
  }

  #nextChange(id: string, signal: AbortSignal): { happened: Promise<void>; stop: () => void } {
    const { promise: happened, resolve } = withResolvers()
    const timer = setTimeout(resolve, slowPollMs)
    this.#emitter.on(id, resolve)
    signal.addEventListener('abort', resolve)
    const stop = () => {
      clearTimeout(timer)
      this.#emitter.off(id, resolve)
      signal.removeEventListener('abort', resolve)
    }
    return { happened, stop }
  }
}

const slowPollMs = 2000

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
