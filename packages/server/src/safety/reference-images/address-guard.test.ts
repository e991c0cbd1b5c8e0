import { expect, test } from 'vitest'
import { classifyAddress, createAddressGuard } from './address-guard.ts'

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

test('an entry with a port allows this port, one without only the usual ones', () => {
  const guard = createAddressGuard({
    allowHosts: ['Media.Internal', 'minio.internal:9000', '[::1]:9000', '127.1'],
    allowedPorts: [80, 443],
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
    expect(() => createAddressGuard({ allowHosts: [entry], allowedPorts: [] }), entry).toThrow(
      'not a host',
    )
  }
})
