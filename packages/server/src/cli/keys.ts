import { Command } from 'commander'
import { openWorkspace } from './bootstrap.ts'
import { keyScopes, type KeyScope } from '../contract/operations.ts'
import { setBudget } from '../ledger/budgets.ts'
import type { Transaction } from '../storage/database.ts'
import {
  addKey,
  findKey,
  listKeys,
  newSecret,
  revokeKey,
  setKey,
  type ApiKey,
  type KeyMode,
  type KeySettings,
} from '../workspaces/api-keys.ts'
import { hasNoWorkspace, type Workspace } from '../workspaces/workspaces.ts'
import { toKeyJson, toKeyTable, withBudget, type KeyWithBudget } from './describe-key.ts'
import { describeBudget } from './describe-budget.ts'
import { CommandError, print } from './output.ts'
import {
  parseBudget,
  parseExpiry,
  parseKeyName,
  parseScopeNames,
  toBudget,
  type BudgetFlags,
} from './parse-flags.ts'
import { withData, withDatabase } from './with-database.ts'
import { getWorkspace } from './workspaces.ts'

interface KeyFlags extends BudgetFlags {
  name?: string
  scopes?: KeyScope[]
  expires?: number | 'never'
}

interface CreateFlags extends KeyFlags {
  workspace: string
  name: string
  test?: boolean
}

export function keysCommand(): Command {
  const command = new Command('keys').description('API keys: make, show, change and end them')
  addCreate(command)
  addList(command)
  addSet(command)
  addRevoke(command)
  return command
}

function addCreate(command: Command): void {
  withSettings(withData(command.command('create')))
    .description('make a key and show it once')
    .option('--workspace <name>', 'whose key it is', 'default')
    .option('--name <text>', 'what it is for', parseKeyName, 'key')
    .option('--test', 'a test key: every model runs on the sandbox and costs nothing')
    .addHelpText(
      'after',
      `
Examples:
  filmgate keys create --name "web shop"
  filmgate keys create --test
  filmgate keys create --name intern --expires 30d --budget-day 5 --budget-month 50
  filmgate keys create --name dashboard --scopes read`,
    )
    .action(async (flags: CreateFlags, self: Command) => {
      const mode = flags.test === true ? 'test' : 'live'
      refuseTestBudget(mode, flags)
      await withDatabase(
        self,
        async (database) => {
          const secret = newSecret(mode)
          const key = await database.transaction(async (tx) => {
            const { id: workspaceId } = await workspaceFor(tx, flags.workspace)
            const settings = { name: flags.name, ...toSettings(flags) }
            const added = await addKey(tx, { workspaceId, secret, ...settings })
            await setOwnBudget(tx, added, flags)
            return withBudget(tx, added)
          })
          const text = `${secret}\n\nThis is the only time it is shown. Its id is ${key.id}.${describeLimits(key)}`
          print(self, { json: { ...toKeyJson(key), key: secret }, text })
        },
        { mayCreate: true },
      )
    })
}

function addList(command: Command): void {
  withData(command.command('list'))
    .description('show keys, without their secrets')
    .option('--workspace <name>', 'only of this workspace')
    .action(async (flags: { workspace?: string }, self: Command) => {
      await withDatabase(self, async ({ read }) => {
        const { workspace: name } = flags
        const workspace = name === undefined ? undefined : await getWorkspace(read, name)
        const keys: KeyWithBudget[] = []
        for (const key of await listKeys(read, workspace?.id)) {
          keys.push(await withBudget(read, key))
        }
        print(self, { json: keys.map(toKeyJson), text: toKeyTable(keys) })
      })
    })
}

function addSet(command: Command): void {
  withSettings(withData(command.command('set <id>')))
    .description('change a key; takes effect with the next request')
    .option('--name <text>', 'what it is for', parseKeyName)
    .addHelpText(
      'after',
      `
Examples:
  filmgate keys set key_… --budget-day 5 --budget-month none
  filmgate keys set key_… --expires 2027-01-31
  filmgate keys set key_… --scopes generate,read --expires never`,
    )
    .action(async (id: string, flags: KeyFlags, self: Command) => {
      await withDatabase(self, async (database) => {
        const key = await database.transaction(async (tx) => {
          const found = await findKey(tx, id)
          assertActive(found, id)
          refuseTestBudget(found.mode, flags)
          const changed = await setKey(tx, found, toSettings(flags))
          await setOwnBudget(tx, changed, flags)
          return withBudget(tx, changed)
        })
        const text = `Key ${id} (${key.name}) is set.${describeLimits(key)}`
        print(self, { json: toKeyJson(key), text })
      })
    })
}

function addRevoke(command: Command): void {
  withData(command.command('revoke <id>'))
    .description('end a key for good; takes effect with the next request')
    .action(async (id: string, _flags: unknown, self: Command) => {
      await withDatabase(self, async (database) => {
        await database.transaction(async (tx) => {
          assertActive(await findKey(tx, id), id)
          await revokeKey(tx, id)
        })
        print(self, { json: { id, revoked: true }, text: `Key ${id} is revoked.` })
      })
    })
}

function withSettings(command: Command): Command {
  return command
    .option('--expires <when>', '30d, 2027-01-31, 2027-01-31T18:00:00Z or never', parseExpiry)
    .option('--scopes <list>', `what it may do: ${keyScopes.join(',')}`, parseScopeNames)
    .option('--budget-day <usd>', 'most that it spends in a UTC day, or none', parseBudget)
    .option('--budget-month <usd>', 'most that it spends in a UTC month, or none', parseBudget)
}

function toSettings({ name, scopes, expires }: KeyFlags): Partial<KeySettings> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(expires === undefined ? {} : { expiresAt: expires === 'never' ? null : expires }),
  }
}

function refuseTestBudget(mode: KeyMode, { budgetDay, budgetMonth }: BudgetFlags): void {
  const isNumber = typeof budgetDay === 'number' || typeof budgetMonth === 'number'
  if (mode === 'live' || !isNumber) return
  throw new CommandError('A test key costs nothing, so a budget would never end it. Leave it out.')
}

async function setOwnBudget(tx: Transaction, key: ApiKey, flags: BudgetFlags): Promise<void> {
  const budget = toBudget(flags)
  if (Object.keys(budget).length > 0) await setBudget(tx, key.id, budget)
}

/** What narrows a key; nothing for one that may do everything for ever. */
function describeLimits({ scopes, expiresAt, budget }: KeyWithBudget): string {
  const hasBudget = (budget?.day.limitMicros ?? budget?.month.limitMicros ?? null) !== null
  const parts = [
    scopes.length < keyScopes.length ? `It may only ${scopes.join(' and ')}.` : '',
    expiresAt === null ? '' : `It expires at ${new Date(expiresAt).toISOString()}.`,
    budget !== null && hasBudget ? `It has spent ${describeBudget(budget)}.` : '',
  ]
  return parts.map((part) => (part === '' ? '' : `\n${part}`)).join('')
}

function assertActive(key: ApiKey | undefined, id: string): asserts key is ApiKey {
  if (key === undefined) {
    throw new CommandError(`There is no key ${id}. \`filmgate keys list\` shows those there are.`)
  }
  if (key.revokedAt === null) return
  const revokedAt = new Date(key.revokedAt).toISOString()
  throw new CommandError(`Key ${id} was revoked already, at ${revokedAt}. Nothing was changed.`)
}

// On an empty database nobody has had the chance to make a workspace.
async function workspaceFor(tx: Transaction, name: string): Promise<Workspace> {
  if (name === 'default' && (await hasNoWorkspace(tx))) return openWorkspace(tx, name, 0)
  return getWorkspace(tx, name)
}
