import { expect, test } from 'vitest'
import { classifyAddress, createAddressGuard, normalHostname } from './address-guard.ts'
import { parseImageUrl } from '../safety/reference-images/parse-image-url.ts'

const nothingListed = { allowHosts: [], allowedPorts: [], denyAddresses: [] }

test('plain hosts on the public internet are public, of both families', () => {
  for (const address of ['8.8.8.8', '93.184.216.34', '2606:4700::1111', '2a00:1450::8b']) {
    expect(classifyAddress(address), address).toBe('public')
  }
})

test('what an operator may list is private, and nothing else', () => {
  for (const address of [
    '127.0.0.1',
    '10.0.0.1',
    '172.20.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '::1',
    'fd12::1',
  ]) {
    expect(classifyAddress(address), address).toBe('private')
  }
})

test('metadata, translation forms, reserved ranges and non-addresses are never allowed', () => {
  for (const address of [
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    'fd00:ec2::254',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::ffff:8.8.8.8',
    '::8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::',
    '2001:0:808:808::',
    'fe80::1',
    'fe80::1%eth0',
    'localhost',
    '',
    '127.1',
  ]) {
    expect(classifyAddress(address), address).toBe('never')
  }
})

/** Where clouds hand out credentials, and every way to write it that a look-up or a URL may bring. */
const metadata: [string, string[], string[]][] = [
  [
    'AWS, Google, Azure and others',
    ['169.254.169.254'],
    ['2852039166', '0xa9fea9fe', '0xa9.0xfe.0xa9.0xfe', '0251.0376.0251.0376', '169.254.43518'],
  ],
  [
    'AWS containers',
    ['169.254.170.2', '169.254.170.23'],
    ['2852039170', '0xa9feaa17', '0251.0376.0252.02'],
  ],
  [
    'Alibaba',
    ['100.100.100.200'],
    ['1684301000', '0x646464c8', '0144.0144.0144.0310', '100.6579400', '100.100.100.200.'],
  ],
  [
    'Azure',
    ['168.63.129.16'],
    ['2822734096', '0xa83f8110', '0250.077.0201.020', '168.4161808', '168.63.33040'],
  ],
  ['Oracle', ['192.0.0.192'], ['3221225664', '0xc00000c0', '0300.0.0.0300', '192.192']],
  [
    'AWS over IPv6',
    ['fd00:ec2::254', 'FD00:EC2::254', 'fd00:0ec2:0000:0000:0000:0000:0000:0254'],
    ['[fd00:ec2::254]', '[FD00:EC2:0:0::0254]', '[fd00:ec2::0.0.2.84]'],
  ],
  [
    'AWS pods over IPv6',
    ['fd00:ec2::23', 'FD00:EC2::23', 'fd00:0ec2:0000:0000:0000:0000:0000:0023'],
    ['[fd00:ec2::23]', '[FD00:EC2:0:0::0023]', '[fd00:ec2::0.0.0.35]'],
  ],
  [
    'Google over IPv6',
    ['fd20:ce::254', 'FD20:CE::254', 'fd20:00ce:0000:0000:0000:0000:0000:0254'],
    ['[fd20:ce::254]', '[FD20:CE:0:0::0254]', '[fd20:ce::0.0.2.84]'],
  ],
]

test.each(metadata)(
  'the credentials of %s are out of reach, also for a host that the operator listed',
  (_cloud, addresses, spellings) => {
    const guard = createAddressGuard({
      allowHosts: addresses.map((address) => (address.includes(':') ? `[${address}]` : address)),
      allowedPorts: [80, 443],
      denyAddresses: [],
    })
    for (const address of addresses) {
      expect(classifyAddress(address), address).toBe('never')
      expect(guard.isAllowedAddress(address, true), address).toBe(false)
    }
    const open = createAddressGuard({ ...nothingListed, allowedPorts: [80, 443] })
    for (const host of spellings) {
      const address = normalHostname(new URL(`http://${host}/`))
      expect(classifyAddress(address), host).toBe('never')
      expect(() => parseImageUrl(`http://${host}/`, open), host).toThrow('does not fetch from')
    }
  },
)

test('their neighbours are as private as any other: the control', () => {
  for (const address of ['100.100.100.201', 'fd00:ec2::255', 'fd20:ce::253']) {
    expect(classifyAddress(address), address).toBe('private')
  }
  expect(classifyAddress('168.63.129.17')).toBe('public')
})

test('an entry with a port allows this port, one without only the usual ones', () => {
  const guard = createAddressGuard({
    allowHosts: ['Media.Internal', 'minio.internal:9000', '[::1]:9000', '127.1'],
    allowedPorts: [80, 443],
    denyAddresses: [],
  })
  expect(guard.isListedHost('media.internal', 8080)).toBe(true)
  expect(guard.isAllowedPort('media.internal', 8080)).toBe(false)
  expect(guard.isListedHost('minio.internal', 9000)).toBe(true)
  expect(guard.isListedHost('minio.internal', 80)).toBe(false)
  expect(guard.isAllowedPort('minio.internal', 9000)).toBe(true)
  expect(guard.isListedHost('::1', 9000)).toBe(true)
  expect(guard.isListedHost('127.0.0.1', 80)).toBe(true)
})

test('an entry that is not a host is told at the start', () => {
  for (const entry of ['http://a.internal', 'a.internal/path', 'user@a.internal', '', 'a b']) {
    expect(() => createAddressGuard({ ...nothingListed, allowHosts: [entry] }), entry).toThrow(
      'not a host',
    )
  }
})

test.each<[string[], string[], string[]]>([
  [['93.184.216.34'], ['93.184.216.34'], ['93.184.216.33', '93.184.216.35']],
  [['93.184.216.0/22'], ['93.184.216.0', '93.184.219.255'], ['93.184.215.255', '93.184.220.0']],
  // What stands behind the bits that count is of no account.
  [['93.184.216.77/24'], ['93.184.216.1'], ['93.184.217.1']],
  [['::ffff:93.184.216.0/120'], ['93.184.216.34'], ['93.184.217.34']],
  [['::ffff:93.184.216.34'], ['93.184.216.34'], ['93.184.216.35']],
  [['2606:4700::/32'], ['2606:4700::1111', '2606:4700:FFFF::1'], ['2606:4701::1']],
  [['2606:4700::1111'], ['2606:4700:0:0::1111'], ['2606:4700::1112']],
  [['0.0.0.0/0'], ['93.184.216.34'], ['2606:4700::1111']],
  [['::/0'], ['2606:4700::1111'], ['93.184.216.34']],
  [['10.0.0.0/8', '93.184.216.34'], ['93.184.216.34', '10.1.2.3'], ['8.8.8.8']],
])('own addresses %j are never connected to, and those beside them are', (own, inside, outside) => {
  const guard = createAddressGuard({ ...nothingListed, denyAddresses: own })
  for (const address of inside) {
    expect(guard.isAllowedAddress(address, false), address).toBe(false)
    expect(guard.isAllowedAddress(address, true), address).toBe(false)
    expect(guard.isAllowedAddress(`::ffff:${address}`, true), address).toBe(false)
  }
  for (const address of outside) expect(guard.isAllowedAddress(address, false), address).toBe(true)
})

test('an own address that is none is told at the start', () => {
  const wrong = ['', 'example.com', '93.184.216.0/33', '93.184.216.0/', '93.184.216.0/1/2', '127.1']
  for (const entry of [...wrong, '93.184.216.0/-1', '2606::/129', 'fe80::1%eth0', '10.0.0.0/8 ']) {
    expect(() => createAddressGuard({ ...nothingListed, denyAddresses: [entry] }), entry).toThrow(
      'not an address or a range',
    )
  }
})
