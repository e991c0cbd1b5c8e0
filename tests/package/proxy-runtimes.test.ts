import { execFile } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { bundlers } from './support/bundlers.ts'
import { leftOut } from './support/installed.ts'
import { packClient, type PackedClient } from './support/packed-client.ts'
import { runners } from './support/runners.ts'
import { commandOf, runtimeRows } from './support/runtimes.ts'

const run = promisify(execFile)

let gateway: TestGateway
let packed: PackedClient
let settings: Record<string, string>
beforeAll(async () => {
  gateway = await startGateway()
  packed = await packClient()
  settings = { FILMGATE_BASE_URL: gateway.baseURL, FILMGATE_API_KEY: gateway.testKey }
  for (const name of ['proxy-probe.mjs', 'proxy-program.mjs', 'proxy-worker.mjs']) {
    const file = fileURLToPath(new URL(`support/${name}`, import.meta.url))
    await copyFile(file, join(packed.project, name))
  }
}, 120_000)
afterAll(async () => {
  await Promise.all([packed?.remove(), gateway?.stop()])
})

const asPromised = {
  status: 'completed',
  isReplayed: true,
  isShared: false,
  nobody: 401,
  elsewhere: 401,
  tooLarge: 400,
  unknown: 404,
}

test.for(runtimeRows)(
  'the packed proxy serves pages and refuses as promised behind the server of $name',
  { timeout: 300_000 },
  async (row, { skip }) => {
    const [program, ...flags] = await commandOf(row).catch((error: unknown) =>
      skip(leftOut(row.name, error)),
    )
    const { stdout } = await run(program, [...flags, 'proxy-program.mjs'], {
      cwd: packed.project,
      env: { ...process.env, ...settings },
    })
    expect(JSON.parse(stdout)).toEqual(asPromised)
  },
)

test(
  'the bundled proxy does so at the edge, in workerd',
  { timeout: 300_000 },
  async ({ skip }) => {
    const execute = await runners
      .workerd()
      .catch((error: unknown) => skip(leftOut('workerd', error)))
    const bundle = await bundlers.rolldown()
    const output = join(packed.project, 'bundle.mjs')
    await bundle({ project: packed.project, entry: 'proxy-worker.mjs', output, form: 'worker' })
    expect(await execute(output, settings)).toEqual(asPromised)
  },
)
