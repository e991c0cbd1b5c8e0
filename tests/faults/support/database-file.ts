import { DatabaseSync } from '@photostructure/sqlite'
import { join } from 'node:path'

/** The database of a data folder. */
export function databaseFileOf(dataDir: string): string {
  return join(dataDir, 'filmgate.db')
}

/** Rows of a gateway's database, read from outside, whether it runs or was killed. */
export function readRows<Row>(dataDir: string, sql: string): Row[] {
  const database = new DatabaseSync(databaseFileOf(dataDir), { readOnly: true })
  try {
    return database.prepare(sql).all() as Row[]
  } finally {
    database.close()
  }
}

/** Changes a database behind the gateway's back, to see whether that is noticed. */
export function tamper(dataDir: string, sql: string): void {
  const database = new DatabaseSync(databaseFileOf(dataDir), { timeout: 5000 })
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

/** Generations with more than one job at the sandbox, which draws once for each submission. */
export function submittedTwice(dataDir: string): string[] {
  return readRows<{ id: string }>(
    dataDir,
    'SELECT generation_id AS id FROM sandbox_jobs GROUP BY generation_id HAVING count(*) > 1',
  ).map(({ id }) => id)
}
