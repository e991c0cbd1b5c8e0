import { DatabaseSync } from '@photostructure/sqlite'
import { join } from 'node:path'

/** Rows of a gateway's database, read from outside, whether it runs or was killed. */
export function readRows<Row>(dataDir: string, sql: string, ...values: (string | number)[]): Row[] {
  const database = new DatabaseSync(join(dataDir, 'filmgate.db'), { readOnly: true })
  try {
    return database.prepare(sql).all(...values) as Row[]
  } finally {
    database.close()
  }
}

/** How often a generation was sent to the sandbox, which keeps a row for each job that it takes. */
export function countJobs(dataDir: string, generationId: string): number {
  return readRows(dataDir, 'SELECT id FROM sandbox_jobs WHERE generation_id = ?', generationId)
    .length
}

/** What is on record about the reference images of a generation, in their order. */
export function listReferences(dataDir: string, generationId: string): ReferenceRow[] {
  return readRows(
    dataDir,
    'SELECT role, storage_key, sha256, bytes, width, height FROM reference_images WHERE generation_id = ? ORDER BY position',
    generationId,
  )
}

export interface ReferenceRow {
  role: string
  storage_key: string
  sha256: string
  bytes: number
  width: number
  height: number
}

/** The audit trail of a generation as it is stored. */
export function listVerdicts(dataDir: string, generationId: string): unknown[] {
  return readRows(
    dataDir,
    'SELECT stage, check_name, category, score, refused FROM safety_verdicts WHERE generation_id = ? ORDER BY id',
    generationId,
  )
}
