import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Filmgate } from '../../packages/client/src/index.ts'
import { answer, completedBody, errorBody } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'

const params = { model: 'm', prompt: 'a fox' }
const id = 'gen_0198c6a2f4b07c3e9a51d2e6b8f01234'

test('an answer is a promise, and what is derived from it a plain one', async () => {
  const { client } = await scripted((socket) => answer(socket, 200, completedBody(id)))
  const image = client.images.generate(params)
  expect(image).toBeInstanceOf(Promise)
  const derived = image.then((done) => done.id)
  expect(derived.constructor).toBe(Promise)
  expect(await Promise.all([image, derived])).toMatchObject([{ id }, id])
  expect(await Promise.race([image, new Promise(() => {})])).toMatchObject({ id })
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  expect(await image.finally(over)).toMatchObject({ id })
  expect(isOver).toBe(true)
})

test('the Response comes with the answer, its body not read yet', async () => {
  const { client } = await scripted((socket) =>
    answer(socket, 200, completedBody(id), { 'X-Generation-Id': id, 'X-Request-Id': 'req_1' }),
  )
  const call = client.images.generate(params)
  const { data, response, requestId } = await call.withResponse()
  expect([data.id, requestId, response.status]).toEqual([id, 'req_1', 200])
  expect(response.headers.get('x-generation-id')).toBe(id)
  expect(await response.json()).toEqual(data)
  expect(await (await call.asResponse()).json()).toEqual(data)
})

test('asResponse rejects as the call does', async () => {
  const { client } = await scripted((socket) =>
    answer(socket, 422, errorBody('content_policy_violation')),
  )
  const error = await caught(client.images.generate(params).asResponse())
  expect(error.code).toBe('content_policy_violation')
})

test('any path can be read and posted to, with the same retries and one key', async () => {
  const { client, server, lines } = await scripted((socket, { line }, count) => {
    if (count === 1) return answer(socket, 503, errorBody('server_error'))
    answer(socket, 200, { line })
  })
  expect(await client.post('/v2/new', { body: { a: 1 } })).toEqual({
    line: 'POST /v2/new HTTP/1.1',
  })
  expect(await client.get('/v2/new', { query: { a: 1, b: undefined } })).toBeTruthy()
  expect(lines()).toEqual(['POST /v2/new', 'POST /v2/new', 'GET /v2/new?a=1'])
  const [first, second] = server.requests.map(({ headers }) => headers.get('idempotency-key'))
  expect([first?.length, second]).toEqual([32, first])
  expect(await caught(client.get('v2/new'))).toBeInstanceOf(TypeError)
  expect(await caught(client.get('https://elsewhere.example/'))).toBeInstanceOf(TypeError)
})

test('a client with other options shares the rest', async () => {
  const { client, server } = await scripted((socket) =>
    answer(socket, 500, errorBody('server_error')),
  )
  const impatient = client.withOptions({ maxRetries: 0 })
  expect(await caught(impatient.models.list())).toMatchObject({ attempts: 1 })
  expect(server.requests).toHaveLength(1)
  expect(server.distinct('authorization')).toEqual(['Bearer sk_test_x'])
  expect(await caught(client.models.list())).toMatchObject({ attempts: 7 })
})

test('a key may be fetched anew for every request', async () => {
  let keys = 0
  const { client, server } = await scripted(
    (socket, _request, count) =>
      count === 1 ? answer(socket, 500, errorBody('server_error')) : answer(socket, 200, []),
    { apiKey: async () => `sk_test_${(keys += 1)}` },
  )
  await client.models.list()
  expect(server.distinct('authorization')).toEqual(['Bearer sk_test_1', 'Bearer sk_test_2'])
})

test('a key that cannot be fetched ends the call, or the waiting with the id', async () => {
  let isGone = true
  const apiKey = async (): Promise<string> => {
    if (isGone) throw new TypeError('the vault is undefined')
    return 'sk_test_x'
  }
  const { client, lines } = await scripted(
    (socket) => answer(socket, 202, { id, status: 'pending' }),
    { apiKey },
  )
  expect(await caught(client.models.list())).toMatchObject({ code: 'connection_error' })
  expect(lines()).toEqual([])
  isGone = false
  const onAccepted = (): void => void (isGone = true)
  const error = await caught(client.videos.generate(params, { onAccepted }))
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: id })
})

test('a key function that never answers ends with the call', async () => {
  const { client } = await scripted(() => {}, { apiKey: () => new Promise(() => {}) })
  const signal = AbortSignal.timeout(1)
  expect(await caught(client.models.list({}, { signal }))).toMatchObject({ code: 'aborted' })
})

test('a fetch that does not listen to its signal ends with the call all the same', async () => {
  const { client } = await scripted(() => {}, { fetch: () => new Promise(() => {}) })
  const abort = new AbortController()
  const call = client.images.generate(params, { signal: abort.signal, idempotencyKey: 'order-1' })
  abort.abort()
  expect(await caught(call)).toMatchObject({ code: 'aborted', idempotencyKey: 'order-1' })
})

test('answers without a stream are read as text, and the POST is made once', async () => {
  const { client, lines } = await scripted(
    (socket, { line }) =>
      line.includes('/file')
        ? answer(socket, 200, 'the picture', { 'Content-Type': 'image/jpeg' })
        : answer(socket, 200, completedBody(id)),
    {
      // As React Native has it: no body to stream.
      async fetch(input, init) {
        const response = await fetch(input, init)
        return new Proxy(response, {
          get(target, name) {
            if (name === 'body') return undefined
            const value: unknown = Reflect.get(target, name)
            return typeof value === 'function' ? value.bind(target) : value
          },
        })
      },
    },
  )
  expect((await client.images.generate(params)).id).toBe(id)
  expect(lines()).toHaveLength(1)
})

test('a file without a stream comes whole', async () => {
  const { client, server } = await scripted(
    (socket) => answer(socket, 200, 'the picture', { 'Content-Type': 'image/jpeg' }),
    {
      async fetch(input, init) {
        const response = await fetch(input, init)
        const { headers, status, ok } = response
        const arrayBuffer = (): Promise<ArrayBuffer> => response.arrayBuffer()
        // What there is of a Response in React Native.
        return { headers, status, ok, arrayBuffer } as Response
      },
    },
  )
  expect(await (await client.download(server.baseURL)).text()).toBe('the picture')
})

test('a live key in a page is warned of, and nothing else is', () => {
  const lines: string[] = []
  const logger = { warn: (line: string) => lines.push(line) }
  const connect = (apiKey: string | null): Filmgate => new Filmgate({ apiKey, logger })
  connect('sk_live_x')
  vi.stubGlobal('window', {})
  vi.stubGlobal('document', {})
  onTestFinished(() => void vi.unstubAllGlobals())
  connect('sk_test_x')
  connect(null)
  expect(lines).toEqual([])
  connect('sk_live_x')
  expect(lines).toEqual([expect.stringContaining('a live API key in a page')])
  expect(lines[0]).not.toContain('sk_live_x')
})

test('in a page the address may be relative to it', async () => {
  vi.stubGlobal('location', { href: 'https://films.example/studio/' })
  onTestFinished(() => void vi.unstubAllGlobals())
  const urls: string[] = []
  const client = new Filmgate({
    apiKey: null,
    baseURL: '/api',
    async fetch(input) {
      urls.push(input instanceof Request ? input.url : input.toString())
      return Response.json([])
    },
  })
  await client.models.list()
  expect(urls).toEqual(['https://films.example/api/v2/models'])
})

test('a linter that looks for forgotten promises finds a forgotten answer', async () => {
  const repository = fileURLToPath(new URL('../../', import.meta.url))
  const folder = await mkdtemp(join(tmpdir(), 'filmgate-lint-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const source = `
    import { Filmgate } from '${join(repository, 'packages/client/src/index.ts')}'
    const client = new Filmgate()
    export async function forgets(): Promise<void> {
      client.images.generate({ model: 'm', prompt: 'p' })
      client.models.list()
      await client.models.list()
    }`
  await writeFile(join(folder, 'linted.ts'), source)
  const config = { plugins: ['typescript'], rules: { 'typescript/no-floating-promises': 'error' } }
  await writeFile(join(folder, 'oxlint.json'), JSON.stringify(config))
  const oxlint = join(repository, 'node_modules/oxlint/bin/oxlint')
  const args = [
    oxlint,
    '--type-aware',
    // The default is for people, and in colours where CI=true.
    '--format=unix',
    '-c',
    join(folder, 'oxlint.json'),
    join(folder, 'linted.ts'),
  ]
  const report = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: repository }, (_error, stdout) => resolve(stdout))
  })
  expect(report.match(/linted\.ts:\d+/g)).toEqual(['linted.ts:5', 'linted.ts:6'])
})
