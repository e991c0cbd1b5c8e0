import type { ConfigFile } from '../config/config-file.ts'
import { addressOf } from '../config/upstreams-config.ts'

/** The upstreams of a configuration that is valid, a line each: where they are, and what they make. */
export function describeUpstreams(config: ConfigFile): string[] {
  const lines = Object.entries(config.upstreams).map(([name, upstream]) => {
    const { adapter, concurrency, requests_per_minute: perMinute } = upstream
    const models = config.models.filter(({ routes }) =>
      routes.some((route) => route.upstream === name),
    )
    const limits = [
      ...(concurrency === undefined ? [] : [`${concurrency} at once`]),
      ...(perMinute === undefined ? [] : [`${perMinute} a minute`]),
    ]
    const what =
      models.length === 0 ? 'no model goes there' : `makes ${models.map(({ id }) => id).join(', ')}`
    const most = limits.length === 0 ? '' : `, at most ${limits.join(' and ')}`
    return `  ${name}: ${adapter} at ${addressOf(upstream)}${most}; ${what}`
  })
  return lines.length === 0 ? [] : ['Its upstreams, which are not asked now:', ...lines]
}
