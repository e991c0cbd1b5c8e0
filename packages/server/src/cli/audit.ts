import { Command } from 'commander'
import { audit } from '../audit/audit.ts'
import type { ConfigFile } from '../config/config-file.ts'
import { readConfigFile } from '../config/load-config.ts'
import { isConfigured } from '../config/upstreams-config.ts'
import type { OpenOutcome } from '../generations/audit.ts'
import { formatDollars } from '../ledger/money.ts'
import { inspectFsStore } from '../media/fs-store.ts'
import { print, toTime } from './output.ts'
import { createProgress } from './progress.ts'
import { withData, withDatabase } from './with-database.ts'

interface AuditFlags {
  quick?: boolean
  config?: string
}

export function auditCommand(): Command {
  return withData(new Command('audit'))
    .description('prove that money, states, jobs and files agree; exit code 1 if they do not')
    .option('--quick', 'compare the sizes of files, and do not read their content')
    .option('--config <file>', 'say also which upstreams are no longer in this configuration')
    .action(async ({ quick = false, config }: AuditFlags, self: Command) => {
      const file = config === undefined ? undefined : readConfigFile(config)
      await withDatabase(self, async (database, folder) => {
        const progress = createProgress('reading files')
        const report = await audit(database, inspectFsStore(folder.mediaFolder), {
          isQuick: quick,
          clock: Date.now,
          onProgress: (done, total) => progress.update(done, total),
        }).finally(() => progress.end())
        const { generations, pending, completed, failed, reconciling, files, problems } = report
        const openOutcomes = report.openOutcomes.map((outcome) => ({
          ...outcome,
          ...(file === undefined ? {} : { isConfigured: isConfigured(file, outcome) }),
        }))
        const summary = `${generations} generations: ${completed} completed, ${failed} failed, ${pending} pending, ${reconciling} of the failed still asked about at the model; ${files} files.`
        const verdict = problems.length === 0 ? 'Clean: nothing disagrees.' : problems.join('\n')
        const lines = openOutcomes.map((outcome) => describeOpenOutcome(outcome, file))
        print(self, {
          json: { ...report, openOutcomes },
          text: [summary, ...lines, verdict].join('\n'),
        })
        if (problems.length > 0) process.exitCode = 1
      })
    })
}

function describeOpenOutcome(outcome: OpenOutcome, file: ConfigFile | undefined): string {
  const { id, upstream, credential, since, until, heldMicros } = outcome
  const who = credential === null ? upstream : `${upstream} with ${credential}`
  const hold = heldMicros === 0 ? 'nothing is held' : `$${formatDollars(heldMicros)} is held`
  const isGone = file !== undefined && !isConfigured(file, outcome)
  const gone = isGone ? ` ${who} is not in the configuration, so nobody can be asked.` : ''
  return `generation ${id}: what became of it at ${who} is not known since ${toTime(since)}; ${hold} until it is, until ${toTime(until)} at the latest.${gone}`
}
