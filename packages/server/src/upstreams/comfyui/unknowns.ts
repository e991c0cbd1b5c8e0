/** Of JSON that somebody else wrote: nothing is certain until it was looked at. */
export type Unknowns = Readonly<Record<string, unknown>>

/** The value as an object; undefined for anything else. */
export function toRecord(value: unknown): Unknowns | undefined {
  // What is an object and no list can be asked for any key.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Unknowns)
    : undefined
}

/** The value as a list; empty for anything else. */
export function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value as a text; empty for anything else. */
export function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** What the text says; undefined if it is no JSON, also not as Python writes it. */
export function parseJson(text: string): unknown {
  return parse(text) ?? parse(withoutNaN(text))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// A node that is never to be taken from the cache says so by a number that is none, and ComfyUI writes
// it into queue and history as NaN, which JSON does not have.
function withoutNaN(text: string): string {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
    found.startsWith('"') ? found : 'null',
  )
}
