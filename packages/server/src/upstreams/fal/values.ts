/** The value that a text holds as JSON; undefined if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The fields of an object; none if it is something else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  // An object that is no list has fields of unknown values.
  return value as Record<string, unknown>
}

/** Whether a value is an address that files can be fetched from or sent to. */
export function isWebAddress(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 4096 || !URL.canParse(value)) return false
  return /^https?:$/u.test(new URL(value).protocol)
}
