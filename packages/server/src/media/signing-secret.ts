import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The secret that download links are signed with: the given one, or one made once and kept in the data folder. */
export function loadSigningSecret(dataPath: string, given: string | undefined): string {
  if (given !== undefined) return given
  const file = join(dataPath, 'signing-secret')
  try {
    const kept = readFileSync(file, 'utf8').trim()
    if (kept.length >= 16) return kept
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const made = randomBytes(32).toString('base64url')
  writeFileSync(file, `${made}\n`, { mode: 0o600 })
  return made
}
