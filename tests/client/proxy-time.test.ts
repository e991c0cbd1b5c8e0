import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createProxy, toNodeHandler, type ProxyOptions } from '../../packages/client/src/proxy.ts'
import { openSite } from './support/proxy-site.ts'
import { answer, completedBody, type Script } from './support/raw-server.ts'
import { listening } from './support/scripted.ts'

let reported: string[] = []
afterEach(() => {
  reported = []
})

const finished: Script = (socket) => answer(socket, 200, completedBody('gen_1'))
const path = '/films/v2/images/generations'
const never = (): Promise<never> => new Promise<never>(() => {})

function proxyTo(baseURL: string, options: Partial<ProxyOptions>) {
  return createProxy({
    apiKey: 'sk_live_secret',
    baseURL,
    authorize: () => true,
    onError: (error) => reported.push(String(error)),
    ...options,
  })
}

function post(body: BodyInit = '{"model":"m"}', signal?: AbortSignal): Request {
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' }
  return new Request(`https://site.example${path}`, { ...init, ...(signal && { signal }) })
}

const read = (signal?: AbortSignal) =>
  new Request(`https://site.example${path}/gen_1`, signal && { signal })

test('a page that leaves once it has sent its request cannot hide what it costs', async () => {
  let arrive = (_socket: Socket): void => {}
  const arrived = new Promise<Socket>((resolve) => (arrive = resolve))
  const gateway = await listening((socket) => arrive(socket))
  let tell = (_id: string): void => {}
  const told = new Promise<string>((resolve) => (tell = resolve))
  const proxy = proxyTo(gateway.baseURL, { onAccepted: (id) => tell(id) })
  let leave = (): void => {}
  const left = new Promise<void>((resolve) => (leave = resolve))
  const node = toNodeHandler(proxy)
  const site = await openSite((request, response) => {
    response.on('close', leave)
    node(request, response)
  })
  const abort = new AbortController()
  const init = { method: 'POST', body: '{}', signal: abort.signal }
  const page = fetch(`${site.baseURL}${path}`, init).catch((error: Error) => error.name)
  const socket = await arrived
  abort.abort()
  expect(await page).toBe('AbortError')
  await left
  answer(socket, 200, completedBody('gen_1'))
  expect(await told).toBe('gen_1')
})

test('a platform is told what to wait for, and an error of its stops nothing', async () => {
  const gateway = await listening(finished)
  const events: string[] = []
  const works: Promise<void>[] = []
  const options: Partial<ProxyOptions> = {
    onAccepted: (id) => void events.push(id),
    waitUntil: (work, context) => {
      events.push(String(context))
      works.push(work)
      throw new Error('not here')
    },
  }
  const proxy = proxyTo(gateway.baseURL, options)
  expect((await proxy(post(), 'context')).status).toBe(200)
  await Promise.all(works)
  await proxy(read(), 'context')
  expect([events, works.length]).toEqual([['context', 'gen_1'], 1])
  expect(reported).toEqual(['Error: not here'])
})

test('a page that leaves while the owner decides asks the gateway for nothing', async () => {
  const gateway = await listening(finished)
  const abort = new AbortController()
  const transform = () => {
    abort.abort()
  }
  await proxyTo(gateway.baseURL, { transform })(post(undefined, abort.signal))
  await proxyTo(gateway.baseURL, { authorize: never })(read(abort.signal))
  expect([gateway.requests, reported]).toEqual([[], []])
})

test.each<[string, Partial<ProxyOptions>, Request]>([
  ['authorize', { authorize: never }, read()],
  ['canRead', { canRead: never }, read()],
  ['transform', { transform: never }, post()],
  ['apiKey', { apiKey: never }, read()],
  ['fetch, which ignores its signal,', { fetch: never }, read()],
  ['an answer', { fetch: async () => new Response(new ReadableStream()) }, read()],
])('%s that never comes is given up on when the time is over', async (_name, options, request) => {
  const gateway = await listening(finished)
  const response = await proxyTo(gateway.baseURL, { timeout: 30, ...options })(request)
  expect([response.status, gateway.requests]).toEqual([500, []])
  expect(reported).toHaveLength(1)
})

test('so is a body that comes in drips, and its sender is told to stop', async () => {
  const gateway = await listening(finished)
  let isStopped = false
  const drips = new ReadableStream<Uint8Array>({
    pull: (controller) =>
      new Promise((resolve) =>
        setImmediate(() => {
          if (!isStopped) controller.enqueue(new Uint8Array([32]))
          resolve()
        }),
      ),
    cancel: () => void (isStopped = true),
  })
  const response = await proxyTo(gateway.baseURL, { timeout: 30 })(post(drips))
  expect([response.status, isStopped, gateway.requests]).toEqual([400, true, []])
})

test('an onAccepted that never ends cannot lose what was paid for', async () => {
  const gateway = await listening(finished)
  const proxy = proxyTo(gateway.baseURL, { timeout: 200, onAccepted: never })
  expect((await proxy(post())).status).toBe(200)
  expect(reported).toEqual([expect.stringContaining('200 ms of timeout are over')])
})

test('a request whose body does not come holds next to no memory', async () => {
  const proxy = proxyTo('http://127.0.0.1:9', { timeout: 2_000 })
  const before = process.memoryUsage().arrayBuffers
  const senders: ReadableStreamDefaultController<Uint8Array>[] = []
  const answers = Array.from({ length: 500 }, () =>
    proxy(post(new ReadableStream({ start: (controller) => void senders.push(controller) }))),
  )
  for (const each of senders) each.enqueue(new Uint8Array([123]))
  await new Promise(setImmediate)
  // 64 KB each would be 32 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000)
  for (const each of senders) each.error(new Error('gone'))
  for (const each of await Promise.all(answers)) expect(each.status).toBe(400)
})

test('a browser that leaves ends the reading of its film, and the site goes on', async () => {
  let arrive = (_socket: Socket): void => {}
  const arrived = new Promise<Socket>((resolve) => (arrive = resolve))
  const gateway = await listening((socket, request, count) =>
    request.line.includes('models') ? finished(socket, request, count) : arrive(socket),
  )
  const site = await openSite(toNodeHandler(proxyTo(gateway.baseURL, {})))
  const abort = new AbortController()
  const init = { signal: abort.signal }
  const waiting = fetch(`${site.baseURL}${path}/gen_1`, init).catch((error: Error) => error.name)
  const upstream = await arrived
  const closed = once(upstream, 'close')
  abort.abort()
  expect(await waiting).toBe('AbortError')
  await closed
  expect((await fetch(`${site.baseURL}/films/v2/models`)).status).toBe(200)
  expect(reported).toEqual([])
})
