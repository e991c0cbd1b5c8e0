import { mergePolicy, type SafetyPolicy } from '../safety/policy.ts'
import type { SafetyVerdict } from '../safety/verdict.ts'
import type { Queries, Transaction } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'

/** The policy of a workspace: its own settings over the server's. */
export async function policyOf(
  queries: Queries,
  workspaceId: string,
  base: SafetyPolicy,
): Promise<SafetyPolicy> {
  return mergePolicy(base, await findOwnPolicy(queries, workspaceId))
}

/** What a workspace has set for itself; empty if nothing. */
export async function findOwnPolicy(
  queries: Queries,
  workspaceId: string,
): Promise<Partial<SafetyPolicy>> {
  const row = await queries.get<{ policy: string }>(
    'SELECT policy FROM safety_policies WHERE workspace_id = $1',
    workspaceId,
  )
  // Written by setOwnPolicy from a value of exactly this type.
  return row === undefined ? {} : (JSON.parse(row.policy) as Partial<SafetyPolicy>)
}

/** Replaces what a workspace has set for itself; takes effect with the next request. */
export async function setOwnPolicy(
  tx: Transaction,
  workspaceId: string,
  policy: Partial<SafetyPolicy>,
): Promise<void> {
  await tx.run(
    `INSERT INTO safety_policies (workspace_id, policy) VALUES ($1, $2)
     ON CONFLICT (workspace_id) DO UPDATE SET policy = excluded.policy`,
    workspaceId,
    JSON.stringify(policy),
  )
}

/** Drops the audit trail of a generation. */
export async function dropVerdicts(tx: Transaction, generationId: string): Promise<void> {
  await tx.run('DELETE FROM safety_verdicts WHERE generation_id = $1', generationId)
}

/** Adds verdicts to the audit trail of a generation: never the picture, never the prompt. */
export async function recordVerdicts(
  tx: Transaction,
  generationId: string,
  verdicts: readonly SafetyVerdict[],
): Promise<void> {
  for (const verdict of verdicts) {
    await tx.run(
      `INSERT INTO safety_verdicts (id, generation_id, stage, check_name, category, score, rule,
         refused, image_index, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      newId('ver'),
      generationId,
      verdict.stage,
      verdict.check,
      verdict.category,
      verdict.score,
      verdict.rule,
      Number(verdict.refused),
      verdict.imageIndex ?? null,
      verdict.at,
    )
  }
}

interface VerdictRow {
  stage: SafetyVerdict['stage']
  check_name: string
  category: string
  score: number
  rule: string | null
  refused: number
  image_index: number | null
  created_at: number
}

/** The audit trail of a generation, in the order in which it was written. */
export async function listVerdicts(
  queries: Queries,
  generationId: string,
): Promise<SafetyVerdict[]> {
  const rows = await queries.all<VerdictRow>(
    'SELECT * FROM safety_verdicts WHERE generation_id = $1 ORDER BY id',
    generationId,
  )
  return rows.map((row) => ({
    stage: row.stage,
    check: row.check_name,
    category: row.category,
    score: row.score,
    rule: row.rule,
    refused: row.refused === 1,
    ...(row.image_index === null ? {} : { imageIndex: row.image_index }),
    at: row.created_at,
  }))
}
