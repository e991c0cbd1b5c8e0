import { connect } from 'node:http2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  Filmgate,
  InvalidApiKeyError,
  InvalidParameterError,
  RateLimitError,
  ServerError,
} from '../../packages/client/src/index.ts'
import { blankPng } from '../safety/support/made-pictures.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { freePort, proxyKinds, startProxy, whyNot, type Proxy } from './support/proxy.ts'
import { trustingFetch, type TrustingFetch } from './support/through.ts'

const reason = whyNot()
if (reason !== undefined)
  console.warn(`SKIPPED: the proxies of docs/operations.md, because ${reason}.`)

const sites = proxyKinds.flatMap((kind) => [
  { kind, path: '' },
  { kind, path: '/filmgate' },
])

describe.skipIf(reason !== undefined).each(sites)('behind $kind, at "$path"', ({ kind, path }) => {
  let gateway: TestGateway
  let proxy: Proxy
  let through: TrustingFetch
  let publicUrl: string
  let filmgate: Filmgate

  beforeAll(async () => {
    const port = await freePort()
    publicUrl = `https://127.0.0.1:${port}${path}`
    gateway = await startGateway({ env: { FILMGATE_PUBLIC_URL: publicUrl } })
    const { host } = new URL(gateway.baseURL)
    proxy = await startProxy({ kind, port, gateway: host, isBelowPath: path !== '' })
    through = trustingFetch(proxy.ca, { records: path === '' })
    filmgate = clientWith(gateway.testKey)
  })
  afterAll(async () => {
    await through?.close()
    await proxy?.stop()
    await gateway?.stop()
  })

  const clientWith = (apiKey: string) =>
    new Filmgate({ baseURL: publicUrl, apiKey, fetch: through.fetch, maxRetries: 0 })
  const send = (target: string, init: RequestInit = {}) =>
    through.fetch(`${publicUrl}${target}`, {
      ...init,
      headers: { authorization: `Bearer ${gateway.testKey}`, ...init.headers },
    })

  test('an image is made, and its file comes whole, in parts and with its tag', async () => {
    const image = await filmgate.images.generate({ model: 'sandbox-image', prompt: 'a red fox' })
    const link = image.data[0]?.url ?? ''
    expect(link.startsWith(`${publicUrl}/v2/downloads/`)).toBe(true)
    const whole = await filmgate.download(image)
    const part = await through.fetch(link, { headers: { range: 'bytes=10-19' } })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${whole.size}`)
    expect(await part.arrayBuffer()).toEqual(await whole.slice(10, 20).arrayBuffer())
    const known = { 'if-none-match': part.headers.get('etag') ?? '' }
    expect((await through.fetch(link, { headers: known })).status).toBe(304)
  })

  test('a film is waited for and comes whole', async () => {
    const film = await filmgate.videos.generate({
      model: 'sandbox-video',
      prompt: 'a red fox',
      duration: 2,
      resolution: '480p',
    })
    const file = await filmgate.download(film)
    expect(await file.slice(4, 8).text()).toBe('ftyp')
  })

  test('a reference image of 20 MB in a body of 27 MB is taken', async () => {
    const picture = Buffer.concat([blankPng(64, 64), Buffer.alloc(20 * 1024 * 1024 - 500)])
    const quote = await filmgate.images.quote({
      model: 'sandbox-image',
      prompt: 'a red fox',
      images: [{ url: `data:image/png;base64,${picture.toString('base64')}` }],
    })
    expect(quote.usage.total_cost).toBeGreaterThan(0)
  })

  test('a body that is too large, or is sent with a wrong key, is refused by the gateway itself', async () => {
    const large = { model: 'sandbox-image', prompt: 'x'.repeat(40 * 1024 * 1024) }
    const tooLarge = await caught(filmgate.images.generate(large))
    expect(tooLarge).toBeInstanceOf(InvalidParameterError)
    expect(tooLarge).toMatchObject({ message: expect.stringContaining('28 MiB') })

    const stranger = clientWith(`sk_live_${'0'.repeat(40)}`)
    expect(await caught(stranger.images.generate(large))).toBeInstanceOf(InvalidApiKeyError)
  })

  test('errors arrive as the gateway wrote them, with ids and advice', async () => {
    const prompt = 'a red fox [[rate_limit retry_after=7]]'
    const error = await caught(filmgate.images.generate({ model: 'sandbox-image', prompt }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({
      retryAfterMs: 7000,
      docUrl: `${publicUrl}/docs/errors/rate_limit`,
    })

    const answer = await send('/v2/nothing', { headers: { 'x-request-id': 'req-of-mine' } })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('x-request-id')).toBe('req-of-mine')
    const { error: body } = (await answer.json()) as { error: object }
    expect(Object.keys(body).toSorted()).toEqual(['code', 'doc_url', 'message', 'param', 'type'])
  })

  test('headers that are too long are refused in the words of the API, whoever finds them', async () => {
    const answer = await send('/v2/models', { headers: { 'x-long': 'a'.repeat(40_000) } })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(await answer.json()).toMatchObject({
      error: { code: 'invalid_parameter', param: null, message: expect.stringMatching(/headers/) },
    })
  })

  test('the pages are there, and their links stay where they are', async () => {
    const page = await (await send('/')).text()
    const links = [...page.matchAll(/href="(\/[^"#]*)/g)].map(([, link]) => link ?? '')
    expect(links.length).toBeGreaterThan(3)
    for (const link of new Set(links)) {
      const answer = await through.fetch(new URL(link, publicUrl))
      expect(answer.status, link).toBe(200)
      await answer.body?.cancel()
    }
    // Typed without the slash, as people do; a proxy below a path sends them on.
    expect((await through.fetch(publicUrl)).status).toBe(200)
  })

  test('HTTP/2 works', async () => {
    const session = connect(new URL(publicUrl).origin, { ca: proxy.ca })
    const stream = session.request({ ':path': `${path}/healthz` })
    let body = ''
    for await (const part of stream.setEncoding('utf8')) body += part
    expect(session.alpnProtocol).toBe('h2')
    expect(JSON.parse(body)).toEqual({ status: 'ok' })
    session.close()
  })

  // Last, because it takes the gateway away.
  test('while the gateway is down, the proxy answers as the API does', async () => {
    await gateway.kill()
    const error = await caught(
      filmgate.images.generate({ model: 'sandbox-image', prompt: 'a red fox' }),
    )
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ status: 500, retryable: true, retryAfterMs: 5000 })
    const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    const unkeyed = await send('/v2/images/generations', post)
    expect(unkeyed.headers.get('x-should-retry')).toBe('false')
    expect((await send('/v2/models')).headers.get('x-should-retry')).toBe('true')
    await gateway.restart()
    expect((await send('/readyz')).status).toBe(200)
  })
})

function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
}
