import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installed } from './installed.ts'

const run = promisify(execFile)

/** A program and what it is told before the name of a file to run. */
export type Command = readonly [string, ...string[]]

/** A runtime that may have to be fetched. */
export interface RuntimeRow {
  name: string
  /** Package that carries the binary and needs no install script. */
  package?: string
  version?: string
  binary?: string
  flags?: readonly string[]
}

// Names of the packages that exist for this machine; elsewhere nothing is found and tests are skipped.
const arm = process.arch === 'arm64'
const cpu = arm ? 'arm64' : 'x64'
const bunCpu = arm ? 'aarch64' : 'x64'

/** The Node that runs this. */
export const thisNode: RuntimeRow = { name: `Node ${process.versions.node}` }

export const bun: RuntimeRow = {
  name: 'Bun',
  package: `@oven/bun-linux-${bunCpu}`,
  version: '1',
  binary: 'bin/bun',
}

export const deno: RuntimeRow = {
  name: 'Deno',
  package: `@deno/linux-${cpu}-glibc`,
  version: '2',
  binary: 'deno',
  flags: ['run', '--allow-net', '--allow-env', '--allow-read', '--allow-write'],
}

/** The runtime of Cloudflare's edge. */
export const workerd: RuntimeRow = {
  name: 'workerd',
  package: `@cloudflare/workerd-linux-${arm ? 'arm64' : '64'}`,
  version: '1',
  binary: 'bin/workerd',
}

/** The runtimes that can be asked to run a file. */
export const runtimeRows: readonly RuntimeRow[] = [
  thisNode,
  { name: 'Node 22', package: `node-linux-${cpu}`, version: '22', binary: 'bin/node' },
  { name: 'Node 24', package: `node-linux-${cpu}`, version: '24', binary: 'bin/node' },
  bun,
  deno,
]

/** How to start a runtime, fetched once into the tests' cache; throws with the reason where it cannot be had. */
export async function commandOf(row: RuntimeRow): Promise<Command> {
  const flags = row.flags ?? []
  if (!row.package || !row.binary) return [process.execPath, ...flags]
  const folder = await installed(`${row.package}@${row.version}`)
  const binary = join(folder, 'node_modules', row.package, row.binary)
  await run(binary, ['--version'])
  return [binary, ...flags]
}
