import { execFile } from 'node:child_process'
import { cp, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { packClient, repository, type PackedClient } from './support/packed-client.ts'

const run = promisify(execFile)
// Films are drawn on the same few cores that everything else runs on.
vi.setConfig({ testTimeout: 180_000 })

let gateway: TestGateway
let packed: PackedClient
beforeAll(async () => {
  gateway = await startGateway()
  packed = await packClient()
  await cp(join(repository, 'examples'), join(packed.project, 'examples'), { recursive: true })
}, 120_000)
afterAll(async () => {
  await Promise.all([packed?.remove(), gateway?.stop()])
})

/** Runs an example with the packed client, as a reader would, and gives what it prints. */
async function example(name: string, ...args: string[]): Promise<string> {
  const env = { FILMGATE_BASE_URL: gateway.baseURL, FILMGATE_API_KEY: gateway.testKey }
  const { stdout } = await run(process.execPath, [`examples/${name}.mjs`, ...args], {
    cwd: packed.project,
    env: { ...process.env, ...env },
  })
  return stdout.trim()
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(join(packed.project, file))).size
}

const covered = [
  'download',
  'first-image',
  'first-video',
  'handle-errors',
  'reference-image',
  'resume-in-another-process',
]
// These are servers with a page each; proxy-examples.test.ts uses them in a browser.
const sites = ['proxy-express', 'proxy-hono']

test('every example is run here', async () => {
  const files = await readdir(join(packed.project, 'examples'))
  const names = files.filter((file) => file.endsWith('.mjs')).map((file) => file.slice(0, -4))
  expect(names.toSorted()).toEqual([...covered, ...sites].toSorted())
})

test('first-image saves a picture', async () => {
  expect(await example('first-image')).toMatch(/first-image\.jpg: \d+ × \d+, \d+ bytes\ngen_/)
  expect(await sizeOf('first-image.jpg')).toBeGreaterThan(1_000)
})

test('first-video shows progress and saves a film', async () => {
  expect(await example('first-video')).toMatch(
    /^pending .*\ncompleted .*first-video\.mp4: .* 5(\.\d+)? s/s,
  )
  expect(await sizeOf('first-video.mp4')).toBeGreaterThan(1_000)
})

test('handle-errors has an answer to every failure', async () => {
  const lines = await example('handle-errors')
  for (const line of [
    '  Correct ',
    '  Add credit: ',
    '  Word it differently: ',
    '  Come back in 60 s',
    '  server_error: retry in ',
    ' is finished',
    'A film failed after it was accepted',
  ]) {
    expect(lines).toContain(line)
  }
})

test('reference-image makes a film that begins with a local picture', async () => {
  expect(await example('reference-image')).toMatch(/^reference-image\.mp4: \d+ bytes$/)
  expect(await sizeOf('reference-image.mp4')).toBeGreaterThan(1_000)
})

test('resume-in-another-process leaves a film running and another process fetches it', async () => {
  const id = await example('resume-in-another-process')
  expect(id).toMatch(/^gen_[0-9a-f]{32}$/)
  expect(await example('resume-in-another-process', id)).toBe('resumed.mp4')
  expect(await sizeOf('resumed.mp4')).toBeGreaterThan(1_000)
})

test('download gets the same bytes in three ways', async () => {
  // Whatever was made last: the test stands alone as well as after the others.
  await example('first-image')
  const sizes = [...(await example('download')).matchAll(/(\d+) bytes/g)].map((match) => match[1])
  expect(sizes).toHaveLength(3)
  expect(new Set(sizes).size).toBe(1)
})
