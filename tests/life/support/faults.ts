import type { MediaStore } from '../../../packages/server/src/media/media-store.ts'
import type { Database, Transaction } from '../../../packages/server/src/storage/database.ts'
import { deferred } from './deferred.ts'

/** What is broken of the machine that a process of these tests runs on. */
export interface Faults {
  /** That many of its next transactions are refused at their commit, as by a full disk. */
  transactions: number
  /** What the store of files refuses. */
  store: Set<keyof MediaStore>
  /** The process is dead: nothing of what it asks for from now on happens. */
  isDead: boolean
  /** Told of each transaction when it is asked for. */
  onTransaction: () => void
  /** Resolves when a transaction is asked for next. */
  transaction(): Promise<void>
  /** Resolves when something is refused next. */
  refusal(): Promise<void>
  /** Tells those who wait for a refusal. */
  refused(): void
}

export function noFaults(): Faults {
  let next = deferred()
  const faults: Faults = {
    transactions: 0,
    store: new Set(),
    isDead: false,
    onTransaction: () => {},
    transaction: () => new Promise((resolve) => (faults.onTransaction = resolve)),
    refusal: () => next.promise,
    refused() {
      next.resolve()
      next = deferred()
    },
  }
  return faults
}

/** The database as such a process sees it. What was written by a transaction that is refused is gone. */
export function breakableDatabase(database: Database, faults: Faults): Database {
  return {
    read: database.read,
    skipLocked: database.skipLocked,
    snapshot: database.snapshot.bind(database),
    foldLog: database.foldLog.bind(database),
    verify: database.verify.bind(database),
    close: database.close.bind(database),
    async transaction<Result>(work: (tx: Transaction) => Promise<Result>) {
      if (faults.isDead) return new Promise<Result>(() => {})
      faults.onTransaction()
      try {
        return await database.transaction(async (tx) => {
          const result = await work(tx)
          if (faults.transactions === 0) return result
          faults.transactions -= 1
          throw new Error('database or disk is full')
        })
      } catch (error) {
        faults.refused()
        throw error
      }
    },
  }
}

/** The store of files as such a process sees it. */
export function breakableStore(store: MediaStore, faults: Faults): MediaStore {
  return new Proxy(store, {
    get(target, name: keyof MediaStore) {
      if (faults.isDead) return () => new Promise(() => {})
      if (!faults.store.has(name)) return target[name].bind(target)
      return async () => {
        faults.refused()
        throw new Error(`the store cannot ${name}`)
      }
    },
  })
}
