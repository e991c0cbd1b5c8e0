import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  retentionHandler,
  retentionJobId,
  sweepEveryMs,
} from '../../packages/server/src/generations/retention.ts'
import { claim, dueAt, ensureDue } from '../../packages/server/src/jobs/queue.ts'
import { enlist } from '../../packages/server/src/jobs/workers.ts'
import { openFsStore } from '../../packages/server/src/media/fs-store.ts'
import type { MediaStore } from '../../packages/server/src/media/media-store.ts'
import { listExpired, listKept } from '../../packages/server/src/media/outputs.ts'
import { listKeptReferences } from '../../packages/server/src/media/reference-files.ts'
import type { Database, Transaction } from '../../packages/server/src/storage/database.ts'
import { makeFolder, openEmpty } from './support/folder.ts'

// The system's clock is asked as well, so this one begins before it.
const start = Date.UTC(2025, 0, 1)
const owner = ['ws_a', 'live'] as const
const rowsMs = 5000

interface Sweep {
  database: Database
  store: MediaStore
  clock: { now: number }
  dropped: number
  folded: number
  /** Generations whose trail was dropped. */
  forgotten: string[]
  /** Adds files of each kind that go at this instant. */
  add(name: string, deletesAt: number): Promise<void>
  /** Runs the sweep once. */
  run(quietUntil?: number): Promise<void>
  files(): Promise<string[]>
}

async function openSweep(): Promise<Sweep> {
  const folder = makeFolder()
  const clock = { now: start }
  const database = await openEmpty(folder, () => clock.now)
  const store = await openFsStore(join(folder, 'media'))
  const worker = await database.transaction(enlist)
  onTestFinished(async () => {
    await database.close()
    rmSync(folder, { recursive: true })
  })
  const keep = async (key: string) => {
    const source = (async function* () {
      yield Buffer.from('file')
    })()
    await store.keep(await store.stage(source, { maxBytes: 10 }), key)
  }
  const sweep: Sweep = {
    database,
    store,
    clock,
    dropped: 0,
    folded: 0,
    forgotten: [],
    async add(name, deletesAt) {
      await Promise.all(['-1-0', '-input0.png', '-inline0'].map((end) => keep(`${name}${end}`)))
      await database.transaction(async (tx) => {
        await tx.run(
          `INSERT INTO outputs (generation_id, position, storage_key, sha256, bytes, mime_type, width,
             height, deletes_at, workspace_id, mode) VALUES ($1, 0, $2, '', 4, '', 1, 1, $3, $4, $5)`,
          name,
          `${name}-1-0`,
          deletesAt,
          ...owner,
        )
        await tx.run(
          `INSERT INTO reference_images (generation_id, position, role, storage_key, sha256, bytes,
             mime_type, width, height, deletes_at, workspace_id, mode)
           VALUES ($1, 0, '', $2, '', 4, '', 1, 1, $3, $4, $5)`,
          name,
          `${name}-input0.png`,
          deletesAt,
          ...owner,
        )
        await tx.run(
          `INSERT INTO inline_images (generation_id, position, storage_key, sha256, bytes, accepted,
             deletes_at) VALUES ($1, 0, $2, '', 4, 1, $3)`,
          name,
          `${name}-inline0`,
          deletesAt,
        )
      })
    },
    async run(quietUntil = 0) {
      await database.transaction((tx) => ensureDue(tx, retentionJobId, 'retention'))
      const [lease] = await claim(database, worker, 1)
      if (lease === undefined) throw new Error('the sweep is not due')
      const context = {
        database: {
          ...database,
          read: database.read,
          transaction: database.transaction.bind(database),
          async foldLog() {
            sweep.folded += 1
          },
        },
        mediaStore: store,
        clock: () => clock.now,
        quietUntil,
        rowsMs,
        dropExpired: async () => void (sweep.dropped += 1),
        dropTrail: async (_tx: Transaction, id: string) => void sweep.forgotten.push(id),
      }
      const task = retentionHandler(context)(lease)
      expect(await task.step(new AbortController().signal)).toBe('released')
      task.end()
    },
    async files() {
      const keys: string[] = []
      for await (const key of store.list()) keys.push(key)
      return keys.toSorted((a, b) => a.localeCompare(b))
    },
  }
  return sweep
}

test('files go when their time has come, whatever kind they are, and their rows say so', async () => {
  const sweep = await openSweep()
  await sweep.add('gen_old', start + 1000)
  await sweep.add('gen_new', start + 1001)
  await sweep.run()
  expect(await sweep.files()).toHaveLength(6)
  sweep.clock.now = start + 1000
  await sweep.run()
  expect(await sweep.files()).toEqual(['gen_new-1-0', 'gen_new-inline0', 'gen_new-input0.png'])
  expect(await listKept(sweep.database.read)).toHaveLength(1)
  expect(await listKeptReferences(sweep.database.read)).toHaveLength(1)
  expect(sweep.dropped).toBe(2)
  expect(sweep.folded).toBe(2)
})

test('it comes again in a minute', async () => {
  const sweep = await openSweep()
  await sweep.run()
  expect(await dueAt(sweep.database.read, retentionJobId)).toBe(start + sweepEveryMs)
  expect(sweepEveryMs).toBe(60_000)
})

test('while it is quiet nothing is deleted or dropped, though the log is folded', async () => {
  const sweep = await openSweep()
  await sweep.add('gen_old', start)
  await sweep.run(start + 1)
  expect(await sweep.files()).toHaveLength(3)
  expect(sweep).toMatchObject({ dropped: 0, folded: 1 })
  expect(await dueAt(sweep.database.read, retentionJobId)).toBe(start + 60_000)
  await sweep.run(start)
  expect(await sweep.files()).toEqual([])
})

test('what is past its time by a clock that is ahead of the system stays', async () => {
  const sweep = await openSweep()
  const future = Date.now() + 3_600_000
  await sweep.add('gen_new', future)
  sweep.clock.now = future + 1
  await sweep.run()
  expect(await sweep.files()).toHaveLength(3)
})

test('what was deleted by a sweep that died is deleted again without harm', async () => {
  const sweep = await openSweep()
  await sweep.add('gen_old', start)
  for (const key of await sweep.files()) await sweep.store.remove(key)
  await sweep.run()
  expect(await listExpired(sweep.database.read, { now: start, limit: 10 })).toEqual([])
})

test.each(['outputs', 'reference_images', 'inline_images'])(
  'of very many %s some are deleted, and the rest at once after',
  async (table) => {
    const sweep = await openSweep()
    const columns =
      table === 'inline_images'
        ? "(generation_id, position, storage_key, sha256, bytes, accepted, deletes_at) SELECT 'gen_' || n, 0, 'gen_' || n || '-0', '', 0, 1, 0"
        : `(generation_id, position, storage_key, sha256, bytes, mime_type, width, height, deletes_at${table === 'reference_images' ? ', role' : ''}) SELECT 'gen_' || n, 0, 'gen_' || n || '-0', '', 0, '', 1, 1, 0${table === 'reference_images' ? ", ''" : ''}`
    await sweep.database.transaction((tx) =>
      tx.run(
        `WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 501)
         INSERT INTO ${table} ${columns} FROM counter`,
      ),
    )
    const left = async () => {
      const where = table === 'inline_images' ? '' : 'WHERE deleted_at IS NULL'
      return (await sweep.database.read.all(`SELECT 1 FROM ${table} ${where}`)).length
    }
    await sweep.run()
    expect(await left()).toBe(1)
    expect(await dueAt(sweep.database.read, retentionJobId)).toBe(start)
    await sweep.run()
    expect(await left()).toBe(0)
    expect(await dueAt(sweep.database.read, retentionJobId)).toBe(start + 60_000)
  },
)

/** A generation that has ended, or waits for the outcome of its last attempt until an instant. */
async function addEnded(
  { database }: Sweep,
  id: string,
  { endedAt, reconcileUntil = null }: { endedAt: number | null; reconcileUntil?: number | null },
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run(
      `INSERT INTO workspaces (id, name, image_rpm, video_rpm, concurrency, created_at)
       VALUES ('ws_a', 'studio', 1, 1, 1, 1) ON CONFLICT (id) DO NOTHING`,
    )
    await tx.run(
      `INSERT INTO generations (id, workspace_id, key_id, mode, type, model, input, status,
         unit_price_micros, quantity, cost_micros, request_id, upstream_billed, deadline_at,
         created_at, ended_at, reconcile_until)
       VALUES ($1, 'ws_a', 'k', 'live', 'image', 'm', '{}', 'failed', 1, 1, 1, 'r', 'no', 1, 1, $2, $3)`,
      id,
      endedAt,
      reconcileUntil,
    )
    await tx.run(
      `INSERT INTO attempts (id, generation_id, number, upstream, upstream_model, state, billed,
         created_at, updated_at) VALUES ($1, $2, 1, 'u', 'm', 'failed', 'no', 1, 1)`,
      `att_${id}`,
      id,
    )
  })
}

test('rows go long after the end, unless the outcome is open or a file is still kept', async () => {
  const sweep = await openSweep()
  await addEnded(sweep, 'gen_old', { endedAt: start })
  await addEnded(sweep, 'gen_new', { endedAt: start + 1 })
  await addEnded(sweep, 'gen_pending', { endedAt: null })
  await addEnded(sweep, 'gen_open', { endedAt: start, reconcileUntil: start + 1 })
  await addEnded(sweep, 'gen_kept', { endedAt: start })
  await sweep.add('gen_kept', start + 2 * rowsMs)
  sweep.clock.now = start + rowsMs
  await sweep.run()
  expect(sweep.forgotten).toEqual([])
  sweep.clock.now = start + rowsMs + 1
  await sweep.run()
  expect(sweep.forgotten).toEqual(['gen_old'])
  const ids = async (sql: string) =>
    (await sweep.database.read.all<{ id: string }>(sql)).map(({ id }) => id)
  const left = ['gen_kept', 'gen_new', 'gen_open', 'gen_pending']
  expect(await ids('SELECT id FROM generations ORDER BY id')).toEqual(left)
  expect(await ids('SELECT generation_id AS id FROM attempts ORDER BY id')).toEqual(left)
  sweep.clock.now = start + 2 * rowsMs
  await sweep.run()
  expect(sweep.forgotten.toSorted()).toEqual(['gen_kept', 'gen_new', 'gen_old'])
  expect(await ids('SELECT generation_id AS id FROM outputs')).toEqual([])
})
