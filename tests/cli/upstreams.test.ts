/**
 * The path of somebody new with each kind of upstream, the upstream played by a process of its own: the
 * configuration, the first picture, and what the commands tell of it afterwards.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postImage } from '../support/api.ts'
import { startGateway, temporaryFolder, type TestGateway } from '../support/gateway.ts'
import {
  startUpstream,
  type ScriptedUpstream,
  type UpstreamAccount,
} from '../support/upstream/scripted-upstream.ts'
import { json, text } from './support/filmgate.ts'

const key = 'key-id-0a1b2c:key-secret-9z8y7x'
const workflow = {
  3: { class_type: 'KSampler', inputs: { seed: '{{seed}}', latent_image: ['5', 0] } },
  5: { class_type: 'EmptyImage', inputs: { width: '{{width}}', height: '{{height}}' } },
  6: { class_type: 'CLIPTextEncode', inputs: { text: '{{prompt}}' } },
  9: { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: 'ComfyUI' } },
}

let server: ScriptedUpstream
let account: UpstreamAccount
let gateway: TestGateway
beforeAll(async () => {
  server = await startUpstream()
  account = await server.account('first', { key })
  const file = join(temporaryFolder(), 'house-style.json')
  writeFileSync(file, JSON.stringify(workflow))
  const model = (id: string, route: object) => ({
    id,
    type: 'image',
    unit_prices: { '1K': 0.03 },
    routes: [route],
  })
  const config = {
    upstreams: {
      fal: { adapter: 'fal', base_url: account.fal, api_key: { env: 'FAL_KEY' } },
      'gpu-1': {
        adapter: 'comfyui',
        base_url: (await server.account('gpu')).comfyui,
        concurrency: 1,
      },
      local: {
        adapter: 'openai-compatible',
        base_url: account.openai,
        api_key: { env: 'FAL_KEY' },
      },
    },
    models: [
      model('flux-schnell', { upstream: 'fal', model: 'fal-ai/flux/schnell' }),
      model('house-style', { upstream: 'gpu-1', workflow: file }),
      model('flux', { upstream: 'local', model: 'flux.1-dev' }),
    ],
  }
  gateway = await startGateway({ config, env: { FAL_KEY: key } })
})
afterAll(async () => {
  await gateway.stop()
  await server.stop()
})

const show = (id: string) => text(gateway.dataDir, 'generations', 'show', id)

test.each([
  ['flux-schnell', 'fal (fal-ai/flux/schnell) with FAL_KEY', 'fal'],
  ['house-style', 'gpu-1 (house-style)', 'gpu-1'],
  ['flux', 'local (flux.1-dev) with FAL_KEY', 'local'],
])('the first picture of %s, and how it came about', async (model, where, upstream) => {
  const { status, body } = await postImage(gateway, { model, prompt: `a fox for ${model}` })
  expect(status).toBe(200)
  const told = await show(body.id)
  expect(told).toContain(`  sent to ${where}\n`)
  expect(told).toMatch(
    new RegExp(`  ${upstream} delivered 1 file.*\n.*  completed; \\$0\\.03 charged\n`),
  )
  expect(told).not.toContain('a fox')
})

test('an upstream that takes no more is tried again, and then told as rate_limit with its wait', async () => {
  const refused = { status: 429, headers: { 'retry-after': '55' }, body: { detail: 'slow down' } }
  await account.script('a busy fox', { submit: refused })
  const { status, body, headers } = await postImage(gateway, {
    model: 'flux-schnell',
    prompt: 'a busy fox',
  })
  expect(status).toBe(429)
  expect(body.error.code).toBe('rate_limit')
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(1)
  const told = await show(headers.get('x-generation-id') ?? '')
  expect(told).toMatch(/ {2}fal took no more: .*, asked to wait 55 s; not billed\n/)
  expect(told).toMatch(/ {2}failed: rate_limit \(model_busy\); nothing charged\n/)
})

test('an answer that was lost leaves the outcome open, and the audit names it until it is known', async () => {
  await account.script('a lost fox', { submit: { reset: 'after-reading' } })
  const { status, headers } = await postImage(gateway, { model: 'flux', prompt: 'a lost fox' })
  expect(status).toBe(500)
  const id = headers.get('x-generation-id') ?? ''
  const told = await show(id)
  expect(told).toMatch(/ {2}whether local took it is not known: .*\n/)
  expect(told).toMatch(
    /now +what became of it is looked up every 60 s, until .* at the latest; \$0\.03 stays held\n/,
  )

  const audited = await text(gateway.dataDir, 'audit')
  expect(audited).toMatch(
    new RegExp(
      `\ngeneration ${id}: what became of it at local with FAL_KEY is not known since 20.*; \\$0\\.03 is held until it is, until 20.* at the latest\\.\nClean`,
    ),
  )
  const [open] = (await json(gateway.dataDir, 'audit')).openOutcomes
  expect(open).toMatchObject({ id, upstream: 'local', credential: 'FAL_KEY', heldMicros: 30_000 })
  expect(open.until - open.since).toBe(86_400_000)

  // A result may still come, and lies there until it is known that nobody wants it.
  const folder = join(gateway.dataDir, 'media', 'kept', id.slice(-2))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${id}-1-0`), 'late')
  expect((await json(gateway.dataDir, 'audit')).problems).toEqual([])

  const without = join(temporaryFolder(), 'without.json')
  const elsewhere = { adapter: 'openai-compatible', base_url: account.openai }
  writeFileSync(without, JSON.stringify({ upstreams: { local: elsewhere } }))
  expect(await text(gateway.dataDir, 'audit', '--config', without)).toContain(
    'local with FAL_KEY is not in the configuration, so nobody can be asked.\nClean',
  )
  const report = await json(gateway.dataDir, 'audit', '--config', without)
  expect(report.openOutcomes).toMatchObject([{ id, isConfigured: false }])
})
