import type { Database } from '../storage/database.ts'
import { recordLastUse } from './api-keys.ts'

/** Remembers when each key was last used. */
export interface KeyUse {
  record(keyId: string): void
  /** Writes down what is not written yet. */
  stop(): Promise<void>
}

/** A request must not cost a write, so uses are written once in this time; a crash loses that much. */
const writeEveryMs = 60_000
/** Keys written in one transaction, which holds up all others meanwhile. */
const keysPerTransaction = 100

/** Starts remembering. `onFault` hears of writes that failed; they are tried again with the next. */
export function createKeyUse(options: {
  database: Database
  clock: () => number
  onFault: (error: unknown) => void
}): KeyUse {
  return new Notebook(options)
}

class Notebook implements KeyUse {
  readonly #options: Parameters<typeof createKeyUse>[0]
  /** Latest use by key, not yet written: no more entries than there are keys. */
  readonly #used = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  #writing: Promise<void> = Promise.resolve()

  constructor(options: Parameters<typeof createKeyUse>[0]) {
    this.#options = options
    this.#timer = setInterval(() => void this.#write(), writeEveryMs).unref()
  }

  record(keyId: string): void {
    this.#used.set(keyId, this.#options.clock())
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    return this.#write()
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeAll())
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    const uses = [...this.#used]
    this.#used.clear()
    while (uses.length > 0) {
      const some = uses.splice(0, keysPerTransaction)
      try {
        await this.#options.database.transaction((tx) => recordLastUse(tx, some))
      } catch (error) {
        this.#options.onFault(error)
        for (const [keyId, at] of [...some, ...uses]) {
          if (!this.#used.has(keyId)) this.#used.set(keyId, at)
        }
        return
      }
    }
  }
}
