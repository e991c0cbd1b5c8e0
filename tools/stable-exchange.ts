import { recordedUrl } from './examples-module.ts'

const stableHeaders = [
  'X-Request-Id',
  'X-Generation-Id',
  'X-Billed',
  'X-Should-Retry',
  'Retry-After',
  'Retry-After-Ms',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'Idempotent-Replayed',
]

/** What a value becomes that is different in each run. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/req_[0-9a-zA-Z_-]+/g, 'req_0198c6a2f4b07c3e9a51d2e6b8f05678'],
  [/gen_(?![0-9a-f]{28}dead)[0-9a-f]{32}/g, 'gen_0198c6a2f4b07c3e9a51d2e6b8f01234'],
  [/"created_at":"[^"]*"/g, '"created_at":"2026-11-22T18:00:00.000Z"'],
  [/"deletes_at":"[^"]*"/g, '"deletes_at":"2026-12-22T18:00:00.000Z"'],
  [/Try again in \d+ s\b/g, 'Try again in 42 s'],
  [/\bexp=\d+/g, 'exp=1797962400'],
  [/\bsig=[\w%-]+/g, 'sig=k3Qn0c9TqYw5mB7vXr2LhA'],
]

/** The same data with ids, instants, signatures, counters and the server's address made stable. */
export function stable<T extends object>(recorded: T, baseURL: string): T {
  let text = JSON.stringify(recorded, (name, value: unknown) =>
    name === 'headers' && isHeaders(value) ? contractHeaders(value) : value,
  ).replaceAll(baseURL, recordedUrl)
  for (const [pattern, replacement] of replacements) text = text.replace(pattern, replacement)
  return JSON.parse(text) // The same shape as what went in; JSON.parse answers any.
}

function isHeaders(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null
}

/** Request headers as they were written; of the response headers, those of the contract, in its order. */
function contractHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  if (Object.keys(headers).some((name) => /[A-Z]/.test(name))) return { ...headers }
  const kept = stableHeaders.flatMap((name): [string, string][] => {
    const value = headers[name.toLowerCase()]
    return value === undefined ? [] : [[name, steady(name, value)]]
  })
  return Object.fromEntries(kept)
}

// The clock decides these; a plausible value is shown instead. Short waits are constants of the server.
function steady(name: string, value: string): string {
  if (name === 'X-RateLimit-Reset') return '1795370460'
  if (name === 'Retry-After' && Number(value) > 10) return '42'
  return name === 'Retry-After-Ms' && Number(value) > 10_000 ? '41640' : value
}
