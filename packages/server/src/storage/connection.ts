import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'
import { patiently } from './patience.ts'
import { StartupError } from './startup-error.ts'

/** Opens a connection with the settings the durability promise rests on, and asserts them. */
export async function openConnection(
  file: string,
  { readOnly }: { readOnly: boolean },
): Promise<DatabaseSyncInstance> {
  let connection: DatabaseSyncInstance | undefined
  try {
    // No busy timeout: it would stop the event loop. Whoever meets a lock waits with `patiently`.
    connection = new DatabaseSync(file, { readOnly, timeout: 0 })
    if (!readOnly) await prepareWriter(connection)
    return connection
  } catch (error) {
    connection?.close()
    throw toStartupError(error, file)
  }
}

async function prepareWriter(connection: DatabaseSyncInstance): Promise<void> {
  // Fails while another process makes the same switch on a new file, whatever its busy timeout.
  await patiently(() => connection.exec('PRAGMA journal_mode = WAL'))
  // Without this, a WAL database that is reopened falls back to NORMAL in this driver's
  // build, and a power cut could lose an acknowledged generation.
  connection.exec('PRAGMA synchronous = FULL')
  connection.exec('PRAGMA foreign_keys = ON')
  // What is forgotten must not stay readable in the free space of the file.
  connection.exec('PRAGMA secure_delete = ON')
  await patiently(() => assertPragma(connection, 'journal_mode', 'wal'))
  assertPragma(connection, 'synchronous', 2)
  assertVersion(connection)
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
