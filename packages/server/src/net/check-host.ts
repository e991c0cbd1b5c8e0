import { isIP } from 'node:net'
import { normalHostname, type AddressGuard } from './address-guard.ts'
import type { Host } from './resolve-host.ts'

/** The host of a web address that passed every check which needs no look-up. */
export interface CheckedHost extends Host {
  port: number
}

/** Holds host and port of an http or https URL to the guard; answers which of them is refused. */
export function checkHost(url: URL, guard: AddressGuard): CheckedHost | 'host' | 'port' {
  const hostname = normalHostname(url)
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port)
  const isListed = guard.isListedHost(hostname, port)
  if (!isListed && isForbiddenHost(hostname, guard)) return 'host'
  return guard.isAllowedPort(hostname, port) ? { hostname, port, isListed } : 'port'
}

// Names that only mean something inside a network. They are not even looked up, because whether
// they exist is nobody's business.
const localSuffixes = ['localhost', 'local', 'internal', 'intranet', 'lan', 'home.arpa', 'onion']

function isForbiddenHost(hostname: string, guard: AddressGuard): boolean {
  if (isIP(hostname) !== 0) return !guard.isAllowedAddress(hostname, false)
  const labels = hostname.split('.')
  if (labels.length < 2 || labels.includes('')) return true
  return localSuffixes.some((suffix) => hostname === suffix || hostname.endsWith(`.${suffix}`))
}
