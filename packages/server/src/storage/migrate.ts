import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Database, Queries, Transaction } from './database.ts'
import { StartupError } from './startup-error.ts'

// Outside src, because the compiler copies no SQL; the folder is part of the package.
const migrationsFolder = fileURLToPath(new URL('../../migrations/', import.meta.url))

interface Migration {
  version: number
  name: string
  statements: string[]
}

/** The version of a database (0 if it is empty), and the newest that this Filmgate knows. */
export async function readSchema(queries: Queries): Promise<{ current: number; newest: number }> {
  const newest = readMigrations().at(-1)?.version ?? 0
  const table = await queries.get("SELECT name FROM sqlite_master WHERE name = 'schema_migrations'")
  return { current: table === undefined ? 0 : await currentVersion(queries), newest }
}

/** Whether nothing is left to migrate. Throws StartupError for a database of a newer Filmgate. */
export async function isNewest(database: Database): Promise<boolean> {
  const { current, newest } = await readSchema(database.read)
  refuseNewer(current, newest)
  return current === newest
}

/**
 * Brings the database to the newest version, one transaction for each migration. Forward only: a
 * database of a newer Filmgate is refused, and left untouched. Only for who holds the folder's lock.
 */
export async function migrate(database: Database): Promise<void> {
  if (await isNewest(database)) return
  const migrations = readMigrations()
  while (await database.transaction((tx) => migrateOnce(tx, migrations)));
}

/** Takes the next migration; false if there is none. The version is read where it is changed. */
async function migrateOnce(tx: Transaction, migrations: Migration[]): Promise<boolean> {
  await tx.run(
    'CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)',
  )
  const current = await currentVersion(tx)
  refuseNewer(current, migrations.at(-1)?.version ?? 0)
  const next = migrations.find(({ version }) => version > current)
  if (next === undefined) return false
  for (const statement of next.statements) await tx.run(statement)
  await tx.run(
    'INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)',
    next.version,
    next.name,
    tx.now,
  )
  return true
}

function refuseNewer(current: number, newest: number): void {
  if (current <= newest) return
  throw new StartupError(
    `The database is of a newer Filmgate (schema ${current}, this one knows up to ${newest}). Install the newer version again, or name another folder with --data.`,
  )
}

async function currentVersion(queries: Queries): Promise<number> {
  const row = await queries.get<{ version: number | null }>(
    'SELECT max(version) AS version FROM schema_migrations',
  )
  return row?.version ?? 0
}

function readMigrations(): Migration[] {
  return readdirSync(migrationsFolder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      version: Number.parseInt(file, 10),
      name: file,
      statements: splitStatements(readFileSync(`${migrationsFolder}${file}`, 'utf8')),
    }))
}

// Migrations hold no semicolon inside a literal, so splitting on it is exact.
function splitStatements(sql: string): string[] {
  return sql
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
