import { Command } from 'commander'
import { audit } from '../audit/audit.ts'
import { inspectFsStore } from '../media/fs-store.ts'
import { print } from './output.ts'
import { createProgress } from './progress.ts'
import { withData, withDatabase } from './with-database.ts'

export function auditCommand(): Command {
  return withData(new Command('audit'))
    .description('prove that money, states, jobs and files agree; exit code 1 if they do not')
    .option('--quick', 'compare the sizes of files, and do not read their content')
    .action(async ({ quick = false }: { quick?: boolean }, self: Command) => {
      await withDatabase(self, async (database, folder) => {
        const progress = createProgress('reading files')
        const report = await audit(database, inspectFsStore(folder.mediaFolder), {
          isQuick: quick,
          clock: Date.now,
          onProgress: (done, total) => progress.update(done, total),
        }).finally(() => progress.end())
        const { generations, pending, completed, failed, reconciling, files, problems } = report
        const summary = `${generations} generations: ${completed} completed, ${failed} failed, ${pending} pending, ${reconciling} of the failed still asked about at the model; ${files} files.`
        const verdict = problems.length === 0 ? 'Clean: nothing disagrees.' : problems.join('\n')
        print(self, { json: report, text: `${summary}\n${verdict}` })
        if (problems.length > 0) process.exitCode = 1
      })
    })
}
