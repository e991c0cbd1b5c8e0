import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { StartupError } from '../storage/startup-error.ts'
import { ConfigFile } from './config-file.ts'
import type { Rules } from './describe-value.ts'
import { defaultFlags } from './flags.ts'
import { loadConfig } from './load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'filmgate-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function load(content: unknown) {
  const config = join(folder, 'own.json')
  writeFileSync(config, JSON.stringify(content))
  return loadConfig({ ...defaultFlags, config }, {})
}

const model = {
  id: 'x',
  type: 'image',
  unit_prices: { '1K': 1 },
  routes: [{ upstream: 'sandbox' }],
}

describe('defaults', () => {
  test('fill in what the file leaves out, whole groups and single settings', () => {
    const { file, logLevel, corsOrigins } = load({ limits: { connections: 50 } })
    expect({ logLevel, corsOrigins }).toEqual({ logLevel: 'info', corsOrigins: [] })
    expect(file.limits).toEqual({
      connections: 50,
      bodies_mebibytes: 256,
      bodies_per_workspace_mebibytes: 64,
    })
    expect(file.drain_seconds).toBe(20)
    expect(file.retention).toEqual({ files_seconds: 2_592_000, prompts: false })
    expect(file.models).toEqual([])
  })

  test('fill in what an entry of a list leaves out', () => {
    const { safety } = load({ safety: { http_classifiers: [{ name: 'own', url: 'http://x/' }] } })
    expect(safety.settings.httpClassifiers).toEqual([
      { name: 'own', url: 'http://x/', timeoutMs: 5000 },
    ])
  })
})

test('every setting has a sentence for the docs', () => {
  const silent = settingsOf('', ConfigFile).filter(([, rules]) => rules.description === undefined)
  expect(silent.map(([path]) => path)).toEqual([])
  expect(settingsOf('', ConfigFile).map(([path]) => path)).toContain('models.routes.upstream')
})

function settingsOf(path: string, rules: Rules): [string, Rules][] {
  return Object.entries(rules.properties ?? {}).flatMap(([name, each]) => {
    const own = path === '' ? name : `${path}.${name}`
    return [[own, each] as [string, Rules], ...settingsOf(own, each.items ?? each)]
  })
}

describe('what is wrong is told by place, with what is right', () => {
  const service = { name: 'own', url: 'http://127.0.0.1:9/' }
  const faults: [string, unknown, string][] = [
    [
      'an unknown setting',
      { limits: { conections: 5 } },
      'limits: there is no setting conections; there is connections, bodies_mebibytes, bodies_per_workspace_mebibytes.',
    ],
    [
      'an unknown setting at the top',
      { retension: {} },
      'the top: there is no setting retension; there is public_url, log_level, ',
    ],
    [
      'a time in the form of another program',
      { retention: { files_seconds: '30d' } },
      'retention.files_seconds: it must be a whole number of seconds from 1 to 316224000, not "30d".',
    ],
    ['a number out of range', { drain_seconds: 0 }, 'drain_seconds: it must be a whole number of '],
    [
      'a word that is none of those',
      { log_level: 'loud' },
      'log_level: it must be one of debug, info, warn, error, silent, not "loud".',
    ],
    [
      'an id with capitals',
      { models: [{ ...model, id: 'House Style' }] },
      'models.0.id: it must be 1 to 64 lower-case letters, digits, dots, underscores and hyphens, ',
    ],
    ['a model without a price', { models: [{ id: 'x', type: 'image' }] }, 'models.0: it needs '],
    [
      'a resolution that does not exist',
      { models: [{ ...model, unit_prices: { '8K': 1 } }] },
      'models.0.unit_prices: it must be an object of prices from 0 to 1000, by 1K, 2K, 4K ',
    ],
    [
      'a price below nothing',
      { models: [{ ...model, unit_prices: { '1K': -1 } }] },
      'models.0.unit_prices.1K: it must be a number from 0 to 1000, not -1.',
    ],
    ['an object for a list', { models: {} }, 'models: it must be a list of at most 500, each an '],
    [
      'a list that is empty',
      { models: [{ ...model, routes: [] }] },
      'models.0.routes: it must be a list of 1 to 8 entries, each an object.',
    ],
    ['a number for origins', { cors_origins: 5 }, 'cors_origins: it must be "*" or a list of '],
    [
      'a threshold',
      { safety: { thresholds: { 'violence/graphic': '2' } } },
      'safety.thresholds.violence/graphic: it must be a number from 0 to 2, not "2".',
    ],
    ['a list at the top', [], 'the top: it must be an object, not a list.'],
  ]
  test.each(faults)('%s', (_what, content, sentence) => {
    expect(() => load(content)).toThrow(StartupError)
    expect(() => load(content)).toThrow(`own.json is wrong at ${sentence}`)
  })

  test.each(['sk-secret', { env: 'sk-secret' }])('%j for a key, which is not repeated', (key) => {
    const content = { safety: { http_classifiers: [{ ...service, api_key: key }] } }
    expect(() => load(content)).toThrow(
      /api_key: it must be an object such as|api_key\.env: it must be the name of an environment/,
    )
    expect(() => load(content)).not.toThrow('sk-secret')
  })

  test('a model with the name of a built-in one', () => {
    expect(() => load({ models: [{ ...model, id: 'sandbox-image' }] })).toThrow(
      /the id sandbox-image, which is one of the built-in sandbox models\. Choose another/,
    )
  })

  test('two models of one name', () => {
    expect(() => load({ models: [model, model] })).toThrow('the model id x twice')
  })
})
