import { Command, InvalidArgumentError } from 'commander'
import { openWorkspace } from '../bootstrap.ts'
import { getAccount } from '../ledger/ledger.ts'
import { formatDollars } from '../ledger/money.ts'
import type { Queries } from '../storage/database.ts'
import {
  findWorkspace,
  listWorkspaces,
  setLimits,
  type Workspace,
  type WorkspaceLimits,
} from '../workspaces/workspaces.ts'
import { CommandError, print, toTable } from './output.ts'
import { withData, withDatabase } from './with-database.ts'

export function workspacesCommand(): Command {
  const command = new Command('workspaces').description('tenants: each has keys, limits, a balance')
  withData(command.command('create <name>'))
    .description('add a workspace')
    .action(async (name: string, _flags: unknown, self: Command) => {
      checkName(name)
      await withDatabase(
        self,
        async (database) => {
          const workspace = await database.transaction(async (tx) => {
            if ((await findWorkspace(tx, name)) !== undefined) {
              throw new CommandError(`There is already a workspace ${name}.`)
            }
            return openWorkspace(tx, name, 0)
          })
          const text = `Workspace ${name} is there. Next: filmgate keys create --workspace ${name}`
          print(self, { json: await toJson(database.read, workspace), text })
        },
        { mayCreate: true },
      )
    })
  withData(command.command('list'))
    .description('show all workspaces with limits and balances')
    .action(async (_flags: unknown, self: Command) => {
      await withDatabase(self, async (database) => {
        const rows = []
        for (const workspace of await listWorkspaces(database.read)) {
          rows.push(await toJson(database.read, workspace))
        }
        const text = toTable(
          ['NAME', 'BALANCE', 'HELD', 'IMAGES/MIN', 'VIDEOS/MIN', 'IN FLIGHT'],
          rows.map((row) => [
            row.name,
            `$${row.balance}`,
            `$${row.held}`,
            String(row.image_rpm),
            String(row.video_rpm),
            String(row.concurrency),
          ]),
        )
        print(self, { json: rows, text })
      })
    })
  withData(command.command('set <name>'))
    .description('change limits; takes effect with the next request')
    .option('--image-rpm <n>', 'image requests per minute', parseLimit)
    .option('--video-rpm <n>', 'video requests per minute', parseLimit)
    .option('--concurrency <n>', 'generations in flight at once', parseLimit)
    .addHelpText(
      'after',
      '\nExample:\n  filmgate workspaces set default --image-rpm 120 --concurrency 20',
    )
    .action(async (name: string, flags: LimitFlags, self: Command) => {
      await withDatabase(self, async (database) => {
        const changed = await database.transaction(async (tx) =>
          setLimits(tx, await getWorkspace(tx, name), toLimits(flags)),
        )
        const { limits } = changed
        const text = `Workspace ${changed.name}: ${limits.imagesPerMinute} images and ${limits.videosPerMinute} videos per minute, ${limits.concurrency} in flight.`
        print(self, { json: await toJson(database.read, changed), text })
      })
    })
  return command
}

interface LimitFlags {
  imageRpm?: number
  videoRpm?: number
  concurrency?: number
}

function toLimits({ imageRpm, videoRpm, concurrency }: LimitFlags): Partial<WorkspaceLimits> {
  return {
    ...(imageRpm === undefined ? {} : { imagesPerMinute: imageRpm }),
    ...(videoRpm === undefined ? {} : { videosPerMinute: videoRpm }),
    ...(concurrency === undefined ? {} : { concurrency }),
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

async function toJson(queries: Queries, { id, name, limits }: Workspace) {
  const account = await getAccount(queries, id)
  return {
    id,
    name,
    balance: formatDollars(account.balanceMicros),
    held: formatDollars(account.heldMicros),
    image_rpm: limits.imagesPerMinute,
    video_rpm: limits.videosPerMinute,
    concurrency: limits.concurrency,
  }
}

function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/i.test(name) && !name.startsWith('ws_')) return
  throw new CommandError('A name has 1 to 63 letters, digits, - or _, and does not begin with ws_.')
}

function parseLimit(text: string): number {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(limit))
    throw new InvalidArgumentError('It must be a whole number from 0 to 9999999.')
  return limit
}
