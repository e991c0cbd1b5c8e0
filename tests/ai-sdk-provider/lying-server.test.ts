/**
 * The AI SDK repeats by itself what calls itself retryable. Here a server makes a generation and then
 * lies about it in every way that a network allows; what counts are its POSTs and their keys.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  answer,
  completedBody,
  errorBody,
  startRawServer,
  type RawServer,
  type Script,
} from '../client/support/raw-server.ts'
import { makeProject, type Project } from './support/project.ts'
import { startSdk, type Called, type Order, type Sdk } from './support/sdk.ts'

let project: Project
let sdk: Sdk
let server: RawServer | undefined
beforeAll(async () => {
  project = await makeProject()
  sdk = await startSdk(project.folder)
}, 300_000)
afterEach(() => server?.close())
afterAll(() => Promise.all([sdk?.close(), project?.remove()]))

/** Makes a call at a server that does as the script says. */
async function at(script: Script, order: Omit<Order, 'settings'>): Promise<Called> {
  server = await startRawServer(script)
  const settings = { apiKey: 'sk_test_x', baseURL: server.baseURL }
  return sdk.call({ client: { maxRetries: 2 }, ...order, settings })
}

const image = { call: 'generateImage', options: { prompt: 'A fox' } } as const
const film = { call: 'generateVideo', options: { prompt: 'A fox' } } as const
const posts = () => server?.requests.filter(({ line }) => line.startsWith('POST')) ?? []
const keys = () => new Set(posts().map(({ headers }) => headers.get('idempotency-key')))
const reset = (socket: Socket): void => {
  socket.resetAndDestroy()
}
const cut =
  (status: number, body: unknown, headers = {}) =>
  (socket: Socket) =>
    answer(socket, status, body, { 'Content-Length': '4000', ...headers })

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
  const error = await (await at(script, image)).error()
  expect(keys().size).toBe(1)
  expect(posts().length).toBeLessThanOrEqual(3)
  expect(error).toMatchObject({ tries: 1, isApiCallError: true, isRetryable: false })
  expect(error.data?.['idempotencyKey'] ?? error.data?.['generationId']).toBeDefined()
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
  const error = await sdk.call(order).error()
  expect(error).toMatchObject({ tries: 1, isRetryable: false, data: { code: 'connection_error' } })
  expect(opened).toBe(3)
  await new Promise((resolve) => breaking.close(resolve))
  // Now nobody listens there at all.
  expect(await sdk.call(order).error()).toMatchObject({ tries: 1, isRetryable: false })
})

test('the control: called retryable, one image becomes three orders', async () => {
  const script: Script = (socket) => answer(socket, 500, errorBody('server_error'))
  const naive = await at(script, { ...image, client: { maxRetries: 0 }, naive: true })
  expect(await naive.error()).toMatchObject({ tries: 3 })
  expect(keys().size).toBe(3)
})

test('three images at a failing server are three orders, however often each is sent', async () => {
  const script: Script = (socket) => answer(socket, 500, errorBody('server_error'))
  const call = await at(script, { ...image, options: { prompt: 'Foxes', n: 3 } })
  const error = await call.error()
  expect(error).toMatchObject({ tries: 1, data: { code: 'server_error', attempts: 3 } })
  expect(keys().size).toBe(3)
})

test('a finished image whose file is lost names its id, its link and its bill', async () => {
  const script: Script = (socket) =>
    answer(socket, 200, completedBody('gen_1'), { 'X-Billed': 'true' })
  const error = await (await at(script, image)).error()
  expect(posts()).toHaveLength(1)
  expect(error.message).toContain('Generation gen_1 is finished, but its file could not be fetched')
  expect(error.data).toMatchObject({
    code: 'connection_error',
    generationId: 'gen_1',
    billed: true,
    url: 'http://127.0.0.1:1/x',
  })
})

test('a rate limit on the first try may be repeated by the AI SDK, for it started nothing', async () => {
  const script: Script = (socket, _request, count) =>
    count < 3
      ? answer(socket, 429, errorBody('rate_limit'), { 'Retry-After-Ms': '1' })
      : answer(socket, 400, errorBody('invalid_parameter'))
  const error = await (await at(script, { ...image, client: { maxRetries: 0 } })).error()
  expect(error).toMatchObject({ tries: 3, data: { code: 'invalid_parameter' } })
})

test('a minute is not swapped for the two seconds of the AI SDK', async () => {
  const script: Script = (socket) =>
    answer(socket, 429, errorBody('rate_limit'), { 'Retry-After': '60' })
  const error = await (await at(script, { ...image, client: { maxRetries: 0 } })).error()
  expect(posts()).toHaveLength(1)
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
  const error = await (await at(script, { ...image, options, client: { maxRetries: 0 } })).error()
  expect(error).toMatchObject({ tries: 3, data: { code: 'invalid_parameter' } })
  expect([...keys()]).toEqual(['order-1234'])
})

test('a film is started under the key of the AI SDK, or that of the caller', async () => {
  const accept: Script = (socket) => answer(socket, 202, { id: 'gen_1', status: 'pending' })
  await (await at(accept, { ...film, call: 'startVideo' })).result()
  expect([...keys()]).toEqual([expect.stringMatching(/^aisdk_vid_/)])
  await server?.close()
  const headers = { 'Idempotency-Key': 'order-5678' }
  const options = { prompt: 'A fox', headers }
  await (await at(accept, { ...film, call: 'startVideo', options })).result()
  expect([...keys()]).toEqual(['order-5678'])
})

test('a start that the AI SDK repeats is one order', async () => {
  const script: Script = (socket, _request, count) =>
    count < 3
      ? answer(socket, 500, errorBody('server_error'), { 'Retry-After-Ms': '1' })
      : answer(socket, 202, { id: 'gen_1', status: 'pending' })
  const call = await at(script, { ...film, call: 'startVideo', client: { maxRetries: 0 } })
  expect((await call.result()).operation).toEqual({ id: 'gen_1' })
  expect(posts()).toHaveLength(3)
  expect(keys().size).toBe(1)
})

/** Accepts a film, answers reads with the script, whose count begins with them, and then has it finished. */
function filmThen(failing: Script, failures: number): Script {
  let reads = 0
  return (socket, request, count) => {
    const { line } = request
    if (line.startsWith('POST')) answer(socket, 202, { id: 'gen_1', status: 'pending' })
    else if (line.startsWith('GET /film.mp4'))
      answer(socket, 200, 'the film', { 'Content-Type': 'video/mp4' })
    else if (++reads <= failures) failing(socket, request, count)
    else {
      const url = `${server?.baseURL}/film.mp4`
      const output = { url, mime_type: 'video/mp4', width: 8, height: 8, deletes_at: '' }
      answer(socket, 200, { id: 'gen_1', status: 'completed', model: 'm', data: [output] })
    }
  }
}

const failingReads: Record<string, Script> = {
  'a 500': (socket) => answer(socket, 500, errorBody('server_error')),
  'a 503 page': (socket) => answer(socket, 503, '<html>', { 'Content-Type': 'text/html' }),
  'a reset': reset,
  'a cut body': cut(200, { id: 'gen_1', status: 'pending' }),
}

test.each(Object.entries(failingReads))(
  'reads that end with %s are no failed film: it comes, for one POST',
  async (_name, script) => {
    const result = await (await at(filmThen(script, 2), film)).result()
    expect(Buffer.from(result.files?.[0]?.bytes ?? '', 'base64').toString()).toBe('the film')
    expect(posts()).toHaveLength(1)
  },
)

test('a key that is revoked while a film is waited for is told with its id, and nothing is sent again', async () => {
  const revoked: Script = (socket) => answer(socket, 401, errorBody('invalid_api_key'))
  const error = await (await at(filmThen(revoked, Infinity), film)).error()
  expect(posts()).toHaveLength(1)
  expect(error).toMatchObject({ tries: 1, isApiCallError: true, isRetryable: false })
  expect(error.data).toMatchObject({ generationId: 'gen_1' })
  expect(error.message).not.toMatch(/film failed/i)
})

test('a status that cannot be read is an error, which the AI SDK repeats as reads may be', async () => {
  const operation = { id: 'gen_1' }
  const order = { call: 'getVideoStatus', client: { maxRetries: 0 } } as const
  const script = filmThen(
    (socket) => answer(socket, 500, errorBody('server_error'), { 'Retry-After-Ms': '1' }),
    3,
  )
  const error = await (await at(script, { ...order, options: { operation } })).error()
  expect(error).toMatchObject({ name: 'AI_RetryError', tries: 3, isRetryable: true })
  expect(error.data).toMatchObject({ code: 'server_error', generationId: 'gen_1' })
  // The film was never in doubt: asked again, it is there.
  const settings = { apiKey: 'sk_test_x', baseURL: server?.baseURL }
  const later = await sdk.call({ ...order, settings, options: { operation } }).result()
  expect(later.status).toBe('completed')
  expect(posts()).toEqual([])
})

test('X-Should-Retry decides whether the AI SDK repeats a read', async () => {
  const script = filmThen(
    (socket) => answer(socket, 500, errorBody('server_error'), { 'X-Should-Retry': 'false' }),
    1,
  )
  const options = { operation: { id: 'gen_1' } }
  const error = await (await at(script, { call: 'getVideoStatus', options })).error()
  expect(error).toMatchObject({ tries: 1, isRetryable: false, statusCode: 500 })
})

test('a state that only another server knows is pending', async () => {
  const script = filmThen((socket) => answer(socket, 200, { id: 'gen_1', status: 'rendering' }), 1)
  const options = { operation: { id: 'gen_1' } }
  const result = await (await at(script, { call: 'getVideoStatus', options })).result()
  expect(result.status).toBe('pending')
})

test('an abort while a film is waited for names the generation that goes on', async () => {
  let arrived = (): void => {}
  const read = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const call = await at(
    filmThen(() => arrived(), Infinity),
    film,
  )
  await read
  call.abort()
  const error = await call.error()
  expect(error).toMatchObject({ name: 'AbortError', isAbortError: true, tries: 1 })
  expect(error.filmgate).toMatchObject({ code: 'aborted', generationId: 'gen_1' })
})
