import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { testSignals, type TestSignal } from '../../packages/server/src/telemetry/test-signals.ts'

/** The built command line, as it is published. */
export const binPath = fileURLToPath(new URL('../../packages/server/dist/bin.js', import.meta.url))

export interface GatewayOptions {
  /** A fresh temporary one when left out. */
  dataDir?: string
  env?: Record<string, string>
  args?: string[]
  /** Opening balance of the workspace `default`; 100.00 when left out. */
  balanceUsd?: string
  /** The bootstrap key. */
  key?: string
  /** Written to a file and passed with --config. */
  config?: object
  /** Told each test signal; whatever sent it stays in that moment until `goOn` is called. */
  onSignal?: (moment: { signal: TestSignal; id: string }, goOn: () => void) => void
}

/** A built gateway, running as a process of its own. */
export interface TestGateway {
  baseURL: string
  /** Live key of the workspace `default`. */
  key: string
  /** Test key of the same workspace. */
  testKey: string
  dataDir: string
  process: ChildProcess
  /** Lines it wrote to standard error. */
  log: string[]
  /** Resolves once such a line is in its log. */
  logged(line: RegExp): Promise<void>
  /** Ends the process at once, or with another signal; resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port and data, with options of before unless others are given. */
  restart(changes?: GatewayOptions): Promise<void>
  /** Kills it and deletes its data. */
  stop(): Promise<void>
}

/** Runs the command line to its end. */
export async function runCli(
  args: string[],
  { env = {}, cwd }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [binPath, ...args], {
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data: Buffer) => (output.stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, ...output }
}

/** A temporary folder that is deleted when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'filmgate-test-'))
  if (temporaryFolders.size === 0) {
    process.once('exit', () => {
      for (const each of temporaryFolders) rmSync(each, { recursive: true, force: true })
    })
  }
  temporaryFolders.add(folder)
  return folder
}

const temporaryFolders = new Set<string>()

/** Starts a gateway on a free port with a workspace, a live key and a test key. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const dataDir = options.dataDir ?? temporaryFolder()
  const key = options.key ?? `sk_live_${'a1b2c3d4'.repeat(5)}`
  const start = (port: number, changes: GatewayOptions = {}) =>
    launch({ ...options, ...changes, dataDir, key, port })
  let running = await start(0)
  const { baseURL } = running
  const created = await runCli(['keys', 'create', '--test', '--json', '--data', dataDir])
  if (created.code !== 0) throw new Error(`cannot make a test key: ${created.stderr}`)
  const testKey = (JSON.parse(created.stdout) as { key: string }).key
  const gateway: TestGateway = {
    baseURL,
    key,
    testKey,
    dataDir,
    get process() {
      return running.process
    },
    get log() {
      return running.log
    },
    async logged(line) {
      while (!running.log.some((each) => line.test(each))) await once(running.lines, 'line')
    },
    async kill(signal = 'SIGKILL') {
      if (running.process.exitCode !== null || running.process.signalCode !== null) return
      const gone = new Promise((resolve) => running.process.once('exit', resolve))
      running.process.kill(signal)
      await gone
    },
    async restart(changes) {
      await gateway.kill()
      running = await start(Number(new URL(baseURL).port), changes)
    },
    async stop() {
      await gateway.kill()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
  return gateway
}

interface Launched {
  process: ChildProcess
  baseURL: string
  log: string[]
  lines: Interface
}

async function launch(
  options: GatewayOptions & { dataDir: string; key: string; port: number },
): Promise<Launched> {
  const { dataDir, key, port, args = [], env = {}, balanceUsd = '100.00', onSignal } = options
  const config = options.config === undefined ? [] : ['--config', writeConfig(options.config)]
  // Both outputs are piped, with and without a channel.
  const child = spawn(
    process.execPath,
    [binPath, 'serve', '--port', String(port), '--data', dataDir, ...config, ...args],
    {
      env: {
        ...process.env,
        FILMGATE_LOG_LEVEL: 'info',
        FILMGATE_BOOTSTRAP_KEY: key,
        FILMGATE_BOOTSTRAP_BALANCE_USD: balanceUsd,
        ...(onSignal === undefined ? {} : { FILMGATE_TEST_SIGNALS: testSignals.join(',') }),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', ...(onSignal === undefined ? [] : ['ipc' as const])],
    },
  ) as ChildProcessByStdio<null, Readable, Readable>
  if (onSignal !== undefined) passSignals(child, onSignal)
  const log: string[] = []
  const lines = createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
  const baseURL = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /^listening on (\S+)$/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', (code) =>
      reject(new Error(`gateway ended with ${code} before it listened:\n${log.join('\n')}`)),
    )
  })
  return { process: child, baseURL, log, lines }
}

function passSignals(child: ChildProcess, onSignal: NonNullable<GatewayOptions['onSignal']>): void {
  child.on('message', (message) => {
    // The only messages are those of telemetry/test-signals.ts.
    const moment = message as { signal: TestSignal; id: string }
    onSignal(moment, () => {
      if (child.connected) child.send(moment)
    })
  })
}

function writeConfig(config: object): string {
  const file = join(temporaryFolder(), 'filmgate.config.json')
  writeFileSync(file, JSON.stringify(config))
  return file
}
