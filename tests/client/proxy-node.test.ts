import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createProxy, toNodeHandler, type ProxyOptions } from '../../packages/client/src/proxy.ts'
import { openSite, type Site } from './support/proxy-site.ts'
import { answer, completedBody, type RawServer, type Script } from './support/raw-server.ts'
import { listening } from './support/scripted.ts'

const finished: Script = (socket) => answer(socket, 200, completedBody('gen_1'))

interface WithSession {
  session?: { userId: string } | undefined
}

/** A site whose proxy asks a gateway that answers by the script. */
async function start(
  script: Script = finished,
  options: Partial<ProxyOptions<WithSession>> = {},
  before: (handler: RequestListener) => RequestListener = (handler) => handler,
): Promise<{ site: Site; gateway: RawServer }> {
  const gateway = await listening(script)
  const { baseURL } = gateway
  const proxy = createProxy({ apiKey: 'k', baseURL, authorize: () => true, ...options })
  const site = await openSite(before(toNodeHandler(proxy)))
  return { site, gateway }
}

const path = '/films/v2/images/generations'

function post(site: Site, body: BodyInit): Promise<Response> {
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' }
  return fetch(`${site.baseURL}${path}`, init)
}

async function dial(site: Site): Promise<Socket> {
  const socket = connect(Number(new URL(site.baseURL).port), '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** The next so many answers on a connection that stays open. */
async function statuses(socket: Socket, count: number): Promise<string[]> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    const found = [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => match[1] ?? '')
    if (found.length >= count && text.endsWith('0\r\n\r\n')) return found
  }
  return expect.fail(`the connection ended after ${text}`)
}

test('a body in pieces arrives as one', async () => {
  const { site, gateway } = await start()
  const pieces = ['{"model":', '"m",', `"prompt":"${'x'.repeat(300_000)}"}`]
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(new TextEncoder().encode(piece))
    },
  })
  const whole = pieces.join('')
  expect((await post(site, stream)).status).toBe(200)
  expect(gateway.requests[0]?.body).toBe(whole)
})

const next = 'GET /films/v2/models HTTP/1.1\r\nHost: x\r\n\r\n'

test.each<[string, Partial<ProxyOptions>, string]>([
  ['too large', { maxBodyBytes: 100_000 }, '400'],
  ['nobody’s', { authorize: () => false }, '401'],
])(
  'a connection is good for the next request after a body that is %s',
  async (_name, options, status) => {
    const { site, gateway } = await start(finished, options)
    const socket = await dial(site)
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunk = `${(500_000).toString(16)}\r\n${'x'.repeat(500_000)}\r\n`
    socket.write(`${head}${chunk}${chunk}${chunk}0\r\n\r\n${next}`)
    const second = status === '401' ? '401' : '200'
    expect(await statuses(socket, 2)).toEqual([status, second])
    expect(gateway.requests.map(({ line }) => line)).toEqual(
      second === '200' ? ['GET /v2/models HTTP/1.1'] : [],
    )
    socket.destroy()
  },
)

/** Starts a site where a body parser has read the body and left this. */
function startParsed(
  left: (text: string) => unknown,
  reported: unknown[] = [],
  more: Partial<ProxyOptions> = {},
) {
  const options = { onError: (error: unknown) => void reported.push(error), ...more }
  return start(finished, options, (handler) => async (request, response) => {
    handler(Object.assign(request, { body: left(await text(request)) }), response)
  })
}

const parsedPost = (site: Site, type: string, body = '{"model":"m","prompt":"a fox"}') =>
  fetch(`${site.baseURL}${path}`, { method: 'POST', body, headers: { 'Content-Type': type } })

test.each(['application/json', 'application/problem+json; charset=utf-8'])(
  'a body of %s of which a body parser has left only the object is sent on',
  async (type) => {
    const { site, gateway } = await startParsed(JSON.parse)
    expect((await parsedPost(site, type)).status).toBe(200)
    expect(gateway.requests[0]?.body).toBe('{"model":"m","prompt":"a fox"}')
  },
)

test('a form that a body parser has read is refused, as it is when none has', async () => {
  const { site, gateway } = await startParsed((text) =>
    Object.fromEntries(new URLSearchParams(text)),
  )
  const type = 'application/x-www-form-urlencoded'
  const response = await parsedPost(site, type, 'model=m&prompt=a+fox')
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: expect.objectContaining({ code: 'invalid_parameter' }) },
  ])
  expect(gateway.requests).toEqual([])
})

test('a body that a body parser has read and that is too deep is the page’s mistake', async () => {
  for (const levels of [33, 5_000, 100_000]) {
    const reported: unknown[] = []
    const options = { allow: { models: ['m'] } }
    const { site, gateway } = await startParsed(JSON.parse, reported, options)
    const body = `{"model":"m","x":${'['.repeat(levels)}${']'.repeat(levels)}}`
    const response = await parsedPost(site, 'application/json', body)
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: expect.objectContaining({ code: 'invalid_parameter' }) },
    ])
    expect([gateway.requests, reported]).toEqual([[], []])
  }
})

test('what a body parser leaves and JSON cannot say is answered and told to the owner', async () => {
  const circle: Record<string, unknown> = {}
  circle['circle'] = circle
  for (const left of [{ count: 1n }, circle]) {
    const reported: unknown[] = []
    const { site, gateway } = await startParsed(() => left, reported)
    const response = await parsedPost(site, 'application/json')
    expect([response.status, gateway.requests]).toEqual([500, []])
    expect(reported).toEqual([expect.any(TypeError)])
  }
})

test('an answer that authorize gives by itself, as those of Express do, is no yes and stands', async () => {
  const { gateway } = await start()
  const reported: unknown[] = []
  const proxy = createProxy<{ response: ServerResponse }>({
    apiKey: 'k',
    baseURL: gateway.baseURL,
    // What a program without types can do.
    authorize: (_request, { response }) => response.writeHead(403).end('sign in') as never,
    onError: (error) => reported.push(error),
  })
  const node = toNodeHandler(proxy)
  const own = await openSite((request, response) =>
    node(Object.assign(request, { response }), response),
  )
  for (const init of [{ method: 'GET' }, { method: 'POST', body: '{}' }]) {
    const response = await fetch(
      `${own.baseURL}${path}${init.method === 'GET' ? '/gen_1' : ''}`,
      init,
    )
    expect([response.status, await response.text()]).toEqual([403, 'sign in'])
  }
  expect(gateway.requests).toEqual([])
  expect(reported).toEqual([expect.any(TypeError), expect.any(TypeError)])
})

test('authorize sees what other middleware put on the request', async () => {
  const { site } = await start(
    finished,
    { authorize: (_request, { session }) => ({ user: session?.userId }) },
    (handler) => (request, response) => {
      const session = request.headers.cookie === 'sid=1' ? { userId: 'alice' } : undefined
      handler(Object.assign(request, { session }), response)
    },
  )
  const status = async (headers: Record<string, string>) =>
    (await fetch(`${site.baseURL}/films/v2/models`, { headers })).status
  expect([await status({ cookie: 'sid=1' }), await status({})]).toEqual([200, 401])
})

test('authorize sees the whole address where a framework has taken off its beginning', async () => {
  const seen: string[] = []
  const authorize = (request: Request) => {
    seen.push(request.url)
    return true
  }
  const { site } = await start(finished, { authorize }, (handler) => (request, response) => {
    const originalUrl = request.url
    request.url = request.url?.replace('/films', '') ?? ''
    handler(Object.assign(request, { originalUrl }), response)
  })
  expect((await fetch(`${site.baseURL}/films/v2/models?type=image`)).status).toBe(200)
  expect(seen).toEqual([`${site.baseURL}/films/v2/models?type=image`])
})

test('cookies of a Response that authorize throws arrive one by one', async () => {
  const headers: [string, string][] = [
    ['Set-Cookie', 'a=1; Path=/'],
    ['Set-Cookie', 'b=2; Path=/'],
    ['Location', '/login'],
  ]
  const { site } = await start(finished, {
    authorize: () => new Response(null, { status: 303, headers }),
  })
  const response = await fetch(`${site.baseURL}/films/v2/models`, { redirect: 'manual' })
  expect([response.status, response.headers.get('Location')]).toEqual([303, '/login'])
  expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
})

test('a browser that leaves while it sends its body asks the gateway for nothing', async () => {
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  let end = (_answer: Response): void => {}
  const ended = new Promise<Response>((resolve) => (end = resolve))
  const gateway = await listening(finished)
  const { baseURL } = gateway
  const proxy = createProxy({ apiKey: 'k', baseURL, authorize: () => (begin(), true) })
  const handler = toNodeHandler(async (request) => {
    const response = await proxy(request)
    end(response)
    return response
  })
  const site = await openSite(handler)
  const socket = await dial(site)
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"model":`)
  await begun
  socket.destroy()
  expect((await ended).status).toBe(400)
  expect(gateway.requests).toEqual([])
  expect((await fetch(`${site.baseURL}/films/v2/models`)).status).toBe(200)
})

test('an answer that breaks off is seen to break off', async () => {
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
    pull: (controller) => controller.error(new Error('gone')),
  })
  const site = await openSite(toNodeHandler(async () => new Response(broken)))
  const text = fetch(site.baseURL).then((response) => response.text())
  await expect(text).rejects.toThrow(TypeError)
})

test('a large answer arrives whole', async () => {
  const part = new Uint8Array(200_000)
  let parts = 0
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => (parts++ < 50 ? controller.enqueue(part) : controller.close()),
  })
  const site = await openSite(toNodeHandler(async () => new Response(stream)))
  expect((await (await fetch(site.baseURL)).arrayBuffer()).byteLength).toBe(10_000_000)
})

test('a Host that is none is answered, not died of', async () => {
  const { site } = await start()
  const received = await site.send(
    'GET /films/v2/models HTTP/1.1\r\nHost: a b:999999\r\nConnection: close\r\n\r\n',
  )
  expect(received).toMatch(/^HTTP\/1\.1 404 .*"code":"not_found"/s)
})

test('a request without a Host has the address of this machine', async () => {
  const seen: string[] = []
  const authorize = ({ url }: Request) => Boolean(seen.push(url))
  const { site } = await start(finished, { authorize })
  await site.send('GET /films/v2/models HTTP/1.0\r\n\r\n')
  expect(seen).toEqual(['http://localhost/films/v2/models'])
})

test.each([
  'site/films/v2/videos/generations?',
  'site/films/v2/videos/generations#',
  'site\\films\\v2\\videos\\generations?',
  'site?',
  '/',
  '@site',
  '',
])('a Host of %s leads to no path but the one that all before it saw', async (host) => {
  const { site, gateway } = await start(finished, { basePath: '/films' })
  const head = 'GET /films/v2/models HTTP/1.1\r\nConnection: close\r\n'
  await site.send(`${head}Host: ${host}\r\n\r\n`)
  expect(gateway.requests).toHaveLength(1)
  await site.send(`${head.replace('/films', '/elsewhere/films')}Host: ${host}\r\n\r\n`)
  expect(gateway.requests.map(({ line }) => line)).toEqual(['GET /v2/models HTTP/1.1'])
})
