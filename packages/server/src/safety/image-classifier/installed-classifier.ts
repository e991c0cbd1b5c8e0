import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { classifierPackages, type ClassifierPackage } from './classifier-packages.ts'

/** The classifier cannot be used as it lies there; the message says why and what helps. */
export class ClassifierUnusable extends Error {
  override readonly name = 'ClassifierUnusable'
}

/** Where a data folder keeps the classifier; absolute. */
export function classifierFolder(dataPath: string): string {
  return resolve(dataPath, 'classifier')
}

/**
 * Whether every file is what this version was made with: undefined, or why the classifier cannot be
 * used and which command helps, to stand within a sentence.
 */
export async function findClassifierFault(folder: string): Promise<string | undefined> {
  const command = `\`filmgate safety install-classifier --data ${quote(dirname(folder))}\``
  if (!(await exists(folder))) {
    return `the image classifier is not installed in ${folder}; ${command} installs it`
  }
  const faults = await Promise.all(
    classifierPackages.flatMap((each) =>
      Object.entries(each.files).map(([path, sha256]) =>
        findFileFault(toInstalledPath(folder, each, path), sha256),
      ),
    ),
  )
  const fault = faults.find((each) => each !== undefined)
  if (fault === undefined) return undefined
  const { isReadable, text } = fault
  const remedy = isReadable
    ? `${command} repairs it`
    : `give ${folder} to the user who runs the gateway`
  return `the image classifier ${text}; ${remedy}`
}

/** Throws ClassifierUnusable if there is a fault. */
export async function assertClassifier(folder: string): Promise<void> {
  const fault = await findClassifierFault(folder)
  if (fault !== undefined) throw new ClassifierUnusable(fault)
}

/** sha256 in hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Where a file of a package lies in the folder of the classifier, so that Node's own rules find it. */
export function toInstalledPath(folder: string, of: ClassifierPackage, path: string): string {
  return join(folder, 'node_modules', of.name, path)
}

interface FileFault {
  isReadable: boolean
  text: string
}

async function findFileFault(path: string, sha256: string): Promise<FileFault | undefined> {
  const damaged = (how: string) => ({ isReadable: true, text: `is damaged: ${path} ${how}` })
  try {
    if (sha256Of(await readFile(path)) === sha256) return undefined
    return damaged('is not what this version was made with')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const isAbsent = ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)
    if (isAbsent) return damaged('is missing')
    return { isReadable: false, text: `cannot be read: ${path} (${code})` }
  }
}

// Only what is plainly absent counts as absent: a folder that may not be looked into is a fault of its own.
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  )
}

/** As a shell takes it. */
function quote(path: string): string {
  return /^[\w./~:@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
