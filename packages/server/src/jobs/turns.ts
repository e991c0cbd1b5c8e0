/** Begun in one turn of the event loop; each takes some 100 µs before it first waits for something. */
const perTurn = 32

/**
 * Spreads what becomes due at one instant over turns of the event loop: ten thousand steps that
 * began in one turn would keep everybody else waiting for a second.
 */
export class Turns {
  #left = perTurn
  #isCounting = false
  readonly #waiting: (() => void)[] = []

  /** Resolves when it is its turn, first come, first served. */
  take(): Promise<void> {
    this.#count()
    if (this.#left > 0) {
      this.#left -= 1
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #count(): void {
    if (this.#isCounting) return
    this.#isCounting = true
    setImmediate(() => {
      this.#isCounting = false
      const next = this.#waiting.splice(0, perTurn)
      this.#left = perTurn - next.length
      if (next.length > 0) this.#count()
      for (const go of next) go()
    })
  }
}
