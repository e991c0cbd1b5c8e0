import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { StartupError } from '../storage/startup-error.ts'
import { defaultFlags } from './flags.ts'
import { loadConfig } from './load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'filmgate-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function load(safety: object) {
  const config = join(folder, 'filmgate.config.json')
  writeFileSync(config, JSON.stringify({ safety }))
  return loadConfig({ ...defaultFlags, config }, { OWN_KEY: 'k' })
}

const service = { name: 'own', url: 'http://127.0.0.1:9/' }

test.each([
  [
    'two services of the same name',
    { http_classifiers: [service, service] },
    / own stands for two safety checks/,
  ],
  [
    'a service with the name of a built-in check',
    { moderation_endpoints: [{ ...service, name: 'prompt-rules' }] },
    / prompt-rules stands for two safety checks/,
  ],
  [
    'a service without an address',
    { http_classifiers: [{ ...service, url: 'http://' }] },
    /http_classifiers/,
  ],
  [
    'a service at a port that does not exist',
    { http_classifiers: [{ ...service, url: 'http://127.0.0.1:99999/' }] },
    /own.*http:\/\/127\.0\.0\.1:99999\//,
  ],
  [
    'a key that is not set',
    { http_classifiers: [{ ...service, api_key: { env: 'NO_SUCH_KEY' } }] },
    /own.*NO_SUCH_KEY/,
  ],
  [
    'an address instead of an own host',
    { reference_images: { allow_hosts: ['http://media.internal/'] } },
    /allow_hosts.*http:\/\/media\.internal\//,
  ],
  [
    'a network instead of an own host',
    { reference_images: { allow_hosts: ['10.0.0.0/8'] } },
    /allow_hosts.*10\.0\.0\.0\/8/,
  ],
  [
    'a name instead of own addresses',
    { reference_images: { deny_addresses: ['203.0.113.0/24', 'www.example.com'] } },
    /deny_addresses.*not www\.example\.com/,
  ],
  [
    'a range of own addresses with more bits than there are',
    { reference_images: { deny_addresses: ['203.0.113.0/33'] } },
    /deny_addresses.*not 203\.0\.113\.0\/33/,
  ],
  [
    'results to be checked and nothing that looks at results',
    { outputs: true, http_classifiers: [{ ...service, stages: ['prompt', 'image'] }] },
    /outputs/,
  ],
])('%s: the gateway does not start, and says why', (_what, safety, message) => {
  expect(() => load(safety)).toThrow(StartupError)
  expect(() => load(safety)).toThrow(message)
})

test('services apply to every workspace, with what they were given and nothing else', () => {
  const { policy, settings, references } = load({
    outputs: true,
    on_failure: 'open',
    http_classifiers: [{ ...service, api_key: { env: 'OWN_KEY' }, timeout_ms: 700 }],
    reference_images: {
      allow_hosts: ['media.internal', 'minio.internal:9000', '[::1]:80'],
      deny_addresses: ['203.0.113.0/24', '2001:db8::1'],
    },
  }).safety
  expect(policy).toMatchObject({
    outputs: true,
    onFailure: 'open',
    checks: ['prompt-rules', 'own'],
  })
  expect(settings.httpClassifiers).toEqual([{ ...service, apiKey: 'k', timeoutMs: 700 }])
  expect(references).toEqual({
    maxBytes: 20 * 1024 * 1024,
    maxPixels: 40_000_000,
    timeoutMs: 10_000,
    allowHosts: ['media.internal', 'minio.internal:9000', '[::1]:80'],
    denyAddresses: ['203.0.113.0/24', '2001:db8::1'],
  })
})
