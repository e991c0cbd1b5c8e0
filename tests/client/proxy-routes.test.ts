import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createProxy, toNodeHandler } from '../../packages/client/src/proxy.ts'
import { startSite, type Site } from './support/proxy-site.ts'
import { answer, startRawServer, type RawServer } from './support/raw-server.ts'

// Paths go over the wire byte by byte: fetch would tidy them up before they were sent.

let upstream: RawServer
let site: Site
let generous: Site
beforeAll(async () => {
  upstream = await startRawServer((socket) => answer(socket, 200, {}))
  const options = { apiKey: 'sk_live_secret', baseURL: upstream.baseURL, authorize: () => true }
  site = await startSite(toNodeHandler(createProxy(options)))
  const allow = { list: true, billing: true }
  generous = await startSite(toNodeHandler(createProxy({ ...options, allow })))
})
afterAll(async () => {
  await Promise.all([site?.close(), generous?.close(), upstream?.close()])
})
beforeEach(() => {
  upstream.requests.length = 0
})

const id = `gen_${'0'.repeat(32)}`

function ask(target: Site, line: string): Promise<string> {
  return target.send(`${line} HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n`)
}

test.each([
  ['POST /films/v2/images/generations', 'POST /v2/images/generations'],
  ['POST /films/v2/videos/generations', 'POST /v2/videos/generations'],
  [`GET /films/v2/images/generations/${id}`, `GET /v2/images/generations/${id}`],
  [`GET /films/v2/videos/generations/${id}`, `GET /v2/videos/generations/${id}`],
  [`POST /films/v2/videos/generations/${id}/cancel`, `POST /v2/videos/generations/${id}/cancel`],
  ['GET /films/v2/models?type=image&x=%2e%2e', 'GET /v2/models?type=image&x=%2e%2e'],
  // Wherever the proxy stands.
  ['GET /v2/models', 'GET /v2/models'],
  ['GET http://elsewhere.example/v2/models', 'GET /v2/models'],
])('%s is asked of the gateway as %s', async (line, expected) => {
  expect(await ask(site, line)).toMatch(/^HTTP\/1\.1 200 /)
  expect(upstream.requests.map((request) => request.line)).toEqual([`${expected} HTTP/1.1`])
  expect(upstream.requests[0]?.headers.get('host')).toBe(new URL(upstream.baseURL).host)
})

const asked = [
  'GET /films/v2/generations',
  'GET /films/v2/generations?limit=1',
  'GET /films/v2/billing/balance',
  'GET /films/v2/billing/costs?start=a&end=b',
]

test.each([
  ...asked,
  'GET /films/v2/models/../billing/balance',
  'GET /films/v2/models/%2e%2e/billing/balance',
  'GET /films/v2/models/%2E./billing/balance',
  'GET /films/v2/images/generations/../../../metrics',
  'GET /films/v2/images/generations/..%2f..%2fbilling%2fbalance',
  'GET /films/v2/images/generations/..%5c..%5cbilling',
  'GET /films/v2\\generations',
  // What a fence before the proxy may have taken for another path.
  'GET /a/v2/films/v2/models',
  'GET /films/../../x/%2e%2e/v2/models',
  'GET /films/./v2/models',
  'GET /films/%2e/v2/models',
  'GET /films/x/../v2/models',
  'GET /films%2f..%2fv2/v2/models',
  'GET //elsewhere.example/v2/models',
  'GET /films//v2/models',
  'GET http://elsewhere.example/films/./v2/models',
  'GET /\\elsewhere.example\\v2\\models',
  'GET /films\\v2/models',
  `GET /films/v2/images/generations/${id}%2fcancel`,
  `POST /films/v2/images/generations/${id}%2fcancel`,
  `GET /films/v2/images/generations/${id}/`,
  `GET /films/v2/images/generations/${id};x=1`,
  `GET /films/v2/images/generations/${id}%00`,
  `GET /films/v2/images/generations/${id}%3fx=1`,
  `GET /films/v2/images/generations/${'x'.repeat(129)}`,
  'GET /films/v2/images/generations/',
  'GET /films/v2//models',
  'GET /films/V2/models',
  'GET /films/v2%2fmodels',
  'GET /films/models',
  'GET /',
  'GET /films/metrics',
  'GET /films/healthz',
  'GET /films/openapi.json',
  'GET /films/docs/errors/rate_limit',
  'GET /films/v1/models',
  'POST /films/v1/images/generations',
  `GET /films/v2/downloads/${id}/0?exp=1&sig=x`,
  'GET /films/v2/images/generations',
  `GET /films/v2/images/generations/${id}/cancel`,
  `POST /films/v2/images/generations/${id}`,
  `DELETE /films/v2/images/generations/${id}`,
  'PUT /films/v2/models',
  'OPTIONS /films/v2/models',
  'TRACE /films/v2/models',
])('%s never reaches the gateway', async (line) => {
  const received = await ask(site, line)
  expect(received).toMatch(/^HTTP\/1\.1 404 /)
  expect(received).toContain('"code":"not_found"')
  expect(upstream.requests).toEqual([])
})

test.each(asked)('%s does where the owner asked for it', async (line) => {
  expect(await ask(generous, line)).toMatch(/^HTTP\/1\.1 200 /)
  const [method = '', target = ''] = line.split(' ')
  expect(upstream.requests.map((request) => request.line)).toEqual([
    `${method} ${target.replace('/films', '')} HTTP/1.1`,
  ])
})

test('HEAD is answered with the headers of GET', async () => {
  const received = await ask(site, 'HEAD /films/v2/models')
  expect(received).toMatch(/^HTTP\/1\.1 200 /)
  expect(received.split('\r\n\r\n')[1]).toBe('')
  expect(upstream.requests[0]?.line).toBe('GET /v2/models HTTP/1.1')
})

test('a proxy that is told where it stands answers there and nowhere else', async () => {
  const options = { apiKey: 'sk_live_secret', baseURL: upstream.baseURL, authorize: () => true }
  const statuses = async (basePath: string, paths: string[]) => {
    const proxy = createProxy({ ...options, basePath })
    const asked = paths.map((path) => proxy(new Request(`https://site.example${path}`)))
    return (await Promise.all(asked)).map(({ status }) => status)
  }
  const paths = ['/films/v2/models', '/v2/models', '/x/films/v2/models', '/filmsx/v2/models']
  expect(await statuses('/films', paths)).toEqual([200, 404, 404, 404])
  expect(await statuses('/films/', paths)).toEqual([200, 404, 404, 404])
  expect(await statuses('/', paths)).toEqual([404, 200, 404, 404])
  expect(await statuses('/v2/films', ['/v2/films/v2/models', '/v2/models'])).toEqual([200, 404])
  for (const basePath of ['films', '/a b', '/films?x', '/../films', '//films', '.example/films']) {
    expect(() => createProxy({ ...options, basePath })).toThrow(/basePath must be/)
  }
})
