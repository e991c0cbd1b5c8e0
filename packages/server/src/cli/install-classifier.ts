import { spawn } from 'node:child_process'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import {
  classifierPackages,
  packCommand,
  toSpec,
  toTarballName,
  type ClassifierPackage,
} from '../safety/image-classifier/classifier-packages.ts'
import {
  classifierFolder,
  findClassifierFault,
} from '../safety/image-classifier/installed-classifier.ts'
import { isPinned, unpackPackage } from '../safety/image-classifier/unpack-package.ts'
import { openDataFolder } from '../storage/data-folder.ts'
import { withFileLock } from '../storage/file-lock.ts'
import { createFetchProgress, type FetchProgress } from './fetch-progress.ts'
import { CommandError } from './output.ts'

/** Where the packages come from. */
interface Source {
  /** Reads the tarball of a package; throws CommandError with what to do when it cannot be had. */
  read(wanted: ClassifierPackage): Promise<Uint8Array>
  /** Who is to blame for a tarball that is not the one that is pinned. */
  name: string
}

interface Flags {
  data: string
  /** A folder of tarballs; npm fetches them when left out. */
  from?: string | undefined
}

/** Where the classifier lies, and whether this run put it there. */
export interface Installed {
  folder: string
  isNew: boolean
}

/**
 * Puts the image classifier into the data folder, unless it is there and whole. It is prepared beside
 * its place and renamed, so that it is there whole or not at all; a run that was killed leaves
 * nothing that the next one does not clear. Only one runs at a time; a second waits for the first.
 */
export async function installClassifier({ data, from }: Flags): Promise<Installed> {
  const { path } = openDataFolder(data)
  const folder = classifierFolder(path)
  const partial = join(path, 'classifier.partial')
  const wait = () =>
    process.stderr.write(`Another installation is running in ${path}; waiting for it.\n`)
  return withFileLock(join(path, 'classifier.lock'), wait, async () => {
    if ((await findClassifierFault(folder)) === undefined) return { folder, isNew: false }
    try {
      await rm(partial, { recursive: true, force: true })
      await mkdir(partial)
      await untilInterrupted((signal) => prepare(partial, { from, signal }))
      await rm(folder, { recursive: true, force: true })
      await rename(join(partial, 'classifier'), folder)
      return { folder, isNew: true }
    } catch (error) {
      throw toWriteError(error, path)
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
  })
}

/** A disk that is full or not ours. */
function toWriteError(error: unknown, path: string): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error
  return new CommandError(
    `The image classifier cannot be written to ${path} (${error.message}). Check the owner, the permissions and the free space of that folder.`,
  )
}

interface PrepareOptions {
  from: string | undefined
  signal: AbortSignal
}

async function prepare(partial: string, { from, signal }: PrepareOptions): Promise<void> {
  const source = from === undefined ? await npmSource(partial, signal) : folderSource(from)
  const progress = createFetchProgress(
    classifierPackages.reduce((sum, { bytes }) => sum + bytes, 0),
  )
  try {
    for (const wanted of classifierPackages) {
      await install(wanted, { source, progress, folder: join(partial, 'classifier') })
      signal.throwIfAborted()
    }
  } finally {
    progress.end()
  }
}

async function install(
  wanted: ClassifierPackage,
  { source, progress, folder }: { source: Source; progress: FetchProgress; folder: string },
): Promise<void> {
  progress.start(`${wanted.name} ${wanted.version}`)
  const tarball = await source.read(wanted)
  if (!isPinned(tarball, wanted)) {
    throw new CommandError(
      `${toTarballName(wanted)} from ${source.name} is not the file that this version of Filmgate was made with (its sha512 differs), so nothing was installed. Get it from a registry that carries ${toSpec(wanted)} unchanged.`,
    )
  }
  await unpackPackage(tarball, wanted, folder)
  progress.done(wanted.bytes)
}

function folderSource(from: string): Source {
  const folder = resolve(from)
  return {
    name: folder,
    async read(wanted) {
      try {
        return await readFile(join(folder, toTarballName(wanted)))
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
        throw new CommandError(
          `${toTarballName(wanted)} cannot be read in ${folder} (${code}). Fill the folder on a machine with a network: ${packCommand}.`,
        )
      }
    },
  }
}

/** npm knows the registry, the proxies and the credentials of this machine; packing runs no scripts. */
async function npmSource(folder: string, signal: AbortSignal): Promise<Source> {
  // Without a package.json of its own, npm would look for settings in the folders above.
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  return {
    name: 'the npm registry of this machine',
    async read(wanted) {
      await runNpm(['pack', '--ignore-scripts', '--loglevel=error', toSpec(wanted)], {
        folder,
        signal,
        what: toSpec(wanted),
      })
      const tarball = join(folder, toTarballName(wanted))
      const bytes = await readFile(tarball)
      await rm(tarball)
      return bytes
    },
  }
}

interface NpmRun {
  folder: string
  signal: AbortSignal
  /** What is fetched, for the message of a failure. */
  what: string
}

async function runNpm(args: string[], { folder, signal, what }: NpmRun): Promise<void> {
  // npm tells those that it starts where it is itself; other package managers set the same variable.
  const script = process.env['npm_execpath']
  const isNpm = script !== undefined && basename(script) === 'npm-cli.js'
  const [command, first] = isNpm ? [process.execPath, [script]] : ['npm', []]
  const child = spawn(command, [...first, ...args], {
    cwd: folder,
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
    // On Windows npm is a script of the shell; nothing in these arguments means anything to one.
    shell: !isNpm && process.platform === 'win32',
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
  let failure: Error | undefined
  child.once('error', (error) => (failure = error))
  // Also after a failure, so that nothing writes into the folder any more when it is cleared.
  const code = await new Promise<unknown>((resolve) => child.once('close', resolve))
  signal.throwIfAborted()
  if (failure !== undefined) throw toNpmError(failure)
  if (code !== 0) {
    throw new CommandError(
      `npm could not fetch ${what}: ${summary(said)}. Without a network, fill a folder elsewhere and name it with --from (see --help).`,
    )
  }
}

function toNpmError({ message }: Error): CommandError {
  return new CommandError(
    `npm, which fetches the packages, could not be started (${message}). Install it, or fill a folder elsewhere and name it with --from (see --help).`,
  )
}

/** What npm said of its failure, on one line. */
function summary(said: string): string {
  const lines = said
    .split('\n')
    .flatMap((line) => /^npm (?:error|ERR!) (.+)$/.exec(line)?.[1] ?? [])
  const telling = lines.filter((line) => !/complete log|^code /.test(line))
  return telling.slice(0, 2).join('; ').replace(/\.$/, '') || 'it gave no reason'
}

/** Lets the work clean up after itself when the command is stopped; a second signal ends it at once. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const abort = () =>
    stop.abort(new CommandError('Stopped; nothing was installed. The same command starts again.'))
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const name of signals) process.once(name, abort)
  try {
    await work(stop.signal)
  } catch (error) {
    stop.signal.throwIfAborted()
    throw error
  } finally {
    for (const name of signals) process.off(name, abort)
  }
}
