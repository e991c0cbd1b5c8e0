import { statSync } from 'node:fs'

/**
 * A check that the database file and its log are still those of the first call. One that was removed
 * or replaced goes on taking what is written to it, and gives it to nobody: the next start finds
 * another. To be called where both are known to be open, inside a transaction. The check throws.
 */
export function sameFiles(file: string): () => void {
  const paths = [file, `${file}-wal`]
  let known: string[] | undefined
  return () => {
    const seen = paths.map(identityOf)
    known ??= seen
    const changed = paths.find((_path, index) => seen[index] !== known?.[index])
    if (changed === undefined) return
    throw new Error(
      `unable to open the file that ${changed} was: it was removed or replaced under the gateway. Put it back, or restart the gateway to go on without what it held`,
    )
  }
}

function identityOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? 'gone' : `${stats.dev}:${stats.ino}`
}
