import { api, untilEnded } from '../../support/api.ts'
import { runCli, type TestGateway } from '../../support/gateway.ts'
import { databaseFileOf } from '../../faults/support/database-file.ts'
import { DatabaseSync } from '@photostructure/sqlite'
import { typeOf, type NamedRow } from './models.ts'
import type { Outcome } from './row.ts'
import type { Told } from './world.ts'

/** The Idempotency-Key of the generation that a test signal tells of, by its id or that of its attempt. */
export function keyOfSignal(dataDir: string, id: string): string {
  const [row] = query<{ key: string }>(
    dataDir,
    `SELECT idempotency_key AS key FROM generations
     WHERE id IN (?, (SELECT generation_id FROM attempts WHERE id = ?))`,
    [id, id],
  )
  if (row === undefined) throw new Error(`nothing is known of ${id}`)
  return row.key
}

/** Waits for the end of a row and tells what came of it. */
export async function observe(gateway: TestGateway, named: NamedRow, told: Told): Promise<Outcome> {
  const { dataDir } = gateway
  const id = generationOf(dataDir, named.name)
  const after = await untilEnded(gateway, id, typeOf(named.row.kind))
  const tallies = await Promise.all(named.routes.map(({ account }) => account.submissions()))
  const [bound] = query(dataDir, 'SELECT 1 FROM idempotency_keys WHERE generation_id = ?', [id])
  return {
    submissions: tallies.map(({ received }) => received).join('+'),
    jobs: tallies.map((tally) => tally.made).join('+'),
    told: told === 'cut off' ? told : describe(told),
    after: describe(after),
    money: moneyOf(dataDir, id),
    key: bound === undefined ? 'free' : 'bound',
  }
}

/** What the audit says; `open` are the upstreams that it names because nobody knows what became of a job there. */
export interface Books {
  problems: string[]
  pending: number
  open: string[]
}

/** Has the audit made. */
export async function readBooks({ dataDir }: TestGateway): Promise<Books> {
  const { stdout } = await runCli(['audit', '--json', '--data', dataDir])
  const report = JSON.parse(stdout) as Omit<Books, 'open'> & {
    openOutcomes: { upstream: string }[]
  }
  const { problems, pending, openOutcomes } = report
  return { problems, pending, open: openOutcomes.map(({ upstream }) => upstream).toSorted() }
}

/** What is gone of the opening balance, in USD. */
export async function readSpent(gateway: TestGateway): Promise<number> {
  const { body } = await api(gateway, 'GET', '/v2/billing/balance')
  return 100 - Number(body.balance)
}

/** The id of a row's generation. */
export function generationOf(dataDir: string, key: string): string {
  const rows = query<{ id: string }>(
    dataDir,
    'SELECT id FROM generations WHERE idempotency_key = ?',
    [key],
  )
  const [row] = rows
  if (row === undefined || rows.length > 1) throw new Error(`${key} has ${rows.length} generations`)
  return row.id
}

/** Whether it has ended, or is asked to. */
export function isCancelRequested({ dataDir }: TestGateway, { name }: NamedRow): boolean {
  const asked = query(
    dataDir,
    `SELECT 1 FROM generations WHERE idempotency_key = ?
     AND (cancel_requested_at IS NOT NULL OR status <> 'pending')`,
    [name],
  )
  return asked.length > 0
}

/** Status, then what ended it, whether it is charged, and what a client may do. */
function describe({ status, headers, body }: Exclude<Told, 'cut off'>): string {
  const code = body?.error?.code as string | undefined
  const words = [`${status} ${code ?? body?.status}`]
  if (code !== undefined && status === 200) words.push('failed')
  if (headers.has('x-billed')) {
    words.push(headers.get('x-billed') === 'true' ? 'charged' : 'not charged')
  }
  if (headers.has('x-should-retry')) {
    words.push(headers.get('x-should-retry') === 'true' ? 'retry' : 'do not retry')
  }
  return words.join(', ')
}

function moneyOf(dataDir: string, id: string): Outcome['money'] {
  const kinds = new Set(
    query<{ kind: string }>(dataDir, 'SELECT kind FROM ledger_entries WHERE generation_id = ?', [
      id,
    ]).map(({ kind }) => kind),
  )
  if (kinds.has('capture')) return 'charged'
  if (kinds.has('release')) return 'returned'
  return kinds.has('hold') ? 'held' : 'none'
}

function query<Row = object>(dataDir: string, sql: string, values: string[]): Row[] {
  const database = new DatabaseSync(databaseFileOf(dataDir), { readOnly: true })
  try {
    return database.prepare(sql).all(...values) as Row[]
  } finally {
    database.close()
  }
}

/** All that is on record of how rows ended, once they have. */
export async function readEnds(gateway: TestGateway, rows: readonly NamedRow[]): Promise<object[]> {
  const { dataDir } = gateway
  return Promise.all(
    rows.map(async ({ row, name }) => {
      const id = generationOf(dataDir, name)
      await untilEnded(gateway, id, typeOf(row.kind))
      const read = (table: string) =>
        query(dataDir, `SELECT * FROM ${table} WHERE generation_id = ? ORDER BY 1, 2`, [id])
      return {
        generation: query(dataDir, 'SELECT * FROM generations WHERE id = ?', [id]),
        outputs: read('outputs'),
        money: read('ledger_entries'),
      }
    }),
  )
}
