import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { testCache } from '../../support/test-cache.ts'

const run = promisify(execFile)

const asked = new Map<string, Promise<string>>()

/**
 * A folder whose node_modules holds these packages, such as `webpack@5`; installed once into the
 * tests' cache, without their scripts. Throws with the reason where npm cannot.
 */
export function installed(...packages: readonly string[]): Promise<string> {
  const name = packages.join(',').replaceAll('/', '+')
  // Without a network npm takes half a minute to say so. Nobody asks it twice.
  const answer = asked.get(name) ?? install(join(testCache, 'installed', name), packages)
  asked.set(name, answer)
  return answer
}

async function install(folder: string, packages: readonly string[]): Promise<string> {
  if (existsSync(folder)) return folder
  await mkdir(dirname(folder), { recursive: true })
  // Test files run at the same time. Each installs for itself; the first to finish gives its folder
  // the name, and nobody ever sees half of one.
  const partial = await mkdtemp(`${folder}.partial-`)
  try {
    // Without a package.json of its own, npm would install into the repository.
    await writeFile(join(partial, 'package.json'), '{ "private": true }\n')
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1']
    await run('npm', ['install', ...flags, ...packages], { cwd: partial })
    await rename(partial, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return folder
}

/** Says in one line why something is left out, loud enough to be seen in a long log. */
export function leftOut(name: string, reason: unknown): string {
  const words = (reason instanceof Error ? reason.message : String(reason)).replaceAll(/\s+/g, ' ')
  const line = `SKIPPED on ${name}: ${words.slice(0, 300)}`
  console.warn(line)
  return line
}
