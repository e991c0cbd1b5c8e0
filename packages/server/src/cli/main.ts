import { Command, CommanderError } from 'commander'
import { Failure } from '../contract/failure.ts'
import { errorCatalog } from '../contract/errors.ts'
import { StartupError } from '../storage/startup-error.ts'
import { version } from '../telemetry/version.ts'
import { CommandError, withoutControls } from './output.ts'

/** One module for each command, loaded only when it is asked for: most need little of the server. */
const commands = new Map<string, () => Promise<Command>>(
  Object.entries({
    serve: async () => (await import('./serve.ts')).serveCommand(),
    keys: async () => (await import('./keys.ts')).keysCommand(),
    workspaces: async () => (await import('./workspaces.ts')).workspacesCommand(),
    credit: async () => (await import('./credit.ts')).creditCommand(),
    safety: async () => (await import('./safety.ts')).safetyCommand(),
    generations: async () => (await import('./generations.ts')).generationsCommand(),
    audit: async () => (await import('./audit.ts')).auditCommand(),
    'signing-secret': async () => (await import('./signing-secret.ts')).signingSecretCommand(),
    explain: async () => (await import('./explain.ts')).explainCommand(),
    config: async () => (await import('./config.ts')).configCommand(),
  }),
)

/** Runs a command line; the exit code. 0 done, 1 could not, 2 wrong usage, 10-17 the eight codes. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = createProgram()
  for (const command of await loadCommands(argv.slice(2))) program.addCommand(withJson(command))
  try {
    await program.parseAsync([...argv])
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return report(error, program.opts<{ json?: boolean }>().json === true)
  }
}

// Help, and a name that is none of them, need all of them.
function loadCommands(args: readonly string[]): Promise<Command[]> {
  const asked = args.find((arg) => !arg.startsWith('-'))
  const load = commands.get(asked ?? '')
  return Promise.all(load === undefined ? [...commands.values()].map((each) => each()) : [load()])
}

function createProgram(): Command {
  return new Command('filmgate')
    .description(
      'A self-hosted API for AI image and video generation: one contract, eight error codes, no lost job.',
    )
    .version(version)
    .option('--json', 'print JSON for programs')
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  filmgate serve                         start the gateway on http://127.0.0.1:4700
  filmgate keys create --test            make a test key
  filmgate credit add default 25         add $25 to the workspace "default"
  filmgate explain rate_limit            what an error code means

Exit codes: 0 done, 1 could not, 2 wrong usage, 10 to 17 one of the eight error codes.`,
    )
}

// --json is accepted anywhere on the line, and exit codes stay ours all the way down.
function withJson(command: Command): Command {
  command.exitOverride().showHelpAfterError('(add --help for what there is)')
  if (command.commands.length === 0) command.option('--json', 'print JSON for programs')
  for (const child of command.commands) withJson(child)
  return command
}

function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) {
    // Commander has printed already; help and version are no mistakes.
    return error.exitCode === 0 ? 0 : 2
  }
  const text = error instanceof Error ? error.message : String(error)
  const isSystem = error instanceof Error && 'syscall' in error && 'errno' in error
  const message = isSystem
    ? `${text}. Check the owner and permissions of what it names, and the free space.`
    : text
  const isExpected = error instanceof StartupError || error instanceof CommandError || isSystem
  if (json) process.stderr.write(`${JSON.stringify({ error: { message } })}\n`)
  else process.stderr.write(`filmgate: ${withoutControls(message)}\n`)
  if (error instanceof Failure) return errorCatalog[error.code].exitCode
  if (!isExpected && !json && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  return 1
}
