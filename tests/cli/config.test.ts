import { Ajv } from 'ajv'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCli, temporaryFolder } from '../support/gateway.ts'
import { refusal } from './support/filmgate.ts'

const schemaName = 'filmgate.config.schema.json'
const schemaFile = new URL(`../../packages/server/${schemaName}`, import.meta.url)

function read(file: string | URL) {
  // What is read is asserted, not typed.
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
}

function write(content: unknown): string {
  const file = join(temporaryFolder(), 'own.json')
  writeFileSync(file, JSON.stringify(content))
  return file
}

describe('config init', () => {
  test('writes a file that check finds valid, and never overwrites one', async () => {
    const folder = temporaryFolder()
    const made = await runCli(['config', 'init'], { cwd: folder })
    expect(made.code).toBe(0)
    const file = join(folder, 'filmgate.config.json')
    const written = read(file)
    const checked = await runCli(['config', 'check', '--json'], { cwd: folder })
    expect(checked.code).toBe(0)
    expect(JSON.parse(checked.stdout)).toMatchObject({ valid: true, config: written })

    const again = await runCli(['config', 'init'], { cwd: folder })
    expect(again.stderr).toMatch(/exists already and is left as it is\. Name another/)
    expect(again.code).toBe(1)
    expect(read(file)).toEqual(written)
  })

  test('sets no public address, which would be wrong elsewhere, and says when one is needed', async () => {
    const folder = temporaryFolder()
    const { stdout } = await runCli(['config', 'init'], { cwd: folder })
    expect(read(join(folder, 'filmgate.config.json'))).not.toHaveProperty('public_url')
    expect(stdout).toContain('"public_url"')
  })

  test('names the schema where Filmgate is installed, and no file that is not there', async () => {
    const folder = temporaryFolder()
    await runCli(['config', 'init', 'without.json'], { cwd: folder })
    expect(read(join(folder, 'without.json'))).not.toHaveProperty('$schema')

    const installed = join(folder, 'node_modules/filmgate', schemaName)
    mkdirSync(dirname(installed), { recursive: true })
    writeFileSync(installed, readFileSync(schemaFile))
    await runCli(['config', 'init', 'with.json'], { cwd: folder })
    const { $schema } = read(join(folder, 'with.json'))
    expect(join(folder, String($schema))).toBe(installed)
    expect((await runCli(['config', 'check', 'with.json'], { cwd: folder })).code).toBe(0)
  })
})

describe('config check', () => {
  test('names the place that is wrong, and does not send its reader to itself', async () => {
    const said = await refusal('config', 'check', write({ retention: { files_seconds: -1 } }))
    expect(said).toContain('retention.files_seconds')
    expect(said).not.toContain('config check')
  })

  test('of a file that is missing or a folder is refused', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'folder.json'))
    for (const name of ['absent.json', 'folder.json']) {
      expect(await refusal('config', 'check', join(folder, name))).toContain('cannot be read')
    }
  })

  test('says what a start needs besides the file, and whether it is there', async () => {
    const services = ['HERE_KEY', 'AWAY_KEY'].map((env) => ({
      name: env.slice(0, 4).toLowerCase(),
      url: 'http://127.0.0.1:9/',
      api_key: { env },
    }))
    const file = write({ safety: { http_classifiers: services, image_classifier: true } })
    const env = { HERE_KEY: 'k', AWAY_KEY: '' }
    const { code, stdout } = await runCli(['config', 'check', file], { env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/is valid\.\nThe gateway starts only where it finds:\n/)
    expect(stdout).toContain('HERE_KEY, the key of the safety check here: set here')
    expect(stdout).toContain('AWAY_KEY, the key of the safety check away: not set here')
    expect(stdout).toContain('filmgate safety install-classifier')

    const asJson = await runCli(['config', 'check', file, '--json'], { env })
    expect(JSON.parse(asJson.stdout).variables).toEqual([
      { name: 'HERE_KEY', service: 'here', set: true },
      { name: 'AWAY_KEY', service: 'away', set: false },
    ])
  })

  test('tells the upstreams, where they are, what they make and whether their keys are there', async () => {
    const keyFile = join(temporaryFolder(), 'key')
    writeFileSync(keyFile, 'k')
    const file = write({
      upstreams: {
        here: {
          adapter: 'fal',
          api_key: { env: 'HERE_KEY' },
          concurrency: 4,
          requests_per_minute: 60,
        },
        away: { adapter: 'fal', api_key: { env: 'AWAY_KEY' } },
        file: {
          adapter: 'openai-compatible',
          base_url: 'http://gpu/v1/',
          api_key: { file: keyFile },
        },
        lost: {
          adapter: 'openai-compatible',
          base_url: 'http://gpu/v1',
          api_key: { file: 'lost.key' },
        },
      },
      models: [
        {
          id: 'fox',
          type: 'image',
          unit_prices: { '1K': 0.01 },
          routes: [
            { upstream: 'here', model: 'fal-ai/flux/schnell' },
            { upstream: 'file', model: 'flux' },
          ],
        },
      ],
    })
    const env = { HERE_KEY: 'k', AWAY_KEY: ' ' }
    const { code, stdout } = await runCli(['config', 'check', file], { env })
    const lost = join(dirname(file), 'lost.key')
    expect(stdout).toBe(`${file} is valid.
Its upstreams, which are not asked now:
  here: fal at https://queue.fal.run, at most 4 at once and 60 a minute; makes fox
  away: fal at https://queue.fal.run; no model goes there
  file: openai-compatible at http://gpu/v1; makes fox
  lost: openai-compatible at http://gpu/v1; no model goes there
The gateway starts only where it finds:
  HERE_KEY, the key of the upstream here: set here
  AWAY_KEY, the key of the upstream away: not set here
  the file ${keyFile}, the key of the upstream file: readable here
  the file ${lost}, the key of the upstream lost: not readable here
`)
    expect(code).toBe(0)
    const asJson = JSON.parse((await runCli(['config', 'check', file, '--json'], { env })).stdout)
    expect(asJson.variables).toEqual([
      { name: 'HERE_KEY', upstream: 'here', set: true },
      { name: 'AWAY_KEY', upstream: 'away', set: false },
    ])
    expect(asJson.files).toEqual([
      { path: keyFile, upstream: 'file', readable: true },
      { path: lost, upstream: 'lost', readable: false },
    ])
  })

  test('names the upstream that was meant', async () => {
    const upstreams = { 'gpu-1': { adapter: 'comfyui' } }
    const routes = [{ upstream: 'gpu1', workflow: './house.json' }]
    const models = [{ id: 'house', type: 'image', unit_prices: { '1K': 0 }, routes }]
    expect(await refusal('config', 'check', write({ upstreams, models }))).toContain(
      'is wrong at the model house: routes.0: there is no upstream gpu1 (did you mean gpu-1?); there is gpu-1, sandbox.',
    )
  })
})

describe('the schema for editors', () => {
  const isValid = new Ajv({ strict: false }).compile(read(schemaFile))

  test('takes a file that leaves everything out, and one that init writes', async () => {
    const folder = temporaryFolder()
    await runCli(['config', 'init'], { cwd: folder })
    expect(isValid({})).toBe(true)
    expect(isValid({ limits: {} })).toBe(true)
    expect(isValid(read(join(folder, 'filmgate.config.json')))).toBe(true)
  })

  test('refuses an unknown setting and a model without a price', () => {
    expect(isValid({ limits: { conections: 5 } })).toBe(false)
    expect(isValid({ models: [{ id: 'x', type: 'image', routes: [] }] })).toBe(false)
  })

  test('is in the package', () => {
    const manifest = new URL('../../packages/server/package.json', import.meta.url)
    expect(read(manifest)['files']).toContain(schemaName)
  })
})
