import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The repository's root folder. */
export const repository = fileURLToPath(new URL('../../../', import.meta.url))

/** The client as npm would publish it, installed in a clean project. */
export interface PackedClient {
  tarball: string
  /** A project with nothing but the client in it. */
  project: string
  /** Everything the package holds, by path within it. */
  files: string[]
  remove(): Promise<void>
}

/** Builds, packs and installs it. */
export async function packClient(): Promise<PackedClient> {
  const folder = await mkdtemp(join(tmpdir(), 'filmgate-package-'))
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, [tsc, '-b', 'packages/client'], { cwd: repository })
  await run('npm', ['pack', './packages/client', '--pack-destination', folder], { cwd: repository })
  const [name = ''] = await readdir(folder)
  const tarball = join(folder, name)
  const project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }\n')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: project })
  const installed = join(project, 'node_modules/@filmgate/client')
  const entries = await readdir(installed, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
  return {
    tarball,
    project,
    files: files.toSorted(),
    remove: () => rm(folder, { recursive: true }),
  }
}

/** Lets a project use a package of the repository, such as a compiler's types. */
export async function lend(project: string, name: string): Promise<void> {
  const target = join(project, 'node_modules', name)
  await mkdir(join(target, '..'), { recursive: true })
  await symlink(join(repository, 'node_modules', name), target)
}
