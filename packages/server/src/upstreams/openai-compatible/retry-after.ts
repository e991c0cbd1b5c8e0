/** Header names are in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The wait that an answer names, in milliseconds; undefined where it names none that makes sense. */
export function toRetryAfter(headers: Headers, now: number): number | undefined {
  const exact = toNumber(headers['retry-after-ms'])
  if (exact !== undefined) return within(exact)
  const seconds = toNumber(headers['retry-after'])
  if (seconds !== undefined) return within(seconds * 1000)
  const date = headers['retry-after']
  // Only a whole HTTP date: Date.parse reads much else as one.
  if (typeof date !== 'string' || !/^\w{3}, \d{2} \w{3} \d{4} [\d:]{8} GMT$/u.test(date))
    return undefined
  return within(Date.parse(date) - now)
}

const dayMs = 24 * 60 * 60 * 1000

function within(ms: number): number | undefined {
  return ms > 0 && ms <= dayMs ? Math.ceil(ms) : undefined
}

function toNumber(value: string | readonly string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,9}(?:\.\d{1,6})?$/u.test(value)
    ? Number(value)
    : undefined
}
