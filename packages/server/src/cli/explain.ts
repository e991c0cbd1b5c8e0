import { Argument, Command } from 'commander'
import { errorCatalog, errorCodes, reasonsOf, type ErrorCode } from '../contract/errors.ts'
import { print } from './output.ts'

export function explainCommand(): Command {
  return new Command('explain')
    .description('what an error code means and what to do')
    .addArgument(
      new Argument('[code]', 'one of the eight codes; all of them in short if left out').choices(
        errorCodes,
      ),
    )
    .addHelpText('after', '\nExample:\n  filmgate explain rate_limit')
    .action((code: ErrorCode | undefined, _flags: unknown, self: Command) => {
      if (code === undefined) {
        const text = errorCodes
          .map(
            (each) =>
              `${each.padEnd(26)}${errorCatalog[each].status}  ${errorCatalog[each].happened}`,
          )
          .join('\n')
        print(self, { json: errorCatalog, text })
        return
      }
      print(self, { json: { code, ...errorCatalog[code] }, text: toText(code) })
    })
}

function toText(code: ErrorCode): string {
  const { status, title, happened, fix, retry, billed, exitCode } = errorCatalog[code]
  return [
    `${title} (${code}, HTTP ${status}, exit code ${exitCode})`,
    '',
    `What happened  ${happened}`,
    `How to fix it  ${fix}`,
    `Retry?         ${retry}`,
    `Billed?        ${billed}`,
    '',
    'Reasons',
    ...reasonsOf(code).flatMap(([reason, { when, fix: mend }]) => [
      `  ${reason}`,
      `    ${when}`,
      `    ${mend}`,
    ]),
  ]
    .join('\n')
    .replaceAll('`', '')
}
