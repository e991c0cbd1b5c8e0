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
  /** Never connected to, not even for a listed host: addresses, or ranges such as `203.0.113.0/24`. */
  denyAddresses: readonly string[]
  /** Replaced in tests only, where "public" hosts have to be on this machine. */
  classify?: (address: string) => AddressClass
}

/** The guard behind reference images; webhooks can be held to the same rules with it. */
export function createAddressGuard(settings: AddressGuardSettings): AddressGuard {
  const classify = settings.classify ?? classifyAddress
  const ports = new Set(settings.allowedPorts)
  const listed = new Set(settings.allowHosts.map(toListEntry))
  const denied = settings.denyAddresses.map(toRange)
  const isNamedWithPort = (hostname: string, port: number) => listed.has(`${hostname}:${port}`)

  return {
    isListedHost: (hostname, port) => listed.has(hostname) || isNamedWithPort(hostname, port),
    isAllowedPort: (hostname, port) => ports.has(port) || isNamedWithPort(hostname, port),
    isAllowedAddress(address, isListed) {
      if (isInside(address, denied)) return false
      const found = classify(address)
      return found === 'public' || (isListed && found === 'private')
    },
  }
}

/** An address and how many of its bits count. */
type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Whether an entry of `denyAddresses` is an address, or a range of them. */
export function isRangeEntry(entry: string): boolean {
  return parseRange(entry) !== undefined
}

function toRange(entry: string): Range {
  const range = parseRange(entry)
  if (range === undefined) throw new TypeError(`not an address or a range of them: ${entry}`)
  return range
}

function parseRange(entry: string): Range | undefined {
  const [address = '', prefix, ...rest] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || address.includes('%') || rest.length > 0) return undefined
  const allBits = family === 4 ? 32 : 128
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined
  const bits = prefix === undefined ? allBits : Number(prefix)
  if (bits > allBits) return undefined
  const parsed = ipaddr.parse(address)
  // ::ffff:203.0.113.0/120 means 203.0.113.0/24, and what is asked about is unwrapped likewise.
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && bits >= mappedBits
    ? [parsed.toIPv4Address(), bits - mappedBits]
    : [parsed, bits]
}

const mappedBits = 96

function isInside(address: string, ranges: readonly Range[]): boolean {
  if (ranges.length === 0 || isIP(address) === 0 || address.includes('%')) return false
  const asked = ipaddr.process(address)
  // ipaddr refuses to compare the two families.
  return ranges.some(([range, bits]) => range.kind() === asked.kind() && asked.match(range, bits))
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
