import { execFile } from 'node:child_process'
import { access, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as filmgateClient from '../../packages/client/src/index.ts'
import { answer, startRawServer, type RawServer } from '../client/support/raw-server.ts'
import { startGateway } from '../support/gateway.ts'
import { packClient, type PackedClient } from './support/packed-client.ts'
import { getRuntime, runtimeRows } from './support/runtimes.ts'

const run = promisify(execFile)
const probe = fileURLToPath(new URL('support/probe.mjs', import.meta.url))
const chromiumPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

let gateway: Awaited<ReturnType<typeof startGateway>>
let packed: PackedClient
let elsewhere: RawServer
let redirecting: RawServer
let environment: Record<string, string>

beforeAll(async () => {
  gateway = await startGateway()
  packed = await packClient()
  await copyFile(probe, join(packed.project, 'probe.mjs'))
  elsewhere = await startRawServer((socket) => answer(socket, 200, []))
  redirecting = await startRawServer((socket) =>
    answer(socket, 307, '', { Location: `${elsewhere.baseURL}/v2/models` }),
  )
  const gone = await startRawServer(() => {})
  await gone.close()
  environment = {
    FILMGATE_BASE_URL: gateway.baseURL,
    FILMGATE_API_KEY: gateway.testKey,
    PROBE_MODEL: 'sandbox-image',
    PROBE_REDIRECT_URL: redirecting.baseURL,
    PROBE_REFUSED_URL: gone.baseURL,
  }
}, 120_000)

afterAll(async () => {
  await Promise.all([elsewhere?.close(), redirecting?.close(), packed?.remove(), gateway?.stop()])
})

const asPromised = {
  status: 'completed',
  attempts: 1,
  isWhole: true,
  redirect: 'connection_error',
  refused: 'connection_error',
  notFound: 'not_found',
  missing: 'parameter_missing',
  aborted: 'aborted',
}

/** Says why a runtime is left out, loud enough to be seen in a long log. */
function leftOut(name: string, reason: unknown): string {
  const line = `SKIPPED on ${name}: ${reason instanceof Error ? reason.message : String(reason)}`
  console.warn(line)
  return line
}

test.for(runtimeRows)(
  'the packed client makes an image and fails as promised on $name',
  { timeout: 300_000 },
  async (row, { skip }) => {
    const runtime = await getRuntime(row).catch((error: unknown) => skip(leftOut(row.name, error)))
    const [program, ...flags] = runtime.command
    const { stdout } = await run(program, [...flags, 'probe.mjs'], {
      cwd: packed.project,
      env: { ...process.env, ...environment },
    })
    expect(JSON.parse(stdout)).toEqual(asPromised)
    expect(elsewhere.requests).toEqual([])
  },
)

/** The client as one script that leaves its exports in `window.filmgateClient`. */
async function browserBundle(): Promise<string> {
  const input = join(packed.project, 'node_modules/@filmgate/client/dist/index.js')
  const build = await rolldown({ input, platform: 'browser' })
  const { output } = await build.generate({ format: 'iife', name: 'filmgateClient' })
  return output[0].code
}

test('the packed client makes an image and fails as promised in Chromium', async ({ skip }) => {
  await access(chromiumPath).catch((error: unknown) => skip(leftOut('Chromium', error)))
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    // An empty page at the gateway's own address, so that no policy of a real page has a say.
    const address = `${gateway.baseURL}/empty-page`
    await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body: '' }))
    await page.goto(address)
    await page.evaluate(await browserBundle())
    expect(await page.evaluate(inBrowser, environment)).toEqual(asPromised)
    expect(elsewhere.requests).toEqual([])
  } finally {
    await browser.close()
  }
})

/** What probe.mjs does, for a page: no files there. Runs in the browser and sees nothing of this module. */
async function inBrowser(env: Record<string, string>): Promise<unknown> {
  // The bundle was evaluated before; a page has no module types.
  const { Filmgate } = (globalThis as unknown as { filmgateClient: typeof filmgateClient })
    .filmgateClient
  const options = { apiKey: env['FILMGATE_API_KEY'], baseURL: env['FILMGATE_BASE_URL'] }
  const filmgate = new Filmgate(options)
  const model = env['PROBE_MODEL'] ?? ''
  const params = { model, prompt: 'A red fox in fresh snow' }
  const { data: image, attempts } = await filmgate.images.generate(params).withResponse()
  const streamed: number[] = []
  const counter = new WritableStream<Uint8Array>({
    write: (part) => void streamed.push(part.length),
  })
  const { bytes } = await filmgate.download(image, counter)
  const blob = await filmgate.download(image)
  const codeOf = (call: PromiseLike<unknown>): PromiseLike<string> =>
    call.then(
      () => 'resolved',
      (error: { code?: string }) => error.code ?? JSON.stringify(error),
    )
  const other = (baseURL: string | undefined) =>
    new Filmgate({ ...options, baseURL, maxRetries: 1 })
  return {
    status: image.status,
    attempts,
    isWhole: bytes > 0 && bytes === blob.size && streamed.length > 0,
    redirect: await codeOf(other(env['PROBE_REDIRECT_URL']).models.list()),
    refused: await codeOf(other(env['PROBE_REFUSED_URL']).models.list()),
    notFound: await codeOf(filmgate.videos.generations.retrieve(`gen_${'0'.repeat(32)}`)),
    missing: await codeOf(filmgate.images.generate({ model } as typeof params)),
    aborted: await codeOf(filmgate.models.list({}, { signal: AbortSignal.abort() })),
  }
}
