import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import { installed, leftOut } from './support/installed.ts'
import { packClient, type PackedClient } from './support/packed-client.ts'
import {
  asPromised,
  copyProbe,
  startSurroundings,
  type Surroundings,
} from './support/surroundings.ts'

const run = promisify(execFile)

let surroundings: Surroundings
let packed: PackedClient
beforeAll(async () => {
  surroundings = await startSurroundings()
  packed = await packClient()
})
afterAll(async () => {
  await Promise.all([packed?.remove(), surroundings?.stop()])
})

/** Jest and what compiles TypeScript for it; the test is skipped where they cannot be had. */
function jestPackages({ skip }: TestContext): Promise<string> {
  const packages = ['jest@30', 'ts-jest@29', 'typescript@5.9'] as const
  return installed(...packages).catch((error: unknown) => skip(leftOut('Jest', error)))
}

/** Runs Jest in a project, which fails where one of its tests does. */
async function jest(tools: string, project: string): Promise<string> {
  const jest = join(tools, 'node_modules/jest/bin/jest.js')
  const { stderr } = await run(process.execPath, [jest, '--no-cache'], {
    cwd: project,
    env: { ...process.env, ...surroundings.settings },
  })
  return stderr
}

test('Jest as it comes requires the client, which does there as promised', async (context) => {
  const tools = await jestPackages(context)
  const project = await packed.createProject('jest', {})
  await copyProbe(project)
  await writeFile(join(project, 'image.test.js'), requiring)
  expect(await jest(tools, project)).toMatch(/^Tests: +2 passed, 2 total$/m)
})

const requiring = `
  const client = require('@filmgate/client')
  const { probe } = require('./probe.cjs')

  test('an image is made, saved and kept, and errors are as promised', async () => {
    const filmgate = new client.Filmgate()
    const options = { filmgate, settings: process.env, path: 'probe-output' }
    expect(await probe(client, options)).toEqual(${JSON.stringify(asPromised)})
  })

  // Jest's Error is not the one that fetch throws.
  test('the reason of a broken connection is told', async () => {
    const baseURL = process.env.PROBE_REFUSED_URL
    const filmgate = new client.Filmgate({ baseURL, maxRetries: 0 })
    await expect(filmgate.models.list()).rejects.toThrow('ECONNREFUSED')
  })`

test('Jest compiles tests in TypeScript that import the client, and checks their types', async (context) => {
  const tools = await jestPackages(context)
  const transform = { '\\.ts$': join(tools, 'node_modules/ts-jest') }
  const project = await packed.createProject('ts-jest', { jest: { transform } })
  await writeFile(join(project, 'image.test.ts'), typed)
  expect(await jest(tools, project)).toMatch(/^Tests: +2 passed, 2 total$/m)
})

const typed = `
  import { Filmgate, InvalidParameterError, isFilmgateError } from '@filmgate/client'

  // Jest's own names and Node's, whose types are packages that this project does without.
  declare const process: { env: Record<string, string> }
  declare function test(title: string, body: () => Promise<void>): void
  declare function expect(value: unknown): { toBe(other: unknown): void }

  const filmgate = new Filmgate()
  const params = { model: process.env.PROBE_MODEL!, prompt: 'A red fox in fresh snow' }

  test('an image is made and kept', async () => {
    const image = await filmgate.images.generate(params)
    // @ts-expect-error A result has types, and is not any.
    expect(image.data[0].no_such_field).toBe(undefined)
    const { size } = await filmgate.download(image)
    expect(size > 0).toBe(true)
  })

  test('an error is known by its class and by its code', async () => {
    try {
      await filmgate.images.generate({ ...params, aspect_ratio: 'round' })
      expect('an answer').toBe('an error')
    } catch (error) {
      expect(error instanceof InvalidParameterError).toBe(true)
      if (!isFilmgateError(error)) throw error
      expect(error.param).toBe('aspect_ratio')
    }
  })`
