import { CheckUnavailable } from './check.ts'

/** Readers for answers of services: whatever does not have the promised form counts as no answer. */
export function asRecord(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what)
  // Checked just now; the values stay unknown.
  return value as Record<string, unknown>
}

export function asArray(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw malformed(what)
  return value
}

export function asScore(value: unknown, what: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw malformed(what)
  return value
}

export function asBoolean(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw malformed(what)
  return value
}

/** Category names end up in logs and messages, so they have to be short and plain. */
export function asCategory(value: unknown): string {
  if (typeof value !== 'string' || !/^[a-zA-Z0-9][a-zA-Z0-9 _/.:-]{0,63}$/.test(value)) {
    throw malformed('category')
  }
  return value
}

function malformed(what: string): CheckUnavailable {
  return new CheckUnavailable(`the answer does not have the expected form: ${what}`)
}
