import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { lend, repository } from '../../package/support/packed-client.ts'

const run = promisify(execFile)

/** A project as a user has it: the packages as npm would publish them, and the AI SDK. */
export interface Project {
  folder: string
  /** Where the provider is installed in it. */
  provider: string
  remove(): Promise<void>
}

// The AI SDK itself is lent by the repository, so that nothing is fetched: npm has checked it there.
const lent = ['ai', 'ai-6', '@ai-sdk/provider-utils']
// What the provider needs, as packages of the versions that are installed here.
const packed = ['packages/client', 'packages/ai-sdk-provider', '@ai-sdk/provider', 'json-schema']

/** Packs and installs everything. */
export async function makeProject(): Promise<Project> {
  const base = await mkdtemp(join(tmpdir(), 'filmgate-ai-sdk-'))
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, [tsc, '-b', 'packages/ai-sdk-provider'], { cwd: repository })
  const tarballs: string[] = []
  for (const name of packed) {
    const source = name.startsWith('packages/') ? `./${name}` : `./node_modules/${name}`
    const { stdout } = await run(
      'npm',
      ['pack', source, '--ignore-scripts', '--pack-destination', base],
      { cwd: repository },
    )
    tarballs.push(join(base, stdout.trim()))
  }
  const folder = join(base, 'project')
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }\n')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], {
    cwd: folder,
  })
  for (const name of lent) await lend(folder, name)
  await copyFile(fileURLToPath(new URL('runner.mjs', import.meta.url)), join(folder, 'runner.mjs'))
  return {
    folder,
    provider: join(folder, 'node_modules/@filmgate/ai-sdk-provider'),
    remove: () => rm(base, { recursive: true }),
  }
}

/** The TypeScript programs of the provider's README. */
export async function readmePrograms(): Promise<string[]> {
  const text = await readFile(join(repository, 'packages/ai-sdk-provider/README.md'), 'utf8')
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] ?? '')
}
