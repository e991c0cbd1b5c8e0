import type { Secrets } from './secrets.ts'

const words = ['name', 'message', 'code', 'stack'] as const
const mostLength = 2_000
const mostCauses = 8

/**
 * What was thrown by its words alone, without the secrets in them, and what caused it likewise. A fetch
 * that the owner wrote may throw its whole request, and a log prints all that an error holds.
 */
export function tellable(thrown: unknown, secrets: Secrets, depth = 0): Error {
  const told = new Error()
  const say = (name: (typeof words)[number], value: string): void => {
    Object.defineProperty(told, name, { value: secrets.beginningOf(value, mostLength) })
  }
  try {
    if (typeof thrown === 'string') say('message', thrown)
    const parts = Object(thrown) as Record<string, unknown> & { errors?: unknown[] }
    for (const name of words) {
      const value = parts[name]
      if (typeof value === 'string') say(name, value)
    }
    const { cause, errors } = parts
    const reason = cause ?? errors?.[0]
    if (reason !== undefined && depth < mostCauses) {
      told.cause = tellable(reason, secrets, depth + 1)
    }
  } catch {
    // A part of it cannot be read. What was read is told.
  }
  return told
}

/** The first cause, which fetch hides one or two causes deep: "fetch failed", by "connect ECONNREFUSED". */
export function reasonOf(told: Error): string {
  const { cause } = told as { cause?: Error }
  return cause?.message ? reasonOf(cause) : told.message
}
