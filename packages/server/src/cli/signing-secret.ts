import { Command } from 'commander'
import { join } from 'node:path'
import { dropOldSigningSecrets, rotateSigningSecret } from '../media/signing-secret.ts'
import { withFileLock } from '../storage/file-lock.ts'
import { CommandError, print } from './output.ts'
import { folderOf, withData } from './with-database.ts'

export function signingSecretCommand(): Command {
  const command = new Command('signing-secret').description('what download links are signed with')
  withData(command.command('rotate'))
    .description('make a new secret; links that were made with the old ones go on working')
    .option(
      '--drop-old',
      'make none, and forget all but the newest, once the old links have expired',
    )
    .addHelpText(
      'after',
      `
The gateway takes it up at its next start. Where FILMGATE_SIGNING_SECRET is set, that is used
instead: put the new secret before the old one there, separated by a comma.

Examples:
  filmgate signing-secret rotate
  filmgate signing-secret rotate --drop-old`,
    )
    .action(async (flags: { dropOld?: boolean }, self: Command) => {
      if ((process.env['FILMGATE_SIGNING_SECRET'] ?? '') !== '') {
        throw new CommandError(
          'FILMGATE_SIGNING_SECRET is set, and a gateway that has it does not read the data folder. Put the new secret before the old one in it, separated by a comma, and start the gateway again.',
        )
      }
      const { path } = folderOf(self)
      const change = flags.dropOld === true ? dropOld : rotate
      await withFileLock(join(path, 'signing-secret.lock'), tellWait, async () =>
        change(self, path),
      )
    })
  return command
}

function tellWait(): void {
  process.stderr.write('Another command is at the secrets; waiting for it.\n')
}

const restart = 'Start the gateway again for this to take effect.'

function rotate(self: Command, path: string): void {
  const secrets = rotateSigningSecret(path)
  const old = secrets.length - 1
  const kept = old === 0 ? 'There was no old one' : `${count(old)} kept, whose links go on working`
  print(self, {
    json: { secrets: secrets.length, rotated: true, restart_needed: true },
    text: `A new secret signs download links from the next start on. ${kept}. ${restart}`,
  })
}

function dropOld(self: Command, path: string): void {
  const dropped = dropOldSigningSecrets(path)
  const text = dropped === 0 ? 'There is no old secret.' : `${count(dropped)} forgotten. ${restart}`
  print(self, { json: { dropped, restart_needed: dropped > 0 }, text })
}

function count(old: number): string {
  return old === 1 ? 'One old secret is' : `${old} old secrets are`
}
