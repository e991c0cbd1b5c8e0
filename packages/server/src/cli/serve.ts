import { Command } from 'commander'
import { resolve } from 'node:path'
import { bootstrap, parseBootstrap, type Bootstrap, type NewWorkspace } from './bootstrap.ts'
import { environmentVariables } from '../config/environment.ts'
import { defaultFlags, type ConfigFlags } from '../config/flags.ts'
import { loadConfig, type Config } from '../config/load-config.ts'
import { isAnyInterface, isLoopback } from '../config/public-url.ts'
import { Failure } from '../contract/failure.ts'
import type { Gateway } from '../gateway.ts'
import { StartupError } from '../storage/startup-error.ts'

interface ServeFlags extends ConfigFlags {
  firstRun?: boolean
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('start the gateway')
    .option('--host <host>', 'address to listen on', defaultFlags.host)
    .option('--port <port>', 'port to listen on; 0 takes any free one', defaultFlags.port)
    .option('--data <dir>', 'folder that holds the data', defaultFlags.data)
    .option('--config <file>', 'configuration file (filmgate.config.json if it exists)')
    .option('--first-run', 'on an empty database, make a workspace with credit and print its keys')
    .addHelpText(
      'after',
      `
Environment:
${variablesHelp()}

Examples:
  filmgate serve
  filmgate serve --port 0 --data /var/lib/filmgate
  FILMGATE_PUBLIC_URL=https://images.example.com filmgate serve --host 0.0.0.0`,
    )
    .action((flags: ServeFlags) => serve(flags))
}

function variablesHelp(): string {
  return Object.entries(environmentVariables)
    .map(([name, text]) => `  ${name.padEnd(32)}${text.replaceAll('\n', `\n${' '.repeat(34)}`)}`)
    .join('\n')
}

async function serve(flags: ServeFlags): Promise<void> {
  const config = loadConfig(flags, process.env)
  const isFirstRun = flags.firstRun === true
  const wanted = parseBootstrap({ ...config, isFirstRun })
  try {
    // Loaded here, so that the other commands answer without waiting for it.
    const { startGateway } = await import('../gateway.ts')
    const gateway = await startGateway(config)
    stopOnSignals(gateway)
    warnOfLinks(config, gateway)
    // After the port is ours: keys that are shown once must not be made by a start that fails.
    const made = wanted && (await bootstrapOrStop(gateway, wanted))
    if (isFirstRun)
      process.stdout.write(made ? welcome(gateway, made) : welcomeBack(gateway, config))
    process.stdout.write(`listening on ${gateway.url}\n`)
  } catch (error) {
    throw toStartError(error, config.dataPath)
  }
}

/** Links that no other machine can open are found out by clients, later; so it is said at the start. */
function warnOfLinks({ host, publicUrl }: Config, gateway: Gateway): void {
  if (isLoopback(host)) return
  if (publicUrl !== undefined && !isLoopback(new URL(publicUrl).hostname)) return
  const without =
    publicUrl === undefined ? 'without a public address' : 'with a public address of this machine'
  const reach =
    publicUrl !== undefined || isAnyInterface(host)
      ? 'which other machines cannot open'
      : 'which clients behind a proxy or a name cannot use'
  process.stderr.write(
    `filmgate: warning: listening on ${host} ${without}, so download links and docs links begin with ${gateway.publicUrl}, ${reach}. Set FILMGATE_PUBLIC_URL to the address that clients use.\n`,
  )
}

async function bootstrapOrStop(
  gateway: Gateway,
  wanted: Bootstrap,
): Promise<NewWorkspace | undefined> {
  try {
    return await bootstrap(gateway.database, wanted)
  } catch (error) {
    await gateway.stop()
    throw error
  }
}

/** A disk that fails during the start: what the system said, and where to look. */
function toStartError(error: unknown, dataPath: string): unknown {
  const isStorage = error instanceof Failure && error.reason === 'storage_unavailable'
  const cause = isStorage ? error.cause : error
  const isSystem = cause instanceof Error && 'syscall' in cause && 'errno' in cause
  if (!isStorage && !isSystem) return error
  const text = cause instanceof Error ? cause.message : String(cause)
  return new StartupError(
    `The data folder ${resolve(dataPath)} cannot be used (${text}). Check its owner, its permissions and the free space.`,
    { cause: error },
  )
}

function stopOnSignals(gateway: Gateway): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    // A second signal means that somebody does not want to wait.
    if (stopping) process.exit(1)
    stopping = true
    process.stderr.write(`${signal}: letting running requests end; once more to stop at once\n`)
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`could not stop cleanly: ${String(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function welcome({ publicUrl }: Gateway, { liveKey, testKey, balanceUsd }: NewWorkspace): string {
  return `
  Filmgate is ready. These keys are shown once; keep them:

    live key   ${liveKey}   (balance $${balanceUsd})
    test key   ${testKey ?? 'none'}   (costs nothing)

  Your first image:

    curl ${publicUrl}/v2/images/generations \\
      -H "Authorization: Bearer ${testKey ?? liveKey}" \\
      -H "Content-Type: application/json" \\
      -d '{"model": "sandbox-image", "prompt": "a red fox in a snowy forest at dawn"}'

  Start page   ${publicUrl}/
  Reference    ${publicUrl}/docs
  Error codes  ${publicUrl}/docs/errors

`
}

function welcomeBack({ publicUrl }: Gateway, { dataPath }: Config): string {
  return `
  Filmgate is ready, with the data of earlier runs. A new test key:
  npx filmgate keys create --test --data ${resolve(dataPath)}

  Start page   ${publicUrl}/

`
}
