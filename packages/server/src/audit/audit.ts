/** Proves that money, states, jobs, counters and files agree. */
import { countInFlight } from '../admission/concurrency.ts'
import { auditFiles, type AuditedStore, type FileAuditOptions } from './audit-files.ts'
import {
  auditAttempts,
  listAudited,
  listOpenOutcomes,
  type AuditedGeneration,
  type OpenOutcome,
} from '../generations/audit.ts'
import { auditAccounts, listGenerationMoney, type GenerationMoney } from '../ledger/audit.ts'
import { auditSpending } from '../ledger/spending.ts'
import { listKeptInlineImages } from '../media/inline-images.ts'
import { listKept } from '../media/outputs.ts'
import { listKeptReferences } from '../media/reference-files.ts'
import { auditStorage } from '../media/storage-usage.ts'
import { listCountOwners } from '../upstreams/sandbox/rehearsal.ts'
import type { Database, Queries } from '../storage/database.ts'
import { listWorkspaces } from '../workspaces/workspaces.ts'

/** What an audit found. `problems` is empty when all is well. */
export interface AuditReport {
  generations: number
  pending: number
  completed: number
  failed: number
  reconciling: number
  /** Those of them by name. They are no problem: each has its hold and its job. */
  openOutcomes: OpenOutcome[]
  files: number
  problems: string[]
}

/** Checks one consistent state of the database, and the files it names, by their content unless quick. */
export async function audit(
  database: Database,
  store: AuditedStore,
  options: FileAuditOptions,
): Promise<AuditReport> {
  const { generations, problems, kept, passing, openOutcomes } = await database.snapshot(
    async (queries) => {
      const rows = await listAudited(queries)
      return {
        generations: rows,
        openOutcomes: await listOpenOutcomes(queries),
        kept: [...(await listKept(queries)), ...(await listKeptReferences(queries))],
        passing: await listKeptInlineImages(queries),
        problems: [
          ...(await auditAccounts(queries)),
          ...(await auditSpending(queries)),
          ...(await auditMoney(queries, rows)),
          ...(await auditCounters(queries, rows)),
          ...(await auditAttempts(queries)),
          ...(await auditStorage(queries)),
          ...(await auditRehearsals(queries, rows)),
          ...rows.flatMap(auditJob),
        ],
      }
    },
  )
  const damage = (await database.verify()).map((line) => `database: ${line}`)
  const count = (status: string) => generations.filter((row) => row.status === status).length
  return {
    generations: generations.length,
    pending: count('pending'),
    completed: count('completed'),
    failed: count('failed'),
    reconciling: generations.filter(({ isReconciling }) => isReconciling).length,
    openOutcomes,
    files: kept.length,
    problems: [
      ...damage,
      ...problems,
      ...(await auditFiles(store, { kept: [...kept, ...passing], generations }, options)),
    ],
  }
}

async function auditMoney(queries: Queries, generations: AuditedGeneration[]): Promise<string[]> {
  const money = new Map(
    (await listGenerationMoney(queries)).map((entry) => [entry.generationId, entry]),
  )
  const problems = generations.flatMap((generation) => {
    const entries = money.get(generation.id)
    money.delete(generation.id)
    return auditGenerationMoney(generation, entries)
  })
  // Rows of generations go long after their end; the ledger stays, and holds nothing for them.
  const ownerless = [...money.entries()]
    .filter(([, { hold, capture, release }]) => hold === null || (capture ?? release) === null)
    .map(([id]) => `ledger entries of ${id}, which does not exist`)
  return [...problems, ...ownerless]
}

function auditGenerationMoney(
  generation: AuditedGeneration,
  entries: GenerationMoney | undefined,
): string[] {
  const { id, status, costMicros: cost } = generation
  const found = [entries?.hold ?? null, entries?.capture ?? null, entries?.release ?? null]
  const expected = expectedMoney(generation, cost)
  if (JSON.stringify(found) === JSON.stringify(expected)) return []
  const show = (values: (number | null)[]) => values.map((value) => value ?? 'none').join('/')
  return [
    `generation ${id} (${status}): hold/capture/release is ${show(found)} micro-dollars, should be ${show(expected)}`,
  ]
}

function expectedMoney(
  { mode, status, isReconciling }: AuditedGeneration,
  cost: number,
): [hold: number | null, capture: number | null, release: number | null] {
  if (mode === 'test') return [null, null, null]
  if (status === 'completed') return [cost, cost, null]
  if (status === 'failed' && !isReconciling) return [cost, null, cost]
  return [cost, null, null]
}

async function auditCounters(
  queries: Queries,
  generations: AuditedGeneration[],
): Promise<string[]> {
  const pending = new Map<string, number>()
  for (const { workspaceId, mode, status } of generations) {
    const owner = `${workspaceId} ${mode}`
    pending.set(owner, (pending.get(owner) ?? 0) + (status === 'pending' ? 1 : 0))
  }
  const problems: string[] = []
  for (const [owner, count] of pending) {
    const [workspaceId = '', mode = ''] = owner.split(' ')
    const counted = await countInFlight(queries, workspaceId, mode)
    if (counted !== count) {
      problems.push(`workspace ${owner}: ${counted} counted in flight, ${count} are pending`)
    }
  }
  return problems
}

function auditJob({ id, status, isReconciling, hasJob }: AuditedGeneration): string[] {
  const needsJob = status === 'pending' || isReconciling
  if (needsJob === hasJob) return []
  return [`generation ${id} (${status}) ${hasJob ? 'still has a job' : 'has no job'}`]
}

async function auditRehearsals(
  queries: Queries,
  generations: AuditedGeneration[],
): Promise<string[]> {
  const pending = generations.filter(({ status }) => status === 'pending')
  const owners = new Set([...pending, ...(await listWorkspaces(queries))].map(({ id }) => id))
  const counted = await listCountOwners(queries)
  return counted
    .filter((id) => !owners.has(id))
    .map(
      (id) => `rehearsed failures are counted for ${id}, which is neither a workspace nor pending`,
    )
}
