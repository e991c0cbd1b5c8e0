/** Which pages of other origins may read what, as headers say it and as a real browser takes it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as filmgateClient from '../../packages/client/src/index.ts'
import { responseHeaders } from '../../packages/server/src/contract/openapi-headers.ts'
import { api, postImage, type ApiAnswer } from '../support/api.ts'
import { chromiumPath, launchBrowser } from '../support/browser.ts'
import { expectError } from './support/expect-error.ts'
import { sendRaw } from './support/raw.ts'
import { useGateway } from './support/use-gateway.ts'

const listed = 'https://app.example.com'
const stranger = 'https://evil.example'

interface Asked {
  origin: string
  path?: string
  method?: string
  names?: string
}

describe('without a list of origins', () => {
  const gateway = useGateway()

  it('the API says nothing of origins, and a preflight finds nothing', async () => {
    const answer = await api(gateway, 'GET', '/v2/models', { headers: { origin: listed } })
    expect(answer.status).toBe(200)
    expect(corsOf(answer)).toEqual({})
    expectError(await preflight(gateway, { origin: listed }), 'not_found', { message: /GET/ })
  })

  it('a download is open to every page, with the headers that going on with it takes', async () => {
    const { url } = (await postImage(gateway)).body.data[0]
    const { pathname, search } = new URL(url)
    const path = `${pathname}${search}`
    const answer = await api(gateway, 'GET', path, { key: null, headers: { origin: stranger } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const exposed = answer.headers.get('access-control-expose-headers')
    for (const name of ['ETag', 'Content-Range', 'Content-Length', 'X-Request-Id']) {
      expect(exposed?.split(', ')).toContain(name)
    }
    const asked = await preflight(gateway, { origin: stranger, path, names: 'if-range,range' })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-methods')).toBe('GET, HEAD')
    expect(asked.headers.get('access-control-allow-headers')).toBe('if-range,range')
  })

  it.each([
    ['a link that is wrong', '/v2/downloads/gen_0/0?exp=1&sig=x'],
    ['an address of no file', '/v2/downloads/nothing'],
    ['an address that is not validly encoded', '/v2/downloads/%zz/0'],
  ])('%s is an error that every page can read', async (_what, path) => {
    const answer = await api(gateway, 'GET', path, { key: null })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('the OpenAPI document is open to every page', async () => {
    const answer = await api(gateway, 'GET', '/openapi.json', { key: null })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('vary')).toBeNull()
  })
})

describe('with a list of origins', () => {
  const gateway = useGateway({ config: { cors_origins: ['http://localhost:1', listed] } })

  it('a page of a listed origin may read every answer, errors included, and every header of ours', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 0, imagesPerMinute: 1 })
    const headers = { origin: listed }
    const answers = [
      await api(gateway, 'GET', '/v2/models', { headers }),
      await api(gateway, 'GET', '/v2/models', { headers, key: null }),
      await api(gateway, 'GET', '/nowhere', { headers }),
      await postImage(gateway, { prompt: '' }, { headers }),
      await postImage(owner, {}, { headers }),
      await postImage(gateway, { prompt: 'a fox [[rate_limit]]' }, { headers }),
      await postImage(gateway, { prompt: 'a fox [[server_error]]' }, { headers }),
      await postImage(gateway, { prompt: 'a fox [[content_policy_violation]]' }, { headers }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 400, 402, 429, 500, 422])
    for (const answer of answers) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(listed)
      expect(answer.headers.get('vary')).toBe('Origin')
      const exposed = answer.headers.get('access-control-expose-headers')?.split(', ')
      expect(exposed).toEqual(expect.arrayContaining(Object.keys(responseHeaders)))
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it('a page of any other origin may read none, and caches keep the two apart', async () => {
    for (const origin of [stranger, 'null', `${listed}.evil.example`, 'http://localhost:11']) {
      const answer = await api(gateway, 'GET', '/v2/models', { headers: { origin } })
      expect(answer.status).toBe(200)
      expect(corsOf(answer)).toEqual({ vary: 'Origin' })
      expectError(await preflight(gateway, { origin }), 'not_found')
    }
    expect(corsOf(await api(gateway, 'GET', '/v2/models'))).toEqual({ vary: 'Origin' })
  })

  it('a preflight of a listed origin is answered 204 for every path there is, and for no other', async () => {
    const asked = await preflight(gateway, {
      origin: listed,
      path: '/v2/images/generations',
      method: 'POST',
      names: 'authorization,content-type,idempotency-key,x-stainless-os',
    })
    expect(asked.status).toBe(204)
    expect(asked.text).toBe('')
    expect(corsOf(asked)).toEqual({
      'access-control-allow-origin': listed,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization,content-type,idempotency-key,x-stainless-os',
      'access-control-max-age': '86400',
      'access-control-expose-headers': expect.any(String),
      vary: 'Origin, Access-Control-Request-Headers',
    })
    expectError(await preflight(gateway, { origin: listed, path: '/nowhere' }), 'not_found')
    const plain = await api(gateway, 'OPTIONS', '/v2/models', { headers: { origin: listed } })
    expectError(plain, 'not_found', { message: /GET/ })
  })

  it('what is no list of header names is not repeated', async () => {
    const asked = await preflight(gateway, { origin: listed, names: 'a b, c:d' })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-headers')).toBeNull()
  })

  it('Expect: nonsense from a listed origin is an error that its page can read', async () => {
    const [answer] = await sendRaw(
      gateway.baseURL,
      `POST /v2/images/generations HTTP/1.1\r\nHost: x\r\nOrigin: ${listed}\r\nExpect: nonsense\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(answer?.status).toBe(400)
    expect(answer?.headers['access-control-allow-origin']).toBe(listed)
  })
})

describe('with "*"', () => {
  const gateway = useGateway({ config: { cors_origins: '*' } })

  it('every page may read every answer', async () => {
    const answer = await api(gateway, 'GET', '/v2/models', { headers: { origin: stranger } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('vary')).toBeNull()
    expect((await preflight(gateway, { origin: stranger })).status).toBe(204)
  })
})

if (chromiumPath === undefined)
  console.warn(
    'SKIPPED: no page called the API from another origin, because no Chromium was found.',
  )

describe.skipIf(chromiumPath === undefined)('a page of another origin, with the client', () => {
  let host: Server
  let browser: Browser
  let page: Page
  let origin: string
  // Its config names the port of the page, which is known only once the page is served.
  const config: { cors_origins?: string[] } = {}
  beforeAll(async () => {
    host = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>an app</title>')
    })
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
    // A listening TCP server has an address of this kind.
    origin = `http://localhost:${(host.address() as AddressInfo).port}`
    config.cors_origins = [origin]
    browser = await launchBrowser()
    page = await browser.newPage()
    await page.goto(origin)
    await page.evaluate(await clientBundle())
  })
  afterAll(async () => {
    await browser?.close()
    host?.close()
  })
  const open = useGateway({ config })
  const closed = useGateway()

  it('makes an image, reads its price, downloads it, and sees errors for what they are', async () => {
    const seen = await page.evaluate(callFromPage, { baseURL: open.baseURL, apiKey: open.key })
    expect(seen).toEqual({
      status: 'completed',
      generationId: expect.stringMatching(/^gen_/),
      isWhole: true,
      type: 'image/jpeg',
      refusedKey: 'invalid_api_key',
      limited: 'rate_limit',
      retryAfterMs: expect.any(Number),
    })
  })

  it('gets nothing from a gateway that does not list its origin: the control', async () => {
    const { baseURL, key } = closed
    const outcome = await page.evaluate(
      ([address, secret]) =>
        fetch(`${address}/v2/models`, { headers: { authorization: `Bearer ${secret}` } }).then(
          () => 'read',
          () => 'blocked',
        ),
      [baseURL, key],
    )
    expect(outcome).toBe('blocked')
  })
})

/** Asks as a browser does before it sends what a page may not send unasked. */
function preflight(
  gateway: Parameters<typeof api>[0],
  { origin, path = '/v2/models', method = 'GET', names }: Asked,
): Promise<ApiAnswer> {
  return api(gateway, 'OPTIONS', path, {
    key: null,
    headers: {
      origin,
      'access-control-request-method': method,
      ...(names === undefined ? {} : { 'access-control-request-headers': names }),
    },
  })
}

function corsOf({ headers }: ApiAnswer): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  )
}

/** The client as one script that leaves its exports in `window.filmgateClient`. */
async function clientBundle(): Promise<string> {
  const input = fileURLToPath(new URL('../../packages/client/dist/index.js', import.meta.url))
  const build = await rolldown({ input, platform: 'browser' })
  const { output } = await build.generate({ format: 'iife', name: 'filmgateClient' })
  return output[0].code
}

/** Runs in the page and sees nothing of this module. */
async function callFromPage(options: { baseURL: string; apiKey: string }): Promise<unknown> {
  // The bundle was evaluated before; a page has no module types.
  const { Filmgate } = (globalThis as unknown as { filmgateClient: typeof filmgateClient })
    .filmgateClient
  const filmgate = new Filmgate({ ...options, maxRetries: 0 })
  const params = { model: 'sandbox-image', prompt: 'a red fox' }
  const made = await filmgate.images.generate(params).withResponse()
  const blob = await filmgate.download(made.data)
  const errorOf = (call: PromiseLike<unknown>) =>
    call.then(
      (): { code?: string; retryAfterMs?: number } => ({ code: 'resolved' }),
      (error: { code?: string; retryAfterMs?: number }) => error,
    )
  const other = new Filmgate({ ...options, apiKey: `sk_live_${'0'.repeat(40)}`, maxRetries: 0 })
  const limited = await errorOf(
    filmgate.images.generate({ ...params, prompt: 'a fox [[rate_limit retry_after=7]]' }),
  )
  return {
    status: made.data.status,
    generationId: made.generationId,
    isWhole: blob.size > 1000,
    type: blob.type,
    refusedKey: (await errorOf(other.models.list())).code,
    limited: limited.code,
    retryAfterMs: limited.retryAfterMs,
  }
}
