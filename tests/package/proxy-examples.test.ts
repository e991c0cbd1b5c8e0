import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { chromiumPath, launchBrowser } from '../support/browser.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { installed, leftOut } from './support/installed.ts'
import { packClient, repository, type PackedClient } from './support/packed-client.ts'

// Each example is started as its reader would, and its page used in a browser. Next.js is built for
// production, which takes some ten seconds.

const run = promisify(execFile)
vi.setConfig({ testTimeout: 180_000 })

let gateway: TestGateway
let packed: PackedClient
let browser: Browser | undefined
beforeAll(async () => {
  gateway = await startGateway()
  packed = await packClient()
  if (chromiumPath !== undefined) browser = await launchBrowser()
}, 120_000)

const folders: string[] = []
const processes: ChildProcess[] = []
afterEach(async () => {
  for (const each of processes.splice(0)) each.kill('SIGKILL')
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })))
})
afterAll(async () => {
  await Promise.all([browser?.close(), packed?.remove(), gateway?.stop()])
})

// Real ones, and no dependencies of this repository.
const frameworks = {
  express: ['express@5'],
  hono: ['hono@4', '@hono/node-server@2'],
  next: ['next@16', 'react@19', 'react-dom@19'],
} as const

type Skip = (reason: string) => never

/** A project with the packed client, below a folder where the framework is found. */
async function projectWith(framework: keyof typeof frameworks, skip: Skip): Promise<string> {
  const found = await installed(...frameworks[framework]).catch((error: unknown) =>
    skip(leftOut(framework, error)),
  )
  const project = await mkdtemp(join(found, 'project-'))
  folders.push(project)
  const client = 'node_modules/@filmgate/client'
  await mkdir(join(project, client), { recursive: true })
  await cp(join(packed.project, client), join(project, client), { recursive: true })
  return project
}

const environment = () => ({
  ...process.env,
  FILMGATE_BASE_URL: gateway.baseURL,
  FILMGATE_API_KEY: gateway.testKey,
  NEXT_TELEMETRY_DISABLED: '1',
  PORT: '0',
})

/** Starts a server and gives the address that it prints. */
function start(project: string, args: string[]): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: project, env: environment() })
  processes.push(child)
  return new Promise((resolve, reject) => {
    const lines: string[] = []
    const read = (line: string): void => {
      lines.push(line)
      const address = /http:\/\/[\w.]+:[1-9]\d*/.exec(line)?.[0]
      if (address !== undefined) resolve(address)
    }
    createInterface({ input: child.stdout }).on('line', read)
    createInterface({ input: child.stderr }).on('line', read)
    child.once('exit', () => reject(new Error(`it ended: ${lines.join('\n')}`)))
  })
}

/** Makes an image on the example's page, and checks that nothing in the browser ever saw the key. */
async function makeImage(page: Page): Promise<{ id: string; width: number }> {
  await page.getByRole('button').click()
  const picture = page.getByRole('img')
  await picture.waitFor()
  const width = await picture.evaluate(async (element: HTMLImageElement) => {
    await element.decode()
    return element.naturalWidth
  })
  return { id: (await page.getByRole('status').textContent()) ?? '', width }
}

async function usePage(address: string, skip: Skip): Promise<void> {
  if (!browser) return skip(leftOut('Chromium', 'there is none'))
  const context = await browser.newContext()
  const seen: string[] = []
  context.on('request', (request) => seen.push(JSON.stringify(request.headers())))
  context.on('response', (response) => {
    response.body().then(
      (body) => seen.push(body.toString('latin1')),
      // A redirect has none.
      () => undefined,
    )
  })
  const page = await context.newPage()
  await page.goto(address)
  const { id, width } = await makeImage(page)
  expect([id, width]).toEqual([expect.stringMatching(/^gen_[0-9a-f]{32}$/), 1024])
  expect(seen.length).toBeGreaterThan(4)
  expect(seen.join()).not.toContain('sk_test_')
  await checkFences(page, id)
  await context.close()
}

/** What the page's own script and other people are not given. */
async function checkFences(page: Page, id: string): Promise<void> {
  const origin = new URL(page.url()).origin
  const mine = `${origin}/films/v2/images/generations/${id}`
  const status = (path: string) => page.evaluate(async (url) => (await fetch(url)).status, path)
  expect(await status(mine)).toBe(200)
  expect(await status(`${origin}/films/v2/generations`)).toBe(404)
  expect(await status(`${origin}/films/v2/billing/balance`)).toBe(404)
  expect((await fetch(mine)).status).toBe(401)
  for (const Cookie of ['session=00000000-0000-4000-8000-000000000000', 'session=', 'session=x']) {
    expect((await fetch(mine, { headers: { Cookie } })).status).toBe(401)
  }
  const signIn = await fetch(`${origin}/sign-in`, { redirect: 'manual' })
  const session = /session=[\w-]+/.exec(signIn.headers.get('Set-Cookie') ?? '')?.[0] ?? ''
  const somebody = { Cookie: session }
  expect((await fetch(mine, { headers: somebody })).status).toBe(404)
  // Part of another cookie's name is no session.
  expect((await fetch(mine, { headers: { Cookie: `x-${session}` } })).status).toBe(401)
  const forged = { ...somebody, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
  const post = { method: 'POST', headers: forged, body: '{"model":"sandbox-image","prompt":"x"}' }
  expect((await fetch(`${origin}/films/v2/images/generations`, post)).status).toBe(401)
}

test.for(['express', 'hono'] as const)(
  'the page of proxy-%s makes an image without a key',
  async (name, { skip }) => {
    const project = await projectWith(name, skip)
    const examples = join(project, 'examples')
    await cp(join(repository, 'examples'), examples, { recursive: true })
    await usePage(await start(project, [`examples/proxy-${name}.mjs`]), skip)
  },
)

test('the page of proxy-next makes an image without a key', async ({ skip }) => {
  const project = await projectWith('next', skip)
  await cp(join(repository, 'examples/proxy-next'), project, { recursive: true })
  const next = join(project, '../node_modules/next/dist/bin/next')
  // Without a key: what is built must not need it, and must not hold it.
  const { FILMGATE_API_KEY: _key, ...env } = environment()
  await run(process.execPath, [next, 'build'], { cwd: project, env })
  await usePage(await start(project, [next, 'start', '--hostname', '127.0.0.1']), skip)
})
