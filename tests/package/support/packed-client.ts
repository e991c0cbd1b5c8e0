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
  /** A project of ES modules with nothing but the client in it. */
  project: string
  /** Another project with the client; its package.json says this. */
  createProject(name: string, manifest: object): Promise<string>
  /** Everything the package holds, by path within it. */
  files: string[]
  remove(): Promise<void>
}

/** Builds, packs and installs it. */
export async function packClient(): Promise<PackedClient> {
  const folder = await mkdtemp(join(tmpdir(), 'filmgate-package-'))
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const halves = ['packages/client', 'packages/client/cjs']
  await run(process.execPath, [tsc, '-b', ...halves], { cwd: repository })
  await run('npm', ['pack', './packages/client', '--pack-destination', folder], { cwd: repository })
  const [name = ''] = await readdir(folder)
  const tarball = join(folder, name)
  const createProject = async (name: string, manifest: object) => {
    const project = join(folder, name)
    await mkdir(project)
    await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, ...manifest }))
    const flags = ['--offline', '--no-audit', '--no-fund']
    await run('npm', ['install', ...flags, tarball], { cwd: project })
    return project
  }
  const project = await createProject('project', { type: 'module' })
  return {
    tarball,
    project,
    createProject,
    files: await filesOf(join(project, 'node_modules/@filmgate/client')),
    remove: () => rm(folder, { recursive: true }),
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
}

/** Lets a project use a package of the repository, such as a compiler's types. */
export async function lend(project: string, name: string): Promise<void> {
  const target = join(project, 'node_modules', name)
  await mkdir(join(target, '..'), { recursive: true })
  await symlink(join(repository, 'node_modules', name), target)
}
