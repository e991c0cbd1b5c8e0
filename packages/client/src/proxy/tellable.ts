import { isPlain } from './is-record.ts'
import type { Secrets } from './secrets.ts'

// The errors of runtimes have some twenty, with their causes.
const mostParts = 500

/**
 * What was thrown, where a log that prints all of it shows no secret. Else an error that has only its
 * name and its words, without the secrets: a fetch that the owner wrote may throw its whole request.
 */
export function tellable(thrown: unknown, secrets: Secrets): unknown {
  try {
    if (isOpen(thrown, secrets)) return thrown
  } catch {
    // A part of it fails when it is looked at, as it would in a log.
  }
  const { name, message } = wordsOf(thrown)
  const told = new Error(secrets.beginningOf(message, 1_000))
  told.name = secrets.beginningOf(name, 100)
  return told
}

/** Whether all parts of it could be seen, and none has a secret. */
function isOpen(thrown: unknown, secrets: Secrets): boolean {
  // Grows while it is walked; a part that is met again is walked once.
  const parts = new Set([thrown])
  for (const part of parts) {
    if (parts.size > mostParts || !isTransparent(part)) return false
    if (!isObject(part)) {
      if (secrets.areIn(String(part))) return false
      continue
    }
    // What errors have of their class is printed as well.
    if (part instanceof Error) for (const each of [part.name, part.message]) parts.add(each)
    for (const name of Reflect.ownKeys(part)) parts.add(name).add(Reflect.get(part, name))
  }
  return true
}

// A Request, and much else that belongs to a class, shows what none of its properties has; so may an
// error whose class says how it is printed.
function isTransparent(part: unknown): boolean {
  if (!isObject(part)) return typeof part !== 'function'
  if (part instanceof Error) return !printers.some((name) => name in part)
  return Array.isArray(part) || isPlain(part)
}

const printers = ['toJSON', ...['nodejs.util.inspect.custom', 'Deno.customInspect'].map(Symbol.for)]

function isObject(part: unknown): part is object {
  return typeof part === 'object' && part !== null
}

function wordsOf(thrown: unknown): { name: string; message: string } {
  try {
    const { name, message } = Object(thrown) as Partial<Record<string, unknown>>
    if (typeof message === 'string') {
      return { name: typeof name === 'string' ? name : 'Error', message }
    }
    return {
      name: 'Error',
      message: isObject(thrown) ? 'What was thrown is no error.' : String(thrown),
    }
  } catch {
    return { name: 'Error', message: 'What was thrown cannot be read.' }
  }
}
