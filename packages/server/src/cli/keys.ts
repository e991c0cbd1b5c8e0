import { Command } from 'commander'
import { openWorkspace } from '../bootstrap.ts'
import type { Transaction } from '../storage/database.ts'
import { addKey, listKeys, newSecret, revokeKey, type ApiKey } from '../workspaces/api-keys.ts'
import { hasNoWorkspace, type Workspace } from '../workspaces/workspaces.ts'
import { CommandError, print, toTable, toTime } from './output.ts'
import { withData, withDatabase } from './with-database.ts'
import { getWorkspace } from './workspaces.ts'

interface CreateFlags {
  workspace: string
  name: string
  test?: boolean
}

export function keysCommand(): Command {
  const command = new Command('keys').description('API keys')
  withData(command.command('create'))
    .description('make a key and show it once')
    .option('--workspace <name>', 'whose key it is', 'default')
    .option('--name <text>', 'what it is for', 'key')
    .option('--test', 'a test key: every model runs on the sandbox and costs nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  filmgate keys create --name "web shop"\n  filmgate keys create --test',
    )
    .action(async (flags: CreateFlags, self: Command) => {
      await withDatabase(
        self,
        async (database) => {
          const secret = newSecret(flags.test === true ? 'test' : 'live')
          const key = await database.transaction(async (tx) => {
            const { id: workspaceId } = await workspaceFor(tx, flags.workspace)
            return addKey(tx, { workspaceId, name: flags.name, secret })
          })
          const text = `${secret}\n\nThis is the only time it is shown. Its id is ${key.id}.`
          print(self, { json: { ...toJson(key), key: secret }, text })
        },
        { mayCreate: true },
      )
    })
  withData(command.command('list'))
    .description('show keys, without their secrets')
    .option('--workspace <name>', 'only of this workspace')
    .action(async (flags: { workspace?: string }, self: Command) => {
      await withDatabase(self, async (database) => {
        const { workspace: name } = flags
        const workspace = name === undefined ? undefined : await getWorkspace(database.read, name)
        const keys = await listKeys(database.read, workspace?.id)
        const text = toTable(
          ['ID', 'MODE', 'ENDS IN', 'NAME', 'CREATED', 'REVOKED'],
          keys.map((key) => [
            key.id,
            key.mode,
            key.hint,
            key.name,
            toTime(key.createdAt),
            key.revokedAt === null ? '' : toTime(key.revokedAt),
          ]),
        )
        print(self, { json: keys.map(toJson), text })
      })
    })
  withData(command.command('revoke <id>'))
    .description('end a key for good; takes effect with the next request')
    .action(async (id: string, _flags: unknown, self: Command) => {
      await withDatabase(self, async (database) => {
        if (!(await database.transaction((tx) => revokeKey(tx, id)))) {
          throw new CommandError(`There is no active key ${id}. \`filmgate keys list\` shows them.`)
        }
        print(self, { json: { id, revoked: true }, text: `Key ${id} is revoked.` })
      })
    })
  return command
}

// On an empty database nobody has had the chance to make a workspace.
async function workspaceFor(tx: Transaction, name: string): Promise<Workspace> {
  if (name === 'default' && (await hasNoWorkspace(tx))) return openWorkspace(tx, name, 0)
  return getWorkspace(tx, name)
}

function toJson(key: ApiKey) {
  return {
    id: key.id,
    workspace_id: key.workspaceId,
    name: key.name,
    mode: key.mode,
    hint: key.hint,
    created_at: new Date(key.createdAt).toISOString(),
    revoked_at: key.revokedAt === null ? null : new Date(key.revokedAt).toISOString(),
  }
}
