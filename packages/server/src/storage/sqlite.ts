import {
  DatabaseSync,
  type DatabaseSyncInstance,
  type StatementSyncInstance,
} from '@photostructure/sqlite'
import { fail, Failure } from '../contract/failure.ts'
import type { Database, Queries, SqlValue, Transaction } from './database.ts'
import { StartupError } from './startup-error.ts'

/** How many transactions may share one commit. Beyond 64 the gain is nil and the first ones wait. */
const maxGroupSize = 64

interface PendingTransaction {
  work: (tx: Transaction) => Promise<unknown>
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
}

/** Opens a SQLite file with the settings the durability promise rests on, and asserts them. */
export function openSqlite(file: string, clock: () => number): Database {
  const writer = openConnection(file, { readOnly: false })
  const reader = openConnection(file, { readOnly: true })
  return new SqliteDatabase(writer, reader, clock)
}

function openConnection(file: string, { readOnly }: { readOnly: boolean }): DatabaseSyncInstance {
  try {
    const connection = new DatabaseSync(file, { readOnly, timeout: 5000 })
    if (!readOnly) {
      connection.exec('PRAGMA journal_mode = WAL')
      // Without this, a WAL database that is reopened falls back to NORMAL in this driver's
      // build, and a power cut could lose an acknowledged generation.
      connection.exec('PRAGMA synchronous = FULL')
      connection.exec('PRAGMA foreign_keys = ON')
      assertPragma(connection, 'journal_mode', 'wal')
      assertPragma(connection, 'synchronous', 2)
      assertVersion(connection)
    }
    return connection
  } catch (error) {
    throw toStartupError(error, file)
  }
}

function assertPragma(
  connection: DatabaseSyncInstance,
  name: string,
  expected: string | number,
): void {
  const row = connection.prepare(`PRAGMA ${name}`).get() as Record<string, unknown> | undefined
  const actual = row === undefined ? undefined : Object.values(row)[0]
  if (actual === expected) return
  throw new StartupError(
    `The database cannot be opened safely: ${name} is ${String(actual)} instead of ${expected}. Keep the data folder on a local disk, not on a network share.`,
  )
}

function assertVersion(connection: DatabaseSyncInstance): void {
  const row = connection.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const [major = 0, minor = 0, patch = 0] = row.version.split('.').map(Number)
  // 3.7.0 to 3.51.2 can corrupt a WAL file when two connections checkpoint at once (WAL-reset bug).
  if (major * 1e6 + minor * 1e3 + patch >= 3_051_003) return
  throw new StartupError(
    `SQLite ${row.version} has a defect that can corrupt the database; install a build with SQLite 3.51.3 or newer.`,
  )
}

/** Why the database cannot be used, as the sentence to end a start with. */
export function toStartupError(error: unknown, file: string): Error {
  if (error instanceof StartupError) return error
  const text = error instanceof Error ? error.message : String(error)
  if (/not a database|malformed|corrupt/i.test(text)) {
    return new StartupError(
      `The database ${file} is damaged or is not a Filmgate database (${text}). Restore a backup, or name another folder with --data.`,
    )
  }
  if (/readonly|unable to open|permission|EACCES/i.test(text)) {
    return new StartupError(
      `The database ${file} cannot be opened for writing (${text}). Check the owner and the permissions of the data folder.`,
    )
  }
  if (/full|disk I\/O/i.test(text)) {
    return new StartupError(
      `The database ${file} cannot be written (${text}). Free disk space, then start again.`,
    )
  }
  if (/locked|busy/i.test(text)) {
    return new StartupError(
      `The database ${file} is locked by another program (${text}). Stop that program, then start again.`,
    )
  }
  return new StartupError(`The database ${file} cannot be opened: ${text}.`)
}

/** Prepared statements by their text; the statements of this server are a small closed set. */
class StatementCache implements Queries {
  readonly #connection: DatabaseSyncInstance
  readonly #statements = new Map<string, StatementSyncInstance>()

  constructor(connection: DatabaseSyncInstance) {
    this.#connection = connection
  }

  // async, so that a thrown SQLite error is a rejection, as it would be on PostgreSQL.
  async all<Row>(sql: string, ...values: SqlValue[]): Promise<Row[]> {
    return this.#prepare(sql).all(toNamed(values)) as Row[]
  }

  async get<Row>(sql: string, ...values: SqlValue[]): Promise<Row | undefined> {
    return this.#prepare(sql).get(toNamed(values)) as Row | undefined
  }

  async run(sql: string, ...values: SqlValue[]): Promise<number> {
    return this.#prepare(sql).run(toNamed(values)).changes
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
  #flushing: Promise<void> | undefined

  constructor(writer: DatabaseSyncInstance, reader: DatabaseSyncInstance, clock: () => number) {
    this.#writer = writer
    this.#reader = reader
    this.#clock = clock
    this.#statements = new StatementCache(writer)
    this.read = new StatementCache(reader)
  }

  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      // The queue holds transactions of every result type; each resolve belongs to its own work.
      this.#queue.push({ work, resolve: resolve as (result: unknown) => void, reject })
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
    this.#foldLog()
    this.#writer.close()
  }

  // This driver leaves the log beside the file when it closes. Whoever then copies the file alone,
  // as people do with a stopped server, would have a backup without the latest generations.
  #foldLog(): void {
    try {
      this.#writer.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // The disk is full: everything stays in the log, where the next start finds it.
    }
  }

  async #flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) await this.#commitGroup(this.#queue.splice(0, maxGroupSize))
    this.#flushing = undefined
  }

  async #commitGroup(group: PendingTransaction[]): Promise<void> {
    const outcomes: (() => void)[] = []
    try {
      this.#writer.exec('BEGIN IMMEDIATE')
      const now = this.#clock()
      for (const pending of group) outcomes.push(await this.#runInSavepoint(pending, now))
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
