import { getBudgetState, type BudgetState } from '../ledger/budgets.ts'
import { getAccount, type Account } from '../ledger/ledger.ts'
import { formatDollars } from '../ledger/money.ts'
import { findNextDeletion, formatBytes, getStoredBytes } from '../media/storage-usage.ts'
import type { Queries } from '../storage/database.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { describeBudget, toBudgetJson } from './describe-budget.ts'
import { toTable, toTime } from './output.ts'

/** Files kept, of one mode. */
interface Storage {
  bytes: number
  quotaBytes: number
  nextDeletionAt: number | undefined
}

/** Everything about a workspace but its keys. */
export interface WorkspaceState {
  workspace: Workspace
  account: Account
  budget: BudgetState
  live: Storage
  test: Storage
}

/** Looks up everything about a workspace but its keys. */
export async function getWorkspaceState(
  queries: Queries,
  workspace: Workspace,
): Promise<WorkspaceState> {
  const { id: workspaceId, limits } = workspace
  const storageOf = async (mode: string, quotaBytes: number): Promise<Storage> => ({
    bytes: await getStoredBytes(queries, { workspaceId, mode }),
    quotaBytes,
    nextDeletionAt: await findNextDeletion(queries, { workspaceId, mode }),
  })
  return {
    workspace,
    account: await getAccount(queries, workspaceId),
    budget: await getBudgetState(queries, workspaceId, Date.now()),
    live: await storageOf('live', limits.storageBytes),
    test: await storageOf('test', limits.testStorageBytes),
  }
}

/** A workspace for programs. */
export function toWorkspaceJson({ workspace, account, budget, live, test }: WorkspaceState) {
  const { id, name, limits } = workspace
  return {
    id,
    name,
    balance: formatDollars(account.balanceMicros),
    held: formatDollars(account.heldMicros),
    image_rpm: limits.imagesPerMinute,
    video_rpm: limits.videosPerMinute,
    concurrency: limits.concurrency,
    budget: toBudgetJson(budget),
    storage: { live: toStorageJson(live), test: toStorageJson(test) },
  }
}

function toStorageJson(storage: Storage) {
  const { bytes, quotaBytes, nextDeletionAt: at } = storage
  return {
    bytes,
    quota_bytes: quotaBytes,
    percent: percentOf(storage),
    next_deletion_at: at === undefined ? null : new Date(at).toISOString(),
  }
}

/** Workspaces for people, one in each line. */
export function toWorkspaceTable(states: readonly WorkspaceState[]): string {
  return toTable(
    ['NAME', 'BALANCE', 'HELD', 'IMAGES/MIN', 'VIDEOS/MIN', 'IN FLIGHT', 'FILES', 'TEST FILES'],
    states.map(({ workspace: { name, limits }, account, live, test }) => [
      name,
      `$${formatDollars(account.balanceMicros)}`,
      `$${formatDollars(account.heldMicros)}`,
      String(limits.imagesPerMinute),
      String(limits.videosPerMinute),
      String(limits.concurrency),
      describeStorage(live),
      describeStorage(test),
    ]),
  )
}

/** One workspace for people, in lines. */
export function describeWorkspace({ workspace, account, budget, live, test }: WorkspaceState) {
  const { name, id, createdAt, limits } = workspace
  const goes = ({ nextDeletionAt: at }: Storage) =>
    at === undefined ? '' : `; the oldest goes at ${toTime(at)}`
  return [
    `Workspace ${name} (${id}), made ${toTime(createdAt)}. All times are UTC.`,
    `  balance      $${formatDollars(account.balanceMicros)}, of which $${formatDollars(account.heldMicros)} is held by running generations`,
    `  spent        ${describeBudget(budget)}`,
    `  limits       ${limits.imagesPerMinute} images and ${limits.videosPerMinute} videos per minute, ${limits.concurrency} in flight`,
    `  files        ${describeStorage(live)}${goes(live)}`,
    `  test files   ${describeStorage(test)}${goes(test)}`,
  ].join('\n')
}

function describeStorage(storage: Storage): string {
  const { bytes, quotaBytes } = storage
  return `${formatBytes(bytes)} of ${formatBytes(quotaBytes)} (${percentOf(storage)} %)`
}

/** How full, to a tenth of a percent; a quota of nothing is full. */
function percentOf({ bytes, quotaBytes }: Storage): number {
  return quotaBytes === 0 ? 100 : Math.floor((bytes / quotaBytes) * 1000) / 10
}
