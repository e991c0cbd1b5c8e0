import { Command } from 'commander'
import { addCredit, getAccount } from '../ledger/ledger.ts'
import { formatDollars, parseDollars } from '../ledger/money.ts'
import { CommandError, print } from './output.ts'
import { withData, withDatabase } from './with-database.ts'
import { getWorkspace } from './workspaces.ts'

export function creditCommand(): Command {
  const command = new Command('credit').description('the money of workspaces')
  withData(command.command('add <workspace> <usd>'))
    .description('add credit; a negative amount corrects the balance downwards')
    .option('--note <text>', 'reason, for the ledger', 'added by the operator')
    .addHelpText(
      'after',
      '\nExamples:\n  filmgate credit add default 25\n  filmgate credit add default --note "invoice 17" 12.50',
    )
    .allowUnknownOption()
    .action(async (name: string, usd: string, flags: { note: string }, self: Command) => {
      const amountMicros = parseDollars(usd)
      if (amountMicros === undefined || amountMicros === 0) {
        throw new CommandError(`${usd} is no amount of dollars. Write 25 or 12.50.`)
      }
      await withDatabase(self, async (database) => {
        const account = await database.transaction(async (tx) => {
          const { id: workspaceId } = await getWorkspace(tx, name)
          await addCredit(tx, { workspaceId, amountMicros, note: flags.note })
          return getAccount(tx, workspaceId)
        })
        const balance = formatDollars(account.balanceMicros)
        print(self, {
          json: { workspace: name, balance, currency: 'USD' },
          text: `The balance of ${name} is now $${balance}.`,
        })
      })
    })
  return command
}
