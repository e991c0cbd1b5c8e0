import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../storage/startup-error.ts'

/** Secrets of download links: the first signs, all of them verify. */
export type SigningSecrets = readonly [signing: string, ...verifying: string[]]

/** Shorter ones can be guessed. */
const minLength = 16
/** A link is compared with each of them. */
const maxCount = 16

/**
 * Secrets as the environment and the file hold them: separated by commas or white space. Undefined
 * if there is none. Throws StartupError, naming `source`, if one is too short or there are too many.
 */
export function parseSigningSecrets(text: string, source: string): SigningSecrets | undefined {
  const [first, ...others] = text.split(/[\s,]+/).filter((part) => part !== '')
  if (first === undefined) return undefined
  const secrets: SigningSecrets = [first, ...others]
  const short = secrets.findIndex((secret) => secret.length < minLength)
  if (short !== -1) {
    throw new StartupError(
      `${source} must have at least ${minLength} characters in each secret, and number ${short + 1} of ${secrets.length} has ${secrets[short]?.length ?? 0}. Commas and white space separate secrets.`,
    )
  }
  if (secrets.length > maxCount) {
    throw new StartupError(
      `${source} holds ${secrets.length} secrets, and at most ${maxCount} are taken. Leave out the oldest, which come last.`,
    )
  }
  return secrets
}

/** The secrets to use: the given ones, or those of the data folder, where one is made if there is none. */
export function loadSigningSecrets(
  dataPath: string,
  given: SigningSecrets | undefined,
): SigningSecrets {
  return given ?? readKept(dataPath) ?? keep(dataPath, [newSecret()])
}

/**
 * Puts a new secret first in the data folder's file and keeps the others, so that links made before
 * go on working. Whoever serves takes it up at its next start. Throws StartupError at the limit.
 * Two at once would lose the secret of one: to be called alone, as the command does.
 */
export function rotateSigningSecret(dataPath: string): SigningSecrets {
  const kept = readKept(dataPath) ?? []
  if (kept.length >= maxCount) {
    throw new StartupError(
      `There are ${kept.length} secrets already, and at most ${maxCount} are taken. Once their links have expired, forget the old ones with \`filmgate signing-secret rotate --drop-old\`.`,
    )
  }
  return keep(dataPath, [newSecret(), ...kept])
}

/** Forgets all secrets of the data folder's file but the first; how many are gone. */
export function dropOldSigningSecrets(dataPath: string): number {
  const [first, ...old] = readKept(dataPath) ?? []
  if (first !== undefined && old.length > 0) keep(dataPath, [first])
  return old.length
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function fileIn(dataPath: string): string {
  return join(dataPath, 'signing-secret')
}

function readKept(dataPath: string): SigningSecrets | undefined {
  const file = fileIn(dataPath)
  try {
    const secrets = parseSigningSecrets(readFileSync(file, 'utf8'), file)
    if (secrets !== undefined) return secrets
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  // A new one would break every link that is out, and this is seldom what was meant.
  throw new StartupError(
    `${file} holds no secret. Put it back from a backup, so that links made before go on working, or remove the file, and a new secret is made.`,
  )
}

// Written beside it and moved over it: whoever reads, or loses power, has the old or the new ones.
function keep(dataPath: string, secrets: SigningSecrets): SigningSecrets {
  const file = fileIn(dataPath)
  const draft = `${file}.${process.pid}`
  try {
    const handle = openSync(draft, 'w', 0o600)
    try {
      writeSync(handle, `${secrets.join('\n')}\n`)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
  return secrets
}
