import { Command, InvalidArgumentError, Option } from 'commander'
import { findOwnPolicy, setOwnPolicy } from '../admission/safety-trail.ts'
import { imageClassifierName, promptRulesName } from '../safety/checks/built-in-checks.ts'
import {
  classifierPackages,
  installedBytes,
  packCommand,
} from '../safety/image-classifier/classifier-packages.ts'
import {
  classifierFolder,
  findClassifierFault,
} from '../safety/image-classifier/installed-classifier.ts'
import type { SafetyPolicy } from '../safety/policy.ts'
import { toMegabytes } from './fetch-progress.ts'
import { installClassifier } from './install-classifier.ts'
import { CommandError, print } from './output.ts'
import { withData, withDatabase } from './with-database.ts'
import { getWorkspace } from './workspaces.ts'

const builtInChecks = [promptRulesName, imageClassifierName]

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
      await withDatabase(self, async (database, { path }) => {
        if (checksOf(flags)?.includes(imageClassifierName) === true) await assertInstalled(path)
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
  withData(command.command('install-classifier'))
    .description('fetch the image classifier into the data folder, which Filmgate does not contain')
    .option('--from <folder>', 'take the packages from this folder instead of the network')
    .addHelpText(
      'after',
      `
Fetches these packages with npm, checks that they are the very ones this version was made with, and
keeps ${toMegabytes(installedBytes)} of them. None of their scripts runs. Their licences are Apache-2.0 and MIT.

${classifierPackages.map(({ name, version, bytes }) => `  ${`${name} ${version}`.padEnd(38)}${toMegabytes(bytes).padStart(7)}`).join('\n')}

Then switch it on: "image_classifier": true under "safety" in the configuration file, or for one
workspace with filmgate safety set NAME --checks prompt-rules,image-classifier

For a machine without a network, run this in a folder on one that has it, and carry the folder over:
  ${packCommand}

Examples:
  filmgate safety install-classifier --data /var/lib/filmgate
  filmgate safety install-classifier --from ./packages`,
    )
    .action(async (flags: { data: string; from?: string }, self: Command) => {
      const { folder, isNew } = await installClassifier(flags)
      print(self, {
        json: { folder, installed: isNew, bytes: installedBytes },
        text: toResult(folder, isNew),
      })
    })
  return command
}

function toResult(folder: string, isNew: boolean): string {
  if (!isNew) return `The image classifier is in ${folder} already, and whole.`
  return `The image classifier is in ${folder} (${toMegabytes(installedBytes)}).`
}

async function assertInstalled(dataPath: string): Promise<void> {
  const fault = await findClassifierFault(classifierFolder(dataPath))
  if (fault !== undefined) throw new CommandError(`Nothing was changed, because ${fault}.`)
}

function checksOf({ checks }: PolicyFlags): string[] | undefined {
  return checks?.split(',').map((check) => check.trim())
}

function merge(current: Partial<SafetyPolicy>, flags: PolicyFlags): Partial<SafetyPolicy> {
  const { prompt, images, outputs, threshold = [], onFailure } = flags
  const checks = checksOf(flags)
  return {
    ...current,
    ...(prompt === undefined ? {} : { prompt: prompt === 'on' }),
    ...(images === undefined ? {} : { images: images === 'on' }),
    ...(outputs === undefined ? {} : { outputs: outputs === 'on' }),
    ...(checks === undefined ? {} : { checks }),
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
  const services = policy.checks?.filter((check) => !builtInChecks.includes(check)) ?? []
  const note =
    services.length === 0
      ? []
      : [
          `Not built in: ${services.join(', ')}. The gateway needs a service of that name under "safety" in its configuration; without it, --on-failure decides.`,
        ]
  return [`Workspace ${name} differs from the settings of the server in:`, ...lines, ...note].join(
    '\n',
  )
}
