import { execFile } from 'node:child_process'
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { lend, packClient, repository } from '../packed-client.ts'
import type { Library, Task } from './blocks.ts'

const run = promisify(execFile)

/** How a block ended, as run.mjs reports it. Without an error it came to its end. */
export interface Outcome {
  /** What it printed. */
  lines: string[]
  /** How long it took by its own clock, which counts shortened pauses whole. */
  elapsedMs: number
  /** The id that it printed when it was accepted. */
  id?: string
  error?: {
    name: string
    code?: string
    param?: string | null
    status?: number
    retryable?: boolean
    requestId?: string
  }
  /** The error as Node prints it, with everything in it. */
  shown?: string
  /** What the README's switch answers: what to say, and whether to submit again. */
  advice?: [say: string, again: string]
}

/** A project with the packed client and, where they could be had, the packages compared with it. */
export interface Project {
  /** What the compiler says about these programs; it writes them, compiled, beside run.mjs. */
  compile(programs: Record<string, string>): Promise<string[]>
  /** Runs a compiled block in a folder of its own, where `cat.png` lies. */
  run(library: Library, task: Task, surroundings: Surroundings): Promise<Ended>
  /** Runs another compiled program and gives what it prints. */
  program(name: string, args: string[], env: Record<string, string>): Promise<string>
  remove(): Promise<void>
}

/** What a block finds. */
export interface Surroundings {
  env: Record<string, string>
  cat: Uint8Array | string
}

/** A run of a block, with the folder that it left its files in. */
export interface Ended extends Outcome {
  cwd: string
}

/** Packs the client, and links what `peers` holds: the folder of a node_modules, and names in it. */
export async function makeProject(peers?: {
  folder: string
  names: readonly string[]
}): Promise<Project> {
  const packed = await packClient()
  const folder = packed.project
  for (const name of ['@types/node', 'undici-types']) await lend(folder, name)
  for (const name of peers?.names ?? []) {
    const link = join(folder, 'node_modules', name)
    await mkdir(join(link, '..'), { recursive: true })
    await symlink(join(peers?.folder ?? '', 'node_modules', name), link)
  }
  for (const file of ['preload.mjs', 'run.mjs']) {
    await copyFile(fileURLToPath(new URL(file, import.meta.url)), join(folder, file))
  }
  const node = async (cwd: string, args: string[], env: Record<string, string>) => {
    const flags = ['--import', join(folder, 'preload.mjs')]
    const settings = { cwd, env: { ...process.env, ...env } }
    const { stdout } = await run(process.execPath, [...flags, ...args], settings)
    return stdout
  }
  return {
    compile: (programs) => compile(folder, programs),
    async run(library, task, { env, cat }) {
      const cwd = join(folder, crypto.randomUUID())
      await mkdir(cwd)
      await writeFile(join(cwd, 'cat.png'), cat)
      const stdout = await node(cwd, [join(folder, 'run.mjs'), library, task], env)
      // The last line is what run.mjs prints, in the form that it gives it.
      const outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome
      return { ...outcome, cwd }
    },
    program: (name, args, env) => node(folder, [join(folder, `compiled/${name}.js`), ...args], env),
    remove: () => packed.remove(),
  }
}

async function compile(folder: string, programs: Record<string, string>): Promise<string[]> {
  const names = Object.keys(programs)
  for (const name of names) await writeFile(join(folder, `${name}.ts`), programs[name] ?? '')
  const compilerOptions = {
    strict: true,
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023'],
    types: ['node'],
    skipLibCheck: true,
    outDir: 'compiled',
  }
  const files = names.map((name) => `${name}.ts`)
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', '.'], { cwd: folder }, (_error, stdout) =>
      resolve(stdout.split('\n').filter((line) => line !== '')),
    )
  })
}
