import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  classifierPackages,
  toSpec,
} from '../../packages/server/src/safety/image-classifier/classifier-packages.ts'
import { withFileLock } from '../../packages/server/src/storage/file-lock.ts'
import { binPath } from './gateway.ts'
import { testCache } from './test-cache.ts'

const run = promisify(execFile)

/** A folder with the tarballs of the image classifier, fetched once; throws where npm cannot. */
export async function classifierTarballs(): Promise<string> {
  const folder = join(testCache, 'classifier-packages')
  await mkdir(testCache, { recursive: true })
  // Test files run at the same time.
  const wait = () => console.log('another test file fetches the classifier')
  await withFileLock(`${folder}.lock`, wait, async () => {
    if (!existsSync(folder)) await fetchTarballs(folder)
  })
  return folder
}

async function fetchTarballs(folder: string): Promise<void> {
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial)
  // Without a package.json of its own, npm would look for settings in the repository.
  await writeFile(join(partial, 'package.json'), '{ "private": true }\n')
  await run('npm', ['pack', '--ignore-scripts', ...classifierPackages.map(toSpec)], {
    cwd: partial,
  })
  await rename(partial, folder)
}

/** A data folder that has the image classifier, installed once for all runs. Nobody changes it. */
export async function dataWithClassifier(): Promise<string> {
  const data = join(testCache, 'data-with-classifier')
  const from = await classifierTarballs()
  const command = ['safety', 'install-classifier', '--from', from, '--data', data]
  // The command looks first, and lets only one install at a time.
  await run(process.execPath, [binPath, ...command])
  return data
}
