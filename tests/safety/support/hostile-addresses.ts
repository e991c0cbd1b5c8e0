/** One hostile `images[].url`: what it is, and the words of the refusal. */
export interface HostileUrl {
  name: string
  url: string
  says: string
}

const forbidden = 'points to an address that this server does not fetch from'
const notPublic = 'has a host name that does not lead to a public internet address'

const literals: Record<string, string> = {
  loopback: '127.0.0.1',
  'loopback elsewhere in 127/8': '127.8.9.10',
  'short loopback': '127.1',
  'decimal loopback': '2130706433',
  'hexadecimal loopback': '0x7f000001',
  'mixed hexadecimal loopback': '0x7f.0.0.1',
  'octal loopback': '0177.0.0.1',
  'long octal loopback': '017700000001',
  'padded loopback': '127.000.000.001',
  'loopback with trailing dot': '127.0.0.1.',
  'loopback in circled digits': '①②⑦.⓪.⓪.①',
  'loopback in full-width digits': '１２７.0.0.1',
  'loopback with ideographic stops': '127。0。0。1',
  'percent-encoded loopback': '%31%32%37.0.0.1',
  'loopback with a soft hyphen': '127.0.0.\u00AD1',
  zero: '0',
  unspecified: '0.0.0.0',
  'this network': '0.1.2.3',
  'private 10/8': '10.0.0.5',
  'private 172.16/12, first': '172.16.0.1',
  'private 172.16/12, last': '172.31.255.255',
  'private 192.168/16': '192.168.1.1',
  'private, decimal': '3232235777',
  'link-local metadata': '169.254.169.254',
  'link-local metadata, decimal': '2852039166',
  'link-local metadata, hexadecimal': '0xa9fea9fe',
  'carrier-grade NAT': '100.64.0.1',
  'metadata in carrier-grade NAT': '100.100.100.200',
  'metadata at a public-looking address': '168.63.129.16',
  'metadata in a protocol range': '192.0.0.192',
  'documentation 1': '192.0.2.1',
  'documentation 2': '198.51.100.1',
  'documentation 3': '203.0.113.1',
  benchmark: '198.18.0.1',
  '6to4 relay': '192.88.99.1',
  multicast: '224.0.0.1',
  'multicast, discovery': '239.255.255.250',
  reserved: '240.0.0.1',
  broadcast: '255.255.255.255',
  'IPv6 loopback': '[::1]',
  'IPv6 loopback, long': '[0:0:0:0:0:0:0:1]',
  'IPv6 unspecified': '[::]',
  'IPv4-mapped': '[::ffff:127.0.0.1]',
  'IPv4-mapped, hexadecimal': '[::ffff:7f00:1]',
  'IPv4-mapped, private': '[::ffff:10.0.0.1]',
  'IPv4-compatible': '[::127.0.0.1]',
  'IPv4-translated': '[::ffff:0:127.0.0.1]',
  NAT64: '[64:ff9b::7f00:1]',
  'local NAT64': '[64:ff9b:1::7f00:1]',
  '6to4': '[2002:7f00:1::]',
  Teredo: '[2001:0:7f00:1::]',
  'unique local': '[fc00::1]',
  'metadata, unique local': '[fd00:ec2::254]',
  'IPv6 link-local': '[fe80::1]',
  'site-local': '[fec0::1]',
  'IPv6 multicast': '[ff02::1]',
  'IPv6 documentation': '[2001:db8::1]',
  'IPv6 documentation 2': '[3fff::1]',
  discard: '[100::1]',
  ORCHID: '[2001:20::1]',
  'not handed out': '[4000::1]',
  localhost: 'localhost',
  'localhost in capitals': 'LOCALHOST',
  'localhost with trailing dot': 'localhost.',
  'below localhost': 'picture.localhost',
  'cluster name': 'db.default.svc.cluster.local',
  'metadata name': 'metadata.google.internal',
  'single label': 'intranet',
  'name of an intranet': 'wiki.intranet',
  'name of a home': 'printer.lan',
  'name of a home, as reserved': 'router.home.arpa',
  'name of a host nearby': 'printer.local',
  'hosts file name': 'ip6-loopback',
  'onion name': 'abcdefghijklmnop.onion',
}

/** Every literal spelling and local name, on the port where the tripwire listens. */
export function literalUrls(port: number): HostileUrl[] {
  return Object.entries(literals).map(([name, host]) => ({
    name,
    url: `http://${host}:${port}/picture.png`,
    says: forbidden,
  }))
}

/** What a name resolves to in the tests; `stall` never answers and `missing` does not exist. */
export const names: Record<string, readonly string[] | 'stall' | 'missing'> = {
  'loopback.example': ['127.0.0.1'],
  'loopback6.example': ['::1'],
  'private.example': ['10.1.2.3'],
  'metadata.example': ['169.254.169.254'],
  'mapped.example': ['::ffff:7f00:1'],
  'compatible.example': ['::7f00:1'],
  'nat64.example': ['64:ff9b::7f00:1'],
  'zone.example': ['fe80::1%lo'],
  'mixed.example': ['93.184.216.34', '10.0.0.1'],
  'mixed6.example': ['2606:4700::1111', '::1'],
  'garbage.example': ['not an address'],
  'empty.example': [],
  'missing.example': 'missing',
  'stall.example': 'stall',
}

export function namedUrls(port: number): HostileUrl[] {
  return Object.entries(names).map(([host, answer]) => ({
    name: `name: ${host}`,
    url: `http://${host}:${port}/picture.png`,
    says: answer === 'stall' ? 'could not be fetched' : notPublic,
  }))
}

/** Forms that are refused before any host comes into it. */
export function formUrls(port: number): HostileUrl[] {
  const scheme = 'does not have an http, https or data address'
  const invalid = 'does not have a valid web address'
  const credentials = 'has a user name or password in its address'
  const wrongPort = 'has a port in its address'
  return [
    { name: 'file', url: 'file:///etc/passwd', says: scheme },
    { name: 'ftp', url: `ftp://127.0.0.1:${port}/a.png`, says: scheme },
    { name: 'gopher', url: `gopher://127.0.0.1:${port}/_x`, says: scheme },
    { name: 'javascript', url: 'javascript:alert(1)', says: scheme },
    { name: 'blob', url: 'blob:https://good.example/1', says: scheme },
    { name: 'websocket', url: `ws://127.0.0.1:${port}/`, says: scheme },
    { name: 'empty', url: '', says: invalid },
    { name: 'no host', url: 'http://', says: invalid },
    { name: 'relative', url: '/etc/passwd', says: invalid },
    { name: 'scheme-relative', url: `//127.0.0.1:${port}/`, says: invalid },
    { name: 'number out of range', url: `http://256.1.1.1:${port}/`, says: invalid },
    { name: 'unclosed bracket', url: `http://[::1:${port}/`, says: invalid },
    { name: 'IPv6 zone', url: `http://[fe80::1%25lo]:${port}/`, says: invalid },
    { name: 'port out of range', url: 'http://good.example:99999/', says: invalid },
    { name: 'without slashes', url: `http:127.0.0.1:${port}`, says: forbidden },
    { name: 'backslashes', url: `http:\\\\127.0.0.1:${port}\\a`, says: forbidden },
    { name: 'line break in it', url: `ht\ntp://127.0.0.1:${port}/`, says: forbidden },
    {
      name: 'host after fragment',
      url: `http://127.0.0.1:${port}#@good.example/`,
      says: forbidden,
    },
    { name: 'credentials', url: `http://user:secret@127.0.0.1:${port}/`, says: credentials },
    { name: 'host as user', url: `http://good.example@127.0.0.1:${port}/`, says: credentials },
    { name: 'port of SSH', url: 'http://public.example:22/', says: wrongPort },
    { name: 'port of mail', url: 'http://public.example:25/', says: wrongPort },
    { name: 'port of a database', url: 'http://public.example:6379/', says: wrongPort },
    {
      name: '9,000 characters',
      url: `http://public.example/${'a'.repeat(9000)}`,
      says: 'longer than',
    },
  ]
}
