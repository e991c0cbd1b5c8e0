import { Command, InvalidArgumentError, Option } from 'commander'
import {
  generationStatuses,
  generationTypes,
  type GenerationStatus,
  type GenerationType,
} from '../contract/generations.ts'
import { listVerdicts } from '../admission/safety-trail.ts'
import type { SafetyVerdict } from '../safety/verdict.ts'
import { listAttempts, type Attempt } from '../generations/attempt.ts'
import { findGeneration, listGenerations, type Generation } from '../generations/generation.ts'
import { formatDollars } from '../ledger/money.ts'
import { listOutputs, type Output } from '../media/outputs.ts'
import { describeTrail } from './describe-trail.ts'
import { CommandError, print, toTable, toTime } from './output.ts'
import { withData, withDatabase } from './with-database.ts'
import { getWorkspace } from './workspaces.ts'

interface ListFlags {
  limit: number
  status?: GenerationStatus
  type?: GenerationType
  workspace?: string
}

export function generationsCommand(): Command {
  const command = new Command('generations').description(
    'images and videos, and how they came about',
  )
  withData(command.command('list'))
    .description('show the latest generations')
    .option('--limit <n>', 'how many', parseCount, 20)
    .addOption(new Option('--status <status>', 'only these').choices(generationStatuses))
    .addOption(new Option('--type <type>', 'only these').choices(generationTypes))
    .option('--workspace <name>', 'only of this workspace')
    .action(async ({ limit, status, type, workspace }: ListFlags, self: Command) => {
      await withDatabase(self, async (database) => {
        const owner =
          workspace === undefined ? undefined : await getWorkspace(database.read, workspace)
        const rows = await listGenerations(database.read, {
          limit,
          status,
          type,
          workspaceId: owner?.id,
        })
        const text = toTable(
          ['ID', 'STATUS', 'TYPE', 'MODEL', 'COST', 'CREATED', 'REASON'],
          rows.map((row) => [
            row.id,
            row.status,
            row.type,
            row.model,
            costOf(row),
            toTime(row.createdAt),
            row.failure?.reason ?? '',
          ]),
        )
        print(self, { json: rows.map((row) => toJson(row)), text })
      })
    })
  withData(command.command('show <id>'))
    .description('tell what happened to one generation, with every attempt, check and file')
    .action(async (id: string, _flags: unknown, self: Command) => {
      await withDatabase(self, async (database) => {
        const generation = await findGeneration(database.read, id)
        if (generation === undefined)
          throw new CommandError(
            `There is no generation ${id} in this data folder. \`filmgate generations list\` shows the latest; --data names another folder.`,
          )
        const attempts = await listAttempts(database.read, id)
        const outputs = await listOutputs(database.read, id)
        const verdicts = await listVerdicts(database.read, id)
        const json = {
          ...toJson(generation),
          attempts: attempts.map(toAttemptJson),
          files: outputs.map(toFileJson),
          verdicts,
        }
        print(self, { json, text: toText({ generation, attempts, outputs, verdicts }) })
      })
    })
  return command
}

function costOf({ mode, price }: Generation): string {
  return mode === 'test' ? 'test' : `$${formatDollars(price.costMicros)}`
}

interface Shown {
  generation: Generation
  attempts: Attempt[]
  outputs: Output[]
  verdicts: SafetyVerdict[]
}

function toText({ generation, attempts, outputs, verdicts }: Shown): string {
  const { failure } = generation
  return [
    `${generation.id}  ${generation.status}`,
    `model      ${generation.model} (${generation.type}, ${generation.mode})`,
    `workspace  ${generation.workspaceId}`,
    `request    ${generation.requestId}`,
    `created    ${toTime(generation.createdAt)}`,
    `ended      ${generation.endedAt === null ? 'not yet' : toTime(generation.endedAt)}`,
    `price      ${costOf(generation)}; upstream billed: ${generation.upstreamBilled}`,
    ...(failure === null
      ? []
      : [`failure    ${failure.code} (${failure.reason}): ${failure.message}`]),
    '',
    ...describeTrail({ generation, attempts, fileCount: outputs.length }),
    ...(verdicts.length + outputs.length === 0 ? [] : ['']),
    ...verdicts.map(toVerdictText),
    ...outputs.map((output) => {
      const gone = output.deletedAt === null ? '' : ', deleted'
      return `file ${output.position}     ${output.mimeType} ${output.width}x${output.height}, ${output.bytes} bytes, sha256 ${output.sha256}${gone}`
    }),
  ].join('\n')
}

function toVerdictText({ stage, check, category, score, rule, refused }: SafetyVerdict): string {
  const why = rule === null ? '' : ` by ${rule}`
  return `check      ${stage} by ${check}: ${category} ${score}${why}${refused ? ', refused' : ''}`
}

function toJson({ input: _input, price, ...generation }: Generation) {
  return { ...generation, costMicros: price.costMicros }
}

function toAttemptJson({ generationId: _generationId, ...attempt }: Attempt) {
  return attempt
}

function toFileJson({ generationId: _generationId, ...file }: Output) {
  return file
}

function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > 1000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.')
  return count
}
