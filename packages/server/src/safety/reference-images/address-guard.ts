import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * How far an address may be trusted: `public` for everyone, `private` only for hosts that the
 * operator listed, `never` for nobody.
 */
export type AddressClass = 'public' | 'private' | 'never'

// Addresses where cloud providers hand out credentials. Most lie in link-local space, which is
// refused anyway; these do not, and one of them (168.63.129.16, Azure) looks like a public host.
const metadataAddresses = new Set([
  '169.254.169.254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
])

const privateRanges = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat'])

/**
 * Classifies a resolved address. Anything that is not plainly a unicast host on the public internet
 * is refused, including every IPv6 form that carries an IPv4 address inside (mapped, compatible,
 * NAT64, 6to4, Teredo): a translator on the way could turn those into a private address.
 */
export function classifyAddress(address: string): AddressClass {
  if (isIP(address) === 0 || address.includes('%')) return 'never'
  const parsed = ipaddr.parse(address)
  if (metadataAddresses.has(parsed.toString())) return 'never'
  const range = parsed.range()
  if (privateRanges.has(range)) return 'private'
  if (range !== 'unicast') return 'never'
  // Only 2000::/3 is handed out. This also covers the old ::a.b.c.d form, which the library
  // counts as ordinary unicast.
  if (parsed instanceof ipaddr.IPv6 && ((parsed.parts[0] ?? 0) & 0xe000) !== 0x2000) return 'never'
  return 'public'
}

/** Decides which hosts, ports and addresses may be connected to. */
export interface AddressGuard {
  /** Whether the operator listed this host (with this port, if the entry names one). */
  isListedHost(hostname: string, port: number): boolean
  isAllowedPort(hostname: string, port: number): boolean
  isAllowedAddress(address: string, listed: boolean): boolean
}

export interface AddressGuardSettings {
  allowHosts: readonly string[]
  allowedPorts: readonly number[]
  /** Replaced in tests only, where "public" hosts have to be on this machine. */
  classify?: (address: string) => AddressClass
}

/** The guard behind reference images; webhooks can be held to the same rules with it. */
export function createAddressGuard(settings: AddressGuardSettings): AddressGuard {
  const classify = settings.classify ?? classifyAddress
  const ports = new Set(settings.allowedPorts)
  const listed = new Set(settings.allowHosts.map(toListEntry))
  const isNamedWithPort = (hostname: string, port: number) => listed.has(`${hostname}:${port}`)

  return {
    isListedHost: (hostname, port) => listed.has(hostname) || isNamedWithPort(hostname, port),
    isAllowedPort: (hostname, port) => ports.has(port) || isNamedWithPort(hostname, port),
    isAllowedAddress(address, isListed) {
      const found = classify(address)
      return found === 'public' || (isListed && found === 'private')
    },
  }
}

/** Whether an entry of `allowHosts` is a host, or a host and a port. */
export function isHostEntry(entry: string): boolean {
  const url = parseEntry(entry)
  return url !== undefined && url.hostname !== '' && url.href === `ftp://${url.host}/`
}

// ftp is parsed like http, but its default port is 21, so that :80 and :443 are kept.
function parseEntry(entry: string): URL | undefined {
  return toUrl(`ftp://${entry}`)
}

/** Brings an entry to the form in which the URL parser writes hosts. Throws on what is not a host. */
function toListEntry(entry: string): string {
  const url = parseEntry(entry)
  if (url === undefined || !isHostEntry(entry)) {
    throw new TypeError(`not a host or host:port: ${entry}`)
  }
  const hostname = normalHostname(url)
  return url.port === '' ? hostname : `${hostname}:${url.port}`
}

/** Host of a URL without the brackets of IPv6 and without the trailing dot of an absolute name. */
export function normalHostname(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

/** The parsed URL, or undefined; the constructor throws. */
export function toUrl(text: string, base?: URL): URL | undefined {
  return URL.canParse(text, base?.href) ? new URL(text, base) : undefined
}
