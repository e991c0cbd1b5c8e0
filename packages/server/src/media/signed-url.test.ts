import { expect, test } from 'vitest'
import { createUrlSigner } from './signed-url.ts'

const start = Date.UTC(2026, 10, 22)
let now = start
const options = {
  publicUrl: () => 'https://images.example.com',
  secrets: ['a-secret-of-sixteen'] as const,
  clock: () => now,
}
const signer = createUrlSigner(options)
const file = { generationId: 'gen_a', position: 0, expiresAt: start + 60_500 }

/** The parts of a link, as a request brings them. */
function partsOf(link: string) {
  const url = new URL(link)
  const [, , , generationId = '', position = ''] = url.pathname.split('/')
  const { exp = '', sig = '' } = Object.fromEntries(url.searchParams)
  return { generationId, position, exp, sig }
}

test('a link is valid until its second comes, and not after', () => {
  now = start
  const link = partsOf(signer.sign(file))
  expect(signer.isValid(link)).toBe(true)
  now = start + 59_999
  expect(signer.isValid(link)).toBe(true)
  now = start + 60_000
  expect(signer.isValid(link)).toBe(false)
})

test('the same file and time give the same link', () => {
  expect(signer.sign(file)).toBe(signer.sign({ ...file, expiresAt: file.expiresAt + 499 }))
})

test('no part of a link can be changed, left out or moved', () => {
  now = start
  const link = partsOf(signer.sign(file))
  const later = String(Number(link.exp) + 1)
  const changes = [
    { generationId: 'gen_b' },
    { position: '1' },
    { position: '00' },
    { exp: later },
    { exp: `${link.exp} ` },
    { exp: `0${link.exp}` },
    { exp: '' },
    { exp: '9e99' },
    { sig: '' },
    { sig: link.sig.slice(0, -1) },
    { sig: `${link.sig}A` },
    { sig: link.sig.toUpperCase() },
    { sig: 'ü'.repeat(link.sig.length) },
    { generationId: 'gen_a/0', position: '' },
  ]
  for (const change of changes) expect(signer.isValid({ ...link, ...change })).toBe(false)
  expect(signer.isValid(link)).toBe(true)
})

test('a link of another server is not valid here', () => {
  now = start
  const other = createUrlSigner({ ...options, secrets: ['another-secret-of-ours'] })
  expect(signer.isValid(partsOf(other.sign(file)))).toBe(false)
})

test('a link of an earlier secret goes on working, until that secret is left out', () => {
  now = start
  const link = partsOf(signer.sign(file))
  const [first] = options.secrets
  const overlapping = createUrlSigner({ ...options, secrets: ['the-new-secret-of-ours', first] })
  expect(overlapping.isValid(link)).toBe(true)
  const fresh = partsOf(overlapping.sign(file))
  expect(fresh.sig).not.toBe(link.sig)
  expect(overlapping.isValid(fresh)).toBe(true)
  const later = createUrlSigner({ ...options, secrets: ['the-new-secret-of-ours'] })
  expect(later.isValid(fresh)).toBe(true)
  expect(later.isValid(link)).toBe(false)
  now = start + 60_000
  expect(overlapping.isValid(link)).toBe(false)
})
