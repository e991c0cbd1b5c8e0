import { createHash } from 'node:crypto'

/**
 * The id under which ComfyUI runs a job: a UUID made of the attempt's id and of nothing else, so that
 * any process can look it up after a crash.
 */
export function promptIdOf(attemptId: string): string {
  const own = /^att_([\da-f]{32})$/.exec(attemptId)?.[1]
  const hex = own ?? createHash('sha256').update(attemptId).digest('hex').slice(0, 32)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Whether an id may stand in the path of an address. */
export function isPromptId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w.-]{1,200}$/.test(id) && !/^\.+$/.test(id)
}

/**
 * What the names of a job's files begin with. With a prefix of its own a job never gets the file of
 * an earlier one whose graph was the same; without a folder in it the file can be found by its name.
 */
export function filePrefixOf(promptId: string): string {
  return `filmgate_${promptId}`
}
