import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite'
import { fail, Failure } from '../contract/failure.ts'
import { openConnection } from './connection.ts'
import type { Database, Queries, SqlValue, Transaction } from './database.ts'
import { isBusy, patienceMs, patiently, Pauses } from './patience.ts'
import { sameFiles } from './same-files.ts'

/** How many transactions may share one commit. Beyond 64 the gain is nil and the first ones wait. */
const maxGroupSize = 64

interface PendingTransaction {
  work: (tx: Transaction) => Promise<unknown>
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
  /** On the clock of `performance.now()`. */
  askedAt: number
}

/** Runs the given checkpoint, which folds the log into the database file, if it may be run now. */
export type Fold = (checkpoint: () => void) => void

/** Opens a SQLite file; `fold` decides whether its log may be folded, which it may if left out. */
export async function openSqlite(
  file: string,
  clock: () => number,
  fold: Fold = (checkpoint) => checkpoint(),
): Promise<Database> {
  const writer = await openConnection(file, { readOnly: false })
  const reader = await openConnection(file, { readOnly: true })
  return new SqliteDatabase({ writer, reader, clock, fold, assertFiles: sameFiles(file) })
}

type Attempt = <Result>(work: () => Result) => Result | Promise<Result>

/** Prepared statements by their text; the statements of this server are a small closed set. */
class StatementCache implements Queries {
  readonly #connection: DatabaseSyncInstance
  readonly #attempt: Attempt
  readonly #statements = new Map<string, StatementSyncInstance>()

  constructor(connection: DatabaseSyncInstance, attempt: Attempt) {
    this.#connection = connection
    this.#attempt = attempt
  }

  // async, so that a thrown SQLite error is a rejection, as it would be on PostgreSQL.
  async all<Row>(sql: string, ...values: SqlValue[]): Promise<Row[]> {
    return this.#attempt(() => this.#prepare(sql).all(toNamed(values)) as Row[])
  }

  async get<Row>(sql: string, ...values: SqlValue[]): Promise<Row | undefined> {
    return this.#attempt(() => this.#prepare(sql).get(toNamed(values)) as Row | undefined)
  }

  async run(sql: string, ...values: SqlValue[]): Promise<number> {
    return this.#attempt(() => this.#prepare(sql).run(toNamed(values)).changes)
  }

  #prepare(sql: string): StatementSyncInstance {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

function toNamed(values: SqlValue[]): Record<string, SqlValue> {
  return Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]))
}

interface Parts {
  writer: DatabaseSyncInstance
  reader: DatabaseSyncInstance
  clock: () => number
  fold: Fold
  assertFiles: () => void
}

/**
 * One writer connection with group commit: the transactions asked for in one turn of the event
 * loop share one COMMIT, each inside a savepoint of its own, and each is answered only after that
 * COMMIT is on disk. That makes synchronous=FULL as fast as NORMAL under load.
 */
class SqliteDatabase implements Database {
  readonly read: Queries
  readonly skipLocked = ''
  readonly #writer: DatabaseSyncInstance
  readonly #reader: DatabaseSyncInstance
  readonly #statements: StatementCache
  readonly #clock: () => number
  readonly #queue: PendingTransaction[] = []
  readonly #fold: Fold
  readonly #assertFiles: () => void
  #flushing: Promise<void> | undefined

  constructor({ writer, reader, clock, fold, assertFiles }: Parts) {
    this.#writer = writer
    this.#reader = reader
    this.#clock = clock
    this.#fold = fold
    this.#assertFiles = assertFiles
    // Inside a transaction the lock is ours already.
    this.#statements = new StatementCache(writer, (work) => work())
    this.read = new StatementCache(reader, patiently)
  }

  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      // The queue holds transactions of every result type; each resolve belongs to its own work.
      this.#queue.push({
        work,
        resolve: resolve as (result: unknown) => void,
        reject,
        askedAt: performance.now(),
      })
      this.#flushing ??= this.#flush()
    })
  }

  // Other readers of this connection see the same state meanwhile, which is merely a little old.
  async snapshot<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    this.#reader.exec('BEGIN')
    try {
      return await work(this.read)
    } finally {
      this.#reader.exec('COMMIT')
    }
  }

  async verify(): Promise<string[]> {
    const rows = await this.read.all<{ quick_check: string }>('PRAGMA quick_check')
    return rows.map((row) => row.quick_check).filter((line) => line !== 'ok')
  }

  async close(): Promise<void> {
    await this.#flushing
    this.#reader.close()
    // This driver leaves the log beside the file when it closes. Whoever then copies the file alone,
    // as people do with a stopped server, would have a backup without the latest generations.
    await this.foldLog()
    this.#writer.close()
  }

  async foldLog(): Promise<void> {
    // Inside a transaction it would fail. None lasts longer than a turn.
    while (this.#writer.isTransaction) await nextTurn()
    try {
      // Does not wait for readers: then some of the log stays, and the next to fold takes it.
      this.#fold(() => this.#writer.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
    } catch {
      // The disk is full: everything stays in the log, where the next start finds it.
    }
  }

  async #flush(): Promise<void> {
    await nextTurn()
    while (this.#queue.length > 0) {
      if (await this.#begin()) await this.#commitGroup(this.#queue.splice(0, maxGroupSize))
      // Those just answered may ask again at once, for ever; sockets and timers come in between.
      await nextTurn()
    }
    this.#flushing = undefined
  }

  /** Takes the write lock. False when nobody is left who waits for it: they have been refused. */
  async #begin(): Promise<boolean> {
    const pauses = new Pauses()
    while (this.#queue.length > 0) {
      try {
        this.#writer.exec('BEGIN IMMEDIATE')
        return true
      } catch (error) {
        this.#refuse(error)
      }
      await pauses.take()
    }
    return false
  }

  /** A lock is waited for, by each transaction for its own 5 s; any other fault is final. */
  #refuse(error: unknown): void {
    const since = performance.now() - patienceMs
    const patient = isBusy(error) ? this.#queue.findIndex(({ askedAt }) => askedAt > since) : -1
    const refused = this.#queue.splice(0, patient === -1 ? this.#queue.length : patient)
    const failure = toStorageFailure(error)
    for (const { reject } of refused) reject(failure)
  }

  async #commitGroup(group: PendingTransaction[]): Promise<void> {
    const outcomes: (() => void)[] = []
    try {
      const now = this.#clock()
      for (const pending of group) outcomes.push(await this.#runInSavepoint(pending, now))
      this.#assertFiles()
      this.#writer.exec('COMMIT')
    } catch (error) {
      this.#rollBack()
      const failure = toStorageFailure(error)
      for (const pending of group) pending.reject(failure)
      return
    }
    for (const settle of outcomes) settle()
  }

  async #runInSavepoint(pending: PendingTransaction, now: number): Promise<() => void> {
    this.#writer.exec('SAVEPOINT request')
    try {
      const tx = {
        now,
        all: this.#statements.all.bind(this.#statements),
        get: this.#statements.get.bind(this.#statements),
        run: this.#statements.run.bind(this.#statements),
      } satisfies Transaction
      const result = await pending.work(tx)
      this.#writer.exec('RELEASE request')
      return () => pending.resolve(result)
    } catch (error) {
      // A full disk makes SQLite roll back everything at once; then nothing of the group stands.
      if (!this.#writer.isTransaction) throw error
      this.#writer.exec('ROLLBACK TO request')
      this.#writer.exec('RELEASE request')
      return () => pending.reject(error instanceof Failure ? error : toStorageFailure(error))
    }
  }

  #rollBack(): void {
    try {
      if (this.#writer.isTransaction) this.#writer.exec('ROLLBACK')
    } catch {
      // SQLite has already rolled back by itself; the next BEGIN starts clean either way.
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Storage faults become a failure that can be retried; other errors are passed on as they are. */
function toStorageFailure(error: unknown): unknown {
  if (error instanceof Failure) return error
  const text = error instanceof Error ? error.message : String(error)
  if (!/full|disk I\/O|readonly|locked|busy|unable to open|malformed|not a database/i.test(text)) {
    return error
  }
  return fail('server_error', 'storage_unavailable', {
    message:
      'The server cannot write to its storage at the moment. Nothing was accepted or charged; try again later.',
    note: text,
    cause: error,
  })
}
