import { Command } from 'commander'
import { openWorkspace } from './bootstrap.ts'
import { setBudget } from '../ledger/budgets.ts'
import type { Queries } from '../storage/database.ts'
import { listKeys } from '../workspaces/api-keys.ts'
import {
  findWorkspace,
  listWorkspaces,
  setLimits,
  type Workspace,
  type WorkspaceLimits,
} from '../workspaces/workspaces.ts'
import { toKeyJson, toKeyTable, withBudget, type KeyWithBudget } from './describe-key.ts'
import {
  describeWorkspace,
  getWorkspaceState,
  toWorkspaceJson,
  toWorkspaceTable,
  type WorkspaceState,
} from './describe-workspace.ts'
import { CommandError, print } from './output.ts'
import {
  parseBudget,
  parseGigabytes,
  parseLimit,
  toBudget,
  type BudgetFlags,
} from './parse-flags.ts'
import { withData, withDatabase } from './with-database.ts'

export function workspacesCommand(): Command {
  const command = new Command('workspaces').description('tenants: each has keys, limits, a balance')
  addCreate(command)
  addList(command)
  addShow(command)
  addSet(command)
  return command
}

function addCreate(command: Command): void {
  withData(command.command('create <name>'))
    .description('add a workspace')
    .action(async (name: string, _flags: unknown, self: Command) => {
      checkName(name)
      await withDatabase(
        self,
        async (database) => {
          const workspace = await database.transaction(async (tx) => {
            if ((await findWorkspace(tx, name)) !== undefined) {
              throw new CommandError(
                `There is already a workspace ${name}. Choose another name, or change this one with \`filmgate workspaces set ${name}\`.`,
              )
            }
            return openWorkspace(tx, name, 0)
          })
          const text = `Workspace ${name} is there. Next: filmgate keys create --workspace ${name}`
          const state = await getWorkspaceState(database.read, workspace)
          print(self, { json: toWorkspaceJson(state), text })
        },
        { mayCreate: true },
      )
    })
}

function addList(command: Command): void {
  withData(command.command('list'))
    .description('show all workspaces with limits, balances and files')
    .action(async (_flags: unknown, self: Command) => {
      await withDatabase(self, async ({ read }) => {
        const states: WorkspaceState[] = []
        for (const workspace of await listWorkspaces(read)) {
          states.push(await getWorkspaceState(read, workspace))
        }
        print(self, { json: states.map(toWorkspaceJson), text: toWorkspaceTable(states) })
      })
    })
}

function addShow(command: Command): void {
  withData(command.command('show <name>'))
    .description('show everything about one: limits, balance, budgets, files and keys')
    .addHelpText('after', '\nExample:\n  filmgate workspaces show default')
    .action(async (name: string, _flags: unknown, self: Command) => {
      await withDatabase(self, async ({ read }) => {
        const state = await getWorkspaceState(read, await getWorkspace(read, name))
        const keys: KeyWithBudget[] = []
        for (const key of await listKeys(read, state.workspace.id)) {
          keys.push(await withBudget(read, key))
        }
        const json = { ...toWorkspaceJson(state), keys: keys.map(toKeyJson) }
        print(self, { json, text: `${describeWorkspace(state)}\n\n${toKeyTable(keys)}` })
      })
    })
}

function addSet(command: Command): void {
  withData(command.command('set <name>'))
    .description('change limits, budgets and quotas; takes effect with the next request')
    .option('--image-rpm <n>', 'image requests per minute', parseLimit)
    .option('--video-rpm <n>', 'video requests per minute', parseLimit)
    .option('--concurrency <n>', 'generations in flight at once', parseLimit)
    .option('--storage-gb <n>', 'gigabytes of files kept', parseGigabytes)
    .option('--test-storage-gb <n>', 'the same for files made with test keys', parseGigabytes)
    .option('--budget-day <usd>', 'most that all its keys spend in a UTC day, or none', parseBudget)
    .option('--budget-month <usd>', 'the same for a UTC month', parseBudget)
    .addHelpText(
      'after',
      `
Examples:
  filmgate workspaces set default --image-rpm 120 --concurrency 20
  filmgate workspaces set studio --storage-gb 500 --budget-month 1000`,
    )
    .action(async (name: string, flags: LimitFlags, self: Command) => {
      await withDatabase(self, async (database) => {
        const changed = await database.transaction(async (tx) => {
          const workspace = await getWorkspace(tx, name)
          const budget = toBudget(flags)
          if (Object.keys(budget).length > 0) await setBudget(tx, workspace.id, budget)
          return setLimits(tx, workspace, toLimits(flags))
        })
        const state = await getWorkspaceState(database.read, changed)
        print(self, { json: toWorkspaceJson(state), text: describeWorkspace(state) })
      })
    })
}

interface LimitFlags extends BudgetFlags {
  imageRpm?: number
  videoRpm?: number
  concurrency?: number
  storageGb?: number
  testStorageGb?: number
}

function toLimits(flags: LimitFlags): Partial<WorkspaceLimits> {
  const { imageRpm, videoRpm, concurrency, storageGb, testStorageGb } = flags
  return {
    ...(imageRpm === undefined ? {} : { imagesPerMinute: imageRpm }),
    ...(videoRpm === undefined ? {} : { videosPerMinute: videoRpm }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(storageGb === undefined ? {} : { storageBytes: storageGb }),
    ...(testStorageGb === undefined ? {} : { testStorageBytes: testStorageGb }),
  }
}

/** The workspace of this name or id; throws CommandError if there is none. */
export async function getWorkspace(queries: Queries, name: string): Promise<Workspace> {
  const workspace = await findWorkspace(queries, name)
  if (workspace !== undefined) return workspace
  throw new CommandError(
    `There is no workspace ${name}. \`filmgate workspaces list\` shows those there are; \`filmgate workspaces create ${name}\` adds it.`,
  )
}

function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/i.test(name) && !name.startsWith('ws_')) return
  throw new CommandError(
    `${name} cannot be the name of a workspace: a name has 1 to 63 letters, digits, - or _, begins with a letter or digit, and not with ws_.`,
  )
}
