/**
 * What the rest of the server knows of a database: statements, and transactions.
 *
 * The SQL is written once, in the subset that SQLite and PostgreSQL share: `$1` placeholders,
 * bigint milliseconds, text ids and JSON, no arrays, no data-modifying CTEs. Inside a transaction
 * only the database may be awaited, never the network or a timer: on SQLite several transactions
 * share one commit, and a slow one holds up the others.
 */

/** A value that goes into a statement. Booleans are 0 and 1, instants are milliseconds. */
export type SqlValue = string | number | null

/** Statements, all with `$1`-style placeholders. */
export interface Queries {
  /** All rows. */
  all<Row>(sql: string, ...values: SqlValue[]): Promise<Row[]>
  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: SqlValue[]): Promise<Row | undefined>
  /** Runs a statement; the number of rows it changed. */
  run(sql: string, ...values: SqlValue[]): Promise<number>
}

/** A transaction in progress. */
export interface Transaction extends Queries {
  /** Milliseconds since the epoch, the same for the whole transaction. */
  readonly now: number
}

/** An open database. */
export interface Database {
  /** Sees committed rows only. */
  readonly read: Queries
  /** Appended to a SELECT that claims rows, where other nodes may claim too. */
  readonly skipLocked: string
  /**
   * Runs `work` in a transaction and resolves once it is durable. A thrown error rolls it back
   * and is thrown on; a storage fault becomes a `server_error` with reason storage_unavailable.
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
  /** Runs `work` on one consistent state of the database, without holding up writers. */
  snapshot<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>
  /**
   * Leaves nothing of what was overwritten beside the database: SQLite's log keeps it until it is
   * folded into the database file. Never waits; if somebody is in the way it does nothing, and is to
   * be called again. Does nothing on PostgreSQL, whose log belongs to the server.
   */
  foldLog(): Promise<void>
  /** Damage found in the stored data itself, as sentences; reads all of it. */
  verify(): Promise<string[]>
  close(): Promise<void>
}
