import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Database } from './database.ts'
import { StartupError } from './startup-error.ts'

// Outside src, because the compiler copies no SQL; the folder is part of the package.
const migrationsFolder = fileURLToPath(new URL('../../migrations/', import.meta.url))

interface Migration {
  version: number
  name: string
  statements: string[]
}

/**
 * Brings the database to the newest version, one transaction for each migration. Forward only: a
 * database of a newer Filmgate is refused, and left untouched.
 */
export async function migrate(database: Database): Promise<void> {
  const migrations = readMigrations()
  const newest = migrations.at(-1)?.version ?? 0
  await database.transaction(async (tx) => {
    await tx.run(
      'CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)',
    )
  })
  const current = await currentVersion(database)
  if (current > newest) {
    throw new StartupError(
      `The database is of a newer Filmgate (schema ${current}, this one knows up to ${newest}). Install the newer version again, or name another folder with --data.`,
    )
  }
  for (const migration of migrations.filter(({ version }) => version > current)) {
    await database.transaction(async (tx) => {
      for (const statement of migration.statements) await tx.run(statement)
      await tx.run(
        'INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)',
        migration.version,
        migration.name,
        tx.now,
      )
    })
  }
}

async function currentVersion(database: Database): Promise<number> {
  const row = await database.read.get<{ version: number | null }>(
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
