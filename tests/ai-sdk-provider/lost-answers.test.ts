/**
 * The AI SDK repeats by itself what calls itself retryable. Here a server makes a generation and then
 * lies about it in every way that a network allows; what counts are its POSTs and their keys.
 */
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { answer, completedBody, errorBody, type Script } from '../client/support/raw-server.ts'
import { cut, reset, startLyingBench, type LyingBench } from './support/benches.ts'

let bench: LyingBench
beforeAll(async () => {
  bench = await startLyingBench()
}, 300_000)
afterEach(() => bench?.closeServer())
afterAll(() => bench?.close())

const image = { call: 'generateImage', options: { prompt: 'A fox' } } as const

const lies: Record<string, Script> = {
  'a 500 of the API': (socket) => answer(socket, 500, errorBody('server_error')),
  'a 500 that asks to come back': (socket) =>
    answer(socket, 500, errorBody('server_error'), { 'X-Should-Retry': 'true' }),
  "a proxy's page with status 502": (socket) =>
    answer(socket, 502, '<html>bad gateway</html>', { 'Content-Type': 'text/html' }),
  'a 503 without a body': (socket) => answer(socket, 503, ''),
  'a 409 and a 408': (socket, _request, count) => answer(socket, count === 1 ? 409 : 408, ''),
  'a success that is cut off': cut(200, completedBody('gen_1')),
  'a success that is no JSON': (socket) => answer(socket, 200, 'null and void'),
  'an error that is cut off': cut(500, errorBody('server_error')),
  'a reset after the request was read': reset,
  'a finished image without a file': (socket) =>
    answer(socket, 200, { id: 'gen_1', status: 'completed', model: 'm', data: [] }),
  'a finished image whose file cannot be fetched': (socket) =>
    answer(socket, 200, completedBody('gen_1'), { 'X-Billed': 'true' }),
  'a failed generation': (socket) =>
    answer(socket, 500, errorBody('server_error'), {
      'X-Generation-Id': 'gen_1',
      'X-Billed': 'true',
      'X-Should-Retry': 'false',
    }),
  'a lost answer, then a refusal for the rate': (socket, request, count) =>
    count === 1
      ? reset(socket)
      : answer(socket, 429, errorBody('rate_limit'), { 'Retry-After-Ms': '1' }),
  'a refusal for the rate of what was accepted': (socket) =>
    answer(socket, 429, errorBody('rate_limit'), {
      'Retry-After-Ms': '1',
      'X-Generation-Id': 'gen_1',
    }),
}

test.each(Object.entries(lies))('%s: the AI SDK makes no second order', async (_name, script) => {
  const error = await (await bench.at(script, image)).error()
  expect(bench.keys()).toHaveLength(1)
  expect(bench.posts().length).toBeLessThanOrEqual(3)
  expect(error).toMatchObject({ tries: 1, isApiCallError: true, isRetryable: false })
  expect(error.data?.['idempotencyKey'] ?? error.data?.['generationId']).toBeDefined()
})

test('an answer that is lost, but whose headers named the image, is read and not ordered again', async () => {
  const url = () => `${bench.server().baseURL}/image.gif`
  const truncated = cut(200, completedBody('gen_1'), { 'X-Generation-Id': 'gen_1' })
  const script: Script = (socket, request, count) => {
    if (request.line.startsWith('POST')) {
      truncated(socket, request, count)
    } else if (request.line.startsWith('GET /image.gif')) {
      answer(socket, 200, 'GIF89a', { 'Content-Type': 'image/gif' })
    } else {
      const output = { url: url(), mime_type: 'image/gif' }
      answer(socket, 200, { id: 'gen_1', status: 'completed', model: 'm', data: [output] })
    }
  }
  const result = await (await bench.at(script, image)).result()
  expect(result.files).toMatchObject([{ mediaType: 'image/gif' }])
  expect(result.providerMetadata?.filmgate.images).toMatchObject([{ id: 'gen_1', url: url() }])
  expect(bench.posts()).toHaveLength(1)
})

test('a page in the place of a finished image is no image, and names what was paid for', async () => {
  const script: Script = (socket, { line }) => {
    if (line.startsWith('GET')) answer(socket, 200, '<html>', { 'Content-Type': 'text/html' })
    else {
      const output = { url: `${bench.server().baseURL}/image.png`, mime_type: 'image/png' }
      answer(socket, 200, { id: 'gen_1', status: 'completed', model: 'm', data: [output] })
    }
  }
  const error = await (await bench.at(script, image)).error()
  expect(error).toMatchObject({ tries: 1, isRetryable: false, data: { generationId: 'gen_1' } })
  expect(bench.posts()).toHaveLength(1)
})

test('headers of the AI SDK and of its caller arrive', async () => {
  const refuse: Script = (socket) => answer(socket, 400, errorBody('invalid_parameter'))
  const options = { prompt: 'A fox', headers: { 'X-Team': 'foxes' } }
  await (await bench.at(refuse, { ...image, options })).error()
  const headers = bench.posts()[0]?.headers
  expect(headers?.get('x-team')).toBe('foxes')
  expect(headers?.get('user-agent')).toMatch(/^ai\/7\./)
})

test('the path of a local file is never read: it may be the word of a stranger', async () => {
  const script: Script = (socket) => answer(socket, 400, errorBody('invalid_parameter'))
  for (const url of ['/etc/hostname', './package.json', 'file:///etc/hostname']) {
    const providerOptions = { filmgate: { images: [{ url }] } }
    const call = await bench.at(script, { ...image, options: { prompt: 'A fox', providerOptions } })
    expect(await call.error()).toMatchObject({ name: 'AI_InvalidArgumentError' })
    expect(bench.server().requests).toEqual([])
  }
})

test('connections that break before anything is read are not opened again by the AI SDK', async () => {
  let opened = 0
  const breaking = createServer((socket) => {
    opened += 1
    socket.resetAndDestroy()
  })
  await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve))
  // An address with a port: the server listens on TCP.
  const baseURL = `http://127.0.0.1:${(breaking.address() as AddressInfo).port}`
  const order = { ...image, settings: { apiKey: 'sk_test_x', baseURL }, client: { maxRetries: 2 } }
  const error = await bench.sdk.call(order).error()
  expect(error).toMatchObject({ tries: 1, isRetryable: false, data: { code: 'connection_error' } })
  expect(opened).toBe(3)
  await new Promise((resolve) => breaking.close(resolve))
  // Now nobody listens there at all.
  expect(await bench.sdk.call(order).error()).toMatchObject({ tries: 1, isRetryable: false })
})

test('the control: called retryable, one image becomes three orders', async () => {
  const script: Script = (socket) => answer(socket, 500, errorBody('server_error'))
  const naive = await bench.at(script, { ...image, client: { maxRetries: 0 }, naive: true })
  expect(await naive.error()).toMatchObject({ tries: 3 })
  expect(bench.keys()).toHaveLength(3)
})

test('three images at a failing server are three orders, however often each is sent', async () => {
  const script: Script = (socket) => answer(socket, 500, errorBody('server_error'))
  const call = await bench.at(script, { ...image, options: { prompt: 'Foxes', n: 3 } })
  const error = await call.error()
  expect(error).toMatchObject({ tries: 1, data: { code: 'server_error', attempts: 3 } })
  expect(bench.keys()).toHaveLength(3)
})

test('a finished image whose file is lost names its id, its link and its bill', async () => {
  const script: Script = (socket) =>
    answer(socket, 200, completedBody('gen_1'), { 'X-Billed': 'true' })
  const error = await (await bench.at(script, image)).error()
  expect(bench.posts()).toHaveLength(1)
  expect(error.message).toContain('Generation gen_1 is finished, but its file could not be fetched')
  expect(error.url).toBe('http://127.0.0.1:1/x')
  expect(error.data).toMatchObject({
    code: 'wait_interrupted',
    generationId: 'gen_1',
    billed: true,
    retryable: false,
  })
  expect(error.filmgate).toMatchObject({ generationId: 'gen_1' })
})

test('a rate limit on the first try may be repeated by the AI SDK, for it started nothing', async () => {
  const script: Script = (socket, _request, count) =>
    count < 3
      ? answer(socket, 429, errorBody('rate_limit'), { 'Retry-After-Ms': '1' })
      : answer(socket, 400, errorBody('invalid_parameter'))
  const error = await (await bench.at(script, { ...image, client: { maxRetries: 0 } })).error()
  expect(error).toMatchObject({ tries: 3, data: { code: 'invalid_parameter' } })
})

test('a minute is not swapped for the two seconds of the AI SDK', async () => {
  const script: Script = (socket) =>
    answer(socket, 429, errorBody('rate_limit'), { 'Retry-After': '60' })
  const error = await (await bench.at(script, { ...image, client: { maxRetries: 0 } })).error()
  expect(bench.posts()).toHaveLength(1)
  expect(error).toMatchObject({ tries: 1, isRetryable: false })
  expect(error.data).toMatchObject({ retryable: true, retryAfterMs: 60_000 })
})

test('with a key of the caller, the AI SDK may repeat, and every try carries it', async () => {
  const script: Script = (socket, _request, count) =>
    count < 3
      ? answer(socket, 500, errorBody('server_error'), { 'Retry-After-Ms': '1' })
      : answer(socket, 400, errorBody('invalid_parameter'))
  const providerOptions = { filmgate: { idempotencyKey: 'order-1234' } }
  const options = { prompt: 'A fox', providerOptions }
  const error = await (
    await bench.at(script, { ...image, options, client: { maxRetries: 0 } })
  ).error()
  expect(error).toMatchObject({ tries: 3, data: { code: 'invalid_parameter' } })
  expect(bench.keys()).toEqual(['order-1234'])
})

test('an abort while the file is fetched names the image that is finished', async () => {
  let arrived = (): void => {}
  const fetched = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const script: Script = (socket, { line }) => {
    if (line.startsWith('GET')) return arrived()
    const output = { url: `${bench.server().baseURL}/image.png`, mime_type: 'image/png' }
    answer(socket, 200, { id: 'gen_1', status: 'completed', model: 'm', data: [output] })
  }
  const call = await bench.at(script, image)
  await fetched
  call.abort()
  const error = await call.error()
  expect(error).toMatchObject({ name: 'AbortError', isAbortError: true, tries: 1 })
  expect(error.filmgate).toMatchObject({ code: 'aborted', generationId: 'gen_1' })
})
