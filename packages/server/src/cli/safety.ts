import { Command, InvalidArgumentError, Option } from 'commander'
import { findOwnPolicy, setOwnPolicy } from '../admission/safety-trail.ts'
import type { SafetyPolicy } from '../safety/policy.ts'
import { print } from './output.ts'
import { withData, withDatabase } from './with-database.ts'
import { getWorkspace } from './workspaces.ts'

interface PolicyFlags {
  prompt?: Switch
  images?: Switch
  outputs?: Switch
  checks?: string
  threshold?: [string, number][]
  onFailure?: 'open' | 'closed'
  reset?: boolean
}

type Switch = 'on' | 'off'

export function safetyCommand(): Command {
  const command = new Command('safety').description('which content checks apply to a workspace')
  const onOff = (flags: string, text: string) => new Option(flags, text).choices(['on', 'off'])
  withData(command.command('set <workspace>'))
    .description('set what differs from the server; takes effect with the next request')
    .addOption(onOff('--prompt <on|off>', 'check prompts'))
    .addOption(onOff('--images <on|off>', 'check reference images'))
    .addOption(onOff('--outputs <on|off>', 'check results before they become visible'))
    .option('--checks <names>', 'the checks that apply, separated by commas')
    .option(
      '--threshold <category=score>',
      'refuse from this score on; may be given often',
      addThreshold,
    )
    .addOption(
      new Option('--on-failure <policy>', 'when a check is down').choices(['open', 'closed']),
    )
    .option('--reset', 'forget the settings of this workspace first')
    .addHelpText(
      'after',
      `
Examples:
  filmgate safety set default --outputs on --checks prompt-rules,image-classifier
  filmgate safety set studio --threshold violence/graphic=2 --on-failure open`,
    )
    .action(async (name: string, flags: PolicyFlags, self: Command) => {
      await withDatabase(self, async (database) => {
        const policy = await database.transaction(async (tx) => {
          const { id } = await getWorkspace(tx, name)
          const current = flags.reset === true ? {} : await findOwnPolicy(tx, id)
          const changed = merge(current, flags)
          await setOwnPolicy(tx, id, changed)
          return changed
        })
        print(self, { json: policy, text: describe(name, policy) })
      })
    })
  withData(command.command('show <workspace>'))
    .description('show what a workspace has set for itself')
    .action(async (name: string, _flags: unknown, self: Command) => {
      await withDatabase(self, async (database) => {
        const { id } = await getWorkspace(database.read, name)
        const policy = await findOwnPolicy(database.read, id)
        print(self, { json: policy, text: describe(name, policy) })
      })
    })
  return command
}

function merge(current: Partial<SafetyPolicy>, flags: PolicyFlags): Partial<SafetyPolicy> {
  const { prompt, images, outputs, checks, threshold = [], onFailure } = flags
  return {
    ...current,
    ...(prompt === undefined ? {} : { prompt: prompt === 'on' }),
    ...(images === undefined ? {} : { images: images === 'on' }),
    ...(outputs === undefined ? {} : { outputs: outputs === 'on' }),
    ...(checks === undefined ? {} : { checks: checks.split(',').map((check) => check.trim()) }),
    ...(onFailure === undefined ? {} : { onFailure }),
    thresholds: { ...current.thresholds, ...Object.fromEntries(threshold) },
  }
}

function addThreshold(text: string, earlier: [string, number][] = []): [string, number][] {
  const [, category, score] = /^([a-z][a-z0-9/:_-]*)=(\d(?:\.\d{1,4})?)$/.exec(text) ?? []
  if (category === undefined) {
    throw new InvalidArgumentError('Write CATEGORY=SCORE, such as sexual=0.9.')
  }
  return [...earlier, [category, Number(score)]]
}

function describe(name: string, policy: Partial<SafetyPolicy>): string {
  const lines = Object.entries(policy)
    .filter(([, value]) => JSON.stringify(value) !== '{}')
    .map(([key, value]) => `  ${key.padEnd(12)}${JSON.stringify(value)}`)
  if (lines.length === 0) return `Workspace ${name} follows the settings of the server.`
  return [`Workspace ${name} differs from the settings of the server in:`, ...lines].join('\n')
}
