const preload = new URL('./counted-sqlite/preload.mjs', import.meta.url).pathname

/** Environment of a gateway that counts what it asks of its database, and can be looked into. */
export const countedSqlite = { NODE_OPTIONS: `--inspect=127.0.0.1:0 --import ${preload}` }

/** `globalThis.statementCounts` of such a gateway. */
export interface StatementCounts {
  commits: number
  writes: number
  reads: number
}
