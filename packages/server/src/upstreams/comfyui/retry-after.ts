import type { HttpAnswer } from '../../net/http-client.ts'

/** The wait that an answer names, in milliseconds; undefined where it names none that can be read. */
export function retryAfterMs(headers: HttpAnswer['headers'], now: number): number | undefined {
  const value = headers['retry-after']
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const until = Date.parse(value)
  return Number.isNaN(until) ? undefined : Math.max(0, until - now)
}
