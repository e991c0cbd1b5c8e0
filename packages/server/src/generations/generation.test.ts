import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generationStatuses, generationTypes } from '../contract/generations.ts'
import { openDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { Database, Queries } from '../storage/database.ts'
import { createWorkspace } from '../workspaces/workspaces.ts'
import { listGenerations, type GenerationFilter } from './generation.ts'

const rowCount = 3000

let folder: string
let database: Database
let owner: { workspaceId: string; mode: 'live' }
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-generations-'))
  database = await openDatabase(openDataFolder(folder))
  await database.transaction(async (tx) => {
    const [studio, other] = [
      await createWorkspace(tx, 'studio'),
      await createWorkspace(tx, 'other'),
    ]
    owner = { workspaceId: studio.id, mode: 'live' }
    // Two workspaces, two modes, and not one video that is pending.
    await tx.run(
      `WITH RECURSIVE counter (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counter WHERE n < $1)
       INSERT INTO generations (id, workspace_id, key_id, mode, type, model, input, status,
         unit_price_micros, quantity, cost_micros, request_id, upstream_billed, deadline_at, created_at)
       SELECT 'gen_' || (100000 + n), CASE n % 2 WHEN 0 THEN $2 ELSE $3 END, 'key_a',
         CASE n % 3 WHEN 0 THEN 'test' ELSE 'live' END,
         CASE WHEN n % 7 < 3 THEN 'video' ELSE 'image' END, 'm', '{}',
         CASE WHEN n % 7 = 3 THEN 'pending' WHEN n % 5 = 0 THEN 'failed' ELSE 'completed' END,
         1, 1, 1, 'r', 'no', 1, 1 FROM counter`,
      rowCount - 1,
      studio.id,
      other.id,
    )
  })
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const statuses = [undefined, ...generationStatuses]
const types = [undefined, ...generationTypes]
const filters = statuses.flatMap((status) => types.map((type) => ({ status, type })))

test.each(filters)(
  'pages of status $status and type $type are those of the whole list',
  async (kind) => {
    const all = await listGenerations(database.read, { ...owner, limit: rowCount })
    expect(all.length).toBeGreaterThan(900)
    const wanted = all
      .filter(
        ({ status, type }) => status === (kind.status ?? status) && type === (kind.type ?? type),
      )
      .map(({ id }) => id)
    const seen: string[] = []
    for (let isMore = true; isMore;) {
      const filter = { ...owner, ...kind, beforeId: seen.at(-1), limit: 100 }
      const page = await listGenerations(database.read, filter)
      seen.push(...page.map(({ id }) => id))
      isMore = page.length === 100
    }
    expect(seen).toEqual(wanted)
  },
)

test.each(filters)(
  'a page of status $status and type $type is found by indexes alone',
  async (kind) => {
    for (const beforeId of [undefined, 'gen_101000']) {
      const plan = await planOf({ ...owner, ...kind, beforeId, limit: 101 })
      const searches = plan.split('\n').filter((line) => /\bgenerations\b/.test(line))
      for (const search of searches) expect(search).toMatch(/^SEARCH/)
      const pages = searches.filter((line) => !line.endsWith('(id=?)'))
      const isWhole = kind.status === undefined && kind.type === undefined
      expect(pages.length).toBeGreaterThan(0)
      for (const page of pages) {
        expect(page).toMatch(isWhole ? /_by_workspace .*mode=\?/ : /_by_status .*type=\?/)
      }
      // Of several kinds, what is sorted was cut to the length of a page before.
      if (pages.length === 1) expect(plan).not.toContain('TEMP B-TREE')
    }
  },
)

async function planOf(filter: GenerationFilter): Promise<string> {
  const statements: string[] = []
  const queries: Queries = {
    ...database.read,
    all(sql) {
      statements.push(sql)
      return Promise.resolve([])
    },
  }
  await listGenerations(queries, filter)
  const [sql] = statements
  const rows = await database.read.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
  return rows.map(({ detail }) => detail).join('\n')
}
