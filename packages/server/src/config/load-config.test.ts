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

const gpu = { adapter: 'comfyui', base_url: 'http://127.0.0.1:8188' }

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
    expect(file.retention).toEqual({
      files_seconds: 2_592_000,
      rows_seconds: 34_560_000,
      prompts: false,
    })
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
      'limits: there is no setting conections (did you mean connections?); there is connections, bodies_mebibytes, bodies_per_workspace_mebibytes.',
    ],
    [
      'an unknown setting at the top',
      { retension: {} },
      'the top: there is no setting retension (did you mean retention?); there is public_url, log_level, ',
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
    [
      'an adapter that does not exist',
      { upstreams: { gpu: { adapter: 'confyui' } } },
      'upstreams.gpu.adapter: it must be one of comfyui, fal, openai-compatible, not "confyui" (did you mean comfyui?).',
    ],
    [
      'an upstream without its key',
      { upstreams: { fal: { adapter: 'fal' } } },
      'upstreams.fal: it needs api_key, such as { "env": "FAL_KEY" }.',
    ],
    [
      'a key in place of where it is',
      { upstreams: { fal: { adapter: 'fal', api_key: 'secret' } } },
      'upstreams.fal.api_key: it must be { "env": NAME } or { "file": PATH }, never the key itself.',
    ],
    [
      'an upstream with the name of the built-in one',
      { upstreams: { sandbox: gpu } },
      'upstreams.sandbox: sandbox is the built-in one. Choose another name.',
    ],
    [
      "a server of one's own without its address",
      { upstreams: { gpu: { adapter: 'openai-compatible' } } },
      'upstreams.gpu: it needs base_url, such as http://127.0.0.1:8080/v1, because openai-compatible is a server of your own.',
    ],
    [
      'an address without its scheme',
      { upstreams: { gpu: { ...gpu, base_url: '127.0.0.1:8188' } } },
      'upstreams.gpu.base_url: it must be an http or https address without user, query and fragment, such as http://127.0.0.1:8188, not "127.0.0.1:8188".',
    ],
    [
      'an address with a password, which is not repeated',
      { upstreams: { gpu: { ...gpu, base_url: 'http://me:secret@gpu/' } } },
      'upstreams.gpu.base_url: it must be an http or https address without user, query and fragment, such as http://127.0.0.1:8188.',
    ],
    [
      'a route to an upstream that does not exist',
      { upstreams: { 'gpu-1': gpu }, models: [{ ...model, routes: [{ upstream: 'gpu1' }] }] },
      'the model x: routes.0: there is no upstream gpu1 (did you mean gpu-1?); there is gpu-1, sandbox.',
    ],
    [
      'a route without a workflow',
      { upstreams: { 'gpu-1': gpu }, models: [{ ...model, routes: [{ upstream: 'gpu-1' }] }] },
      'the model x: routes.0: workflow is missing; name a file that ComfyUI has exported',
    ],
    [
      'a workflow that is not there',
      {
        upstreams: { 'gpu-1': gpu },
        models: [{ ...model, routes: [{ upstream: 'gpu-1', workflow: './absent.json' }] }],
      },
      'the model x: routes.0: workflow: ./absent.json cannot be read: ENOENT: no such file or directory, open ',
    ],
    [
      'a workflow that is none',
      {
        upstreams: { 'gpu-1': gpu },
        models: [{ ...model, routes: [{ upstream: 'gpu-1', workflow: './own.json' }] }],
      },
      'the model x: routes.0: workflow: ./own.json ',
    ],
    [
      'a resolution that no route has',
      {
        upstreams: { fal: { adapter: 'fal', api_key: { env: 'FAL_KEY' } } },
        models: [
          {
            ...model,
            unit_prices: { '4K': 1 },
            routes: [{ upstream: 'fal', model: 'fal-ai/flux/schnell' }],
          },
        ],
      },
      'the model x: unit_prices has 4K, and its routes can do 1K.',
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
