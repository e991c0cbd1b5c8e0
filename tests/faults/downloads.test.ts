/** A kept file cannot be read, or is not what it was: the caller is told so before a byte is promised. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { postImage } from '../support/api.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { recordingFetch } from '../support/traffic.ts'
import { tamper } from './support/database-file.ts'
import { noFullDisk } from './support/full-disk.ts'

let gateway: TestGateway
let url: string
/** The file behind the link, as the disk has it. */
let path: string
let bytes: number

beforeAll(async () => {
  gateway = await startGateway()
  const { body } = await postImage(gateway, { output_format: 'png', resolution: '4K' })
  url = body.data[0].url
  path = fileOf(body.id)
  bytes = Number((await recordingFetch(url, { method: 'HEAD' })).headers.get('content-length'))
})
afterAll(() => gateway.stop())

/** Takes the file away for one test. */
function withoutFile(): void {
  renameSync(path, `${path}.away`)
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true })
    renameSync(`${path}.away`, path)
  })
}

const places: [string, () => void][] = [
  ['is gone', () => {}],
  ['is a folder', () => mkdirSync(path)],
  ['is a named pipe', () => execFileSync('mkfifo', [path])],
  [
    'is shorter than it was',
    () => execFileSync('cp', [`${path}.away`, path]) && truncateSync(path, bytes - 1),
  ],
]

test.each(places)(
  'a file that %s is a server_error that no retry mends, and nothing of the file is on the answer',
  async (_what, replace) => {
    withoutFile()
    replace()
    for (const method of ['GET', 'HEAD']) {
      const response = await recordingFetch(url, { method, headers: { range: 'bytes=0-9' } })
      expect(response.status).toBe(500)
      expect(response.headers.get('x-should-retry')).toBe('false')
      expectClean(Object.fromEntries(response.headers))
      if (method === 'GET') {
        const { error } = (await response.json()) as { error: Record<string, unknown> }
        expect(error).toMatchObject({ code: 'server_error', param: null })
        expect(error['message']).toMatch(/missing or damaged.*gen_/)
        expect(Object.keys(error)).toHaveLength(5)
      }
    }
  },
)

const noLimits = noFullDisk()

test.skipIf(noLimits !== undefined)(
  'a gateway that may open no more files says so to GET, and answers HEAD, which opens none',
  async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    // The connection is there before the limit falls, since it counts as an open file itself.
    expect((await ask(agent, 'GET', `${gateway.baseURL}/healthz`)).status).toBe(200)
    setOpenFiles(1)
    const answers = [await ask(agent, 'GET', url), await ask(agent, 'HEAD', url)]
    setOpenFiles(4096)
    const [refused, head] = answers
    expect(refused?.status).toBe(500)
    expectClean(refused?.headers ?? {})
    expect(JSON.parse(refused?.text ?? '').error.message).toMatch(/cannot read the file.*gen_/)
    expect(refused?.headers['x-should-retry']).toBe('true')
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': String(bytes) } })
    expect((await ask(agent, 'GET', url)).status).toBe(200)
  },
)

/** One exchange over the agent's one connection. */
function ask(
  agent: Agent,
  method: string,
  target: string,
): Promise<{ status: number; headers: Record<string, string>; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(target, { agent, method }, (answer) => {
      const headers = Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
      )
      textOf(answer).then(
        (text) => resolve({ status: answer.statusCode ?? 0, headers, text }),
        reject,
      )
    })
    sent.once('error', reject)
    sent.end()
  })
}

function setOpenFiles(count: number): void {
  execFileSync('prlimit', [`--pid=${gateway.process.pid}`, `--nofile=${count}:`])
}

test('HEAD reads nothing of the file, and answers what GET answers but for the body', async () => {
  const before = bytesRead()
  const heads: Response[] = []
  for (let count = 0; count < 20; count += 1)
    heads.push(await recordingFetch(url, { method: 'HEAD' }))
  const read = bytesRead() - before
  const got = await recordingFetch(url)
  expect((await got.arrayBuffer()).byteLength).toBe(bytes)
  for (const head of heads) {
    expect(head.status).toBe(200)
    expect(comparable(head.headers)).toEqual(comparable(got.headers))
  }
  expect(bytes).toBeGreaterThan(1_000_000)
  expect(read).toBeLessThan(bytes)
  // Or the figure would not be of this process at all: the control.
  expect(bytesRead() - before).toBeGreaterThan(bytes)
})

test('a file that is cut off while it is sent cuts the connection: its part never looks whole', async () => {
  withoutFile()
  execFileSync('cp', [`${path}.away`, path])
  // More than the sockets of any machine hold, or all of it would be on its way before the cut.
  recordSize(enormous)
  onTestFinished(() => recordSize(bytes))
  truncateSync(path, enormous)
  const { hostname, port, pathname, search } = new URL(url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: gateway\r\n\r\n`)
  await new Promise((resolve) => socket.once('readable', resolve))
  truncateSync(path, 100)
  const received: Buffer[] = []
  socket.on('data', (data: Buffer) => received.push(data))
  await new Promise((resolve) => socket.once('close', resolve))
  const text = Buffer.concat(received)
  expect(text.toString('latin1', 0, 15)).toBe('HTTP/1.1 200 OK')
  expect(text.length).toBeLessThan(enormous)
})

const enormous = 256 * 1024 * 1024

/** What the row says of the only file; a file of zeros that is only long takes no room on the disk. */
function recordSize(size: number): void {
  tamper(gateway.dataDir, `UPDATE outputs SET bytes = ${size}`)
}

/** Of the headers of the file, an error has none. */
function expectClean(headers: Record<string, string>): void {
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['x-request-id']).toMatch(/^req_/)
  expect(headers['access-control-allow-origin']).toBe('*')
  for (const name of ['etag', 'cache-control', 'accept-ranges', 'content-range']) {
    expect(headers).not.toHaveProperty([name])
  }
  expect(headers).not.toHaveProperty(['content-disposition'])
  expect(headers).not.toHaveProperty(['content-security-policy'])
}

function fileOf(id: string): string {
  const kept = join(gateway.dataDir, 'media', 'kept')
  const found = readdirSync(kept, { recursive: true, withFileTypes: true }).find(({ name }) =>
    name.startsWith(id),
  )
  if (found === undefined) throw new Error(`no file of ${id}`)
  return join(found.parentPath, found.name)
}

/** Bytes that the gateway has read, from disk, sockets and everything else. */
function bytesRead(): number {
  const io = readFileSync(`/proc/${gateway.process.pid}/io`, 'utf8')
  return Number(/^rchar: (\d+)/m.exec(io)?.[1])
}

/** Headers without what differs from exchange to exchange by design. */
function comparable(headers: Headers): Record<string, string> {
  const changing = ['date', 'x-request-id', 'cache-control', 'connection', 'keep-alive']
  return Object.fromEntries([...headers].filter(([name]) => !changing.includes(name)))
}
