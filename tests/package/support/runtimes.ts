import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { testCache } from '../../support/test-cache.ts'

const run = promisify(execFile)
const cacheFolder = join(testCache, 'runtimes')

/** A JavaScript runtime that can be asked to run a file. */
export interface Runtime {
  name: string
  /** Starts a program that may use the network, the environment and its own folder. */
  command: readonly [string, ...string[]]
}

interface Row {
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

/** The runtimes that the client is for, besides browsers. */
export const runtimeRows: readonly Row[] = [
  { name: `Node ${process.versions.node}` },
  { name: 'Node 22', package: `node-linux-${cpu}`, version: '22', binary: 'bin/node' },
  { name: 'Node 24', package: `node-linux-${cpu}`, version: '24', binary: 'bin/node' },
  { name: 'Bun', package: `@oven/bun-linux-${bunCpu}`, version: '1', binary: 'bin/bun' },
  {
    name: 'Deno',
    package: `@deno/linux-${cpu}-glibc`,
    version: '2',
    binary: 'deno',
    flags: ['run', '--allow-net', '--allow-env', '--allow-read', '--allow-write'],
  },
]

/** The runtime, fetched once into the tests' cache; throws with the reason where it cannot be had. */
export async function getRuntime(row: Row): Promise<Runtime> {
  const flags = row.flags ?? []
  if (!row.package || !row.binary) return { name: row.name, command: [process.execPath, ...flags] }
  const folder = join(cacheFolder, row.name.toLowerCase().replaceAll(' ', '-'))
  const binary = join(folder, 'node_modules', row.package, row.binary)
  if (!(await exists(binary))) {
    await mkdir(folder, { recursive: true })
    // Without a package.json of its own, npm would install into the repository.
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
    const wanted = `${row.package}@${row.version}`
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', wanted], {
      cwd: folder,
    })
  }
  await run(binary, ['--version'])
  return { name: row.name, command: [binary, ...flags] }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
