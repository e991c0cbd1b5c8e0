import { describe, expect, test } from 'vitest'
import {
  Filmgate,
  type CallOptions,
  type FilmgateOptions,
} from '../../packages/client/src/index.ts'
import { answer, completedBody, errorBody } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'

const params = { model: 'm', prompt: 'a fox' }
const id = 'gen_0198c6a2f4b07c3e9a51d2e6b8f01234'

describe('an address', () => {
  const construct = (baseURL: string) => () => new Filmgate({ apiKey: 'k', baseURL })

  test.each([
    '/api',
    '127.0.0.1:4871',
    'localhost:4700',
    'films.example',
    'ftp://films.example',
    '',
  ])('%j is refused by name', (baseURL) => {
    expect(construct(baseURL)).toThrow(
      new TypeError(
        `baseURL must be an address such as http://127.0.0.1:4700, without a query, but is ${JSON.stringify(baseURL)}.`,
      ),
    )
  })

  test.each([
    'https://user:s3cret@films.example',
    'ftp://user:s3cret@films.example',
    '//u:s3cret@x',
  ])('with a password in it is refused without showing the password', (baseURL) => {
    expect(construct(baseURL)).toThrow(TypeError)
    expect(construct(baseURL)).not.toThrow(/s3cret/)
  })

  test.each(['https://films.example/v2?key=1', 'https://films.example/#top'])(
    '%j is refused: a query or hash would be cut from every path',
    (baseURL) => expect(construct(baseURL)).toThrow(/without a query/),
  )
})

describe('a number that is none', () => {
  const bad: FilmgateOptions[] = [
    { maxRetries: NaN },
    { maxRetries: -1 },
    { timeout: NaN },
    { timeout: 0 },
    { maxElapsed: -5 },
    { requestTimeout: NaN },
    // Not a number at all, as JavaScript allows.
    { timeout: '30' as unknown as number },
  ]
  test.each(bad)('%j is refused by the client', (options) => {
    const [name] = Object.keys(options)
    expect(() => new Filmgate({ apiKey: 'k', ...options })).toThrow(`${name} must be a number`)
  })

  const perCall: CallOptions[] = [{ maxRetries: NaN }, { timeout: NaN }, { maxElapsed: -1 }]
  test.each(perCall)('%j is refused by a call, before anything is sent', async (options) => {
    const { client, lines } = await scripted((socket) => answer(socket, 200, completedBody(id)))
    for (const call of [
      () => client.images.generate(params, options),
      () => client.images.quote(params, options),
      () => client.videos.generations.create(params, options),
      () => client.generations.wait(id, options),
      () => client.generations.list({}, options),
      () => client.download('http://127.0.0.1:1/x', undefined, options),
    ]) {
      expect(await caught(call())).toBeInstanceOf(TypeError)
    }
    expect(lines()).toEqual([])
  })

  test('Infinity is one', async () => {
    const { client } = await scripted((socket) => answer(socket, 200, completedBody(id)))
    const options = { timeout: Infinity, maxRetries: Infinity, maxElapsed: Infinity }
    expect((await client.images.generate(params, options)).id).toBe(id)
  })
})

describe('an id that is none', () => {
  // Also what JavaScript allows.
  const ids = ['', '.', '..', ' ', '\ud800', 'ä', undefined, null, 7, {}] as unknown as string[]
  test.each(ids)('%j reaches no other address', async (bad) => {
    const { client, lines } = await scripted((socket) => answer(socket, 200, {}))
    for (const call of [
      () => client.videos.generations.cancel(bad),
      () => client.images.generations.retrieve(bad),
      () => client.generations.wait(bad),
      () => client.generations.wait(bad, { type: 'video' }),
    ]) {
      const error = await caught(call())
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/^A generation id is needed, but /)
    }
    expect(lines()).toEqual([])
  })

  test('with a slash or a question mark is one part of the path', async () => {
    const { client, lines } = await scripted((socket) =>
      answer(socket, 404, errorBody('not_found')),
    )
    await caught(client.images.generations.retrieve('../x?y#z'))
    expect(lines()).toEqual(['GET /v2/images/generations/..%2Fx%3Fy%23z'])
  })
})

describe('a mistake in what is handed in', () => {
  test('parameters that refer to themselves reject, whichever call they are for', async () => {
    const { client, lines } = await scripted((socket) => answer(socket, 200, completedBody(id)))
    const circular: Record<string, unknown> = { ...params }
    circular['self'] = circular
    for (const call of [
      () => client.images.generate(circular as typeof params),
      () => client.images.quote(circular as typeof params),
      () => client.videos.quote(circular as typeof params),
      () => client.videos.generations.create(circular as typeof params),
    ]) {
      expect(await caught(call())).toBeInstanceOf(TypeError)
    }
    expect(lines()).toEqual([])
  })

  test.each([
    ['ReferenceError', () => new ReferenceError('window is not defined')],
    ['TypeError', () => new TypeError("Cannot read properties of undefined (reading 'x')")],
    ['SyntaxError', () => new SyntaxError('Unexpected token')],
  ])('a %s in the fetch that was handed in is not sent again and again', async (_, mistake) => {
    let calls = 0
    const { client } = await scripted(() => {}, {
      fetch: () => {
        calls += 1
        throw mistake()
      },
    })
    const error = await caught(client.images.generate(params))
    expect(error).toMatchObject({ code: 'connection_error', retryable: false, attempts: 1 })
    expect(error.cause).toEqual(mistake())
    expect(error.message).toContain(mistake().message)
    expect(calls).toBe(1)
  })

  test.each(['not a link', '/v2/downloads/x', 'ftp://films.example/x', 'https://u:s3cret@x/y'])(
    'a download of %j is refused at once, without showing a password',
    async (link) => {
      const { client } = await scripted(() => {})
      const error = await caught(client.download(link))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).not.toContain('s3cret')
    },
  )

  test.each(['', 'ä', 'a\nb', 'x'.repeat(256)])(
    'the idempotency key %j is refused before anything is sent',
    async (idempotencyKey) => {
      const { client, lines } = await scripted((socket) => answer(socket, 200, completedBody(id)))
      expect(await caught(client.images.generate(params, { idempotencyKey }))).toBeInstanceOf(
        TypeError,
      )
      expect(lines()).toEqual([])
    },
  )

  test('a header that no header can be is refused by the client', () => {
    const defaultHeaders = { 'X-Note': 'a\nb' }
    expect(() => new Filmgate({ apiKey: 'k', defaultHeaders })).toThrow(TypeError)
  })
})

describe('headers', () => {
  test('are those of the client, then those of the call, each sent once', async () => {
    const { client, server } = await scripted((socket) => answer(socket, 200, []), {
      defaultHeaders: { authorization: 'Basic abc', 'X-One': '1', 'X-Two': '1' },
    })
    await client.models.list({}, { headers: { 'x-two': '2', Accept: null } })
    const { headers } = server.requests[0] ?? { headers: new Map() }
    expect(headers.get('authorization')).toBe('Basic abc')
    expect([headers.get('x-one'), headers.get('x-two')]).toEqual(['1', '2'])
    expect(headers.get('accept')).not.toBe('application/json')
  })

  test('may carry the idempotency key, which the error then names', async () => {
    const { client, server } = await scripted((socket) =>
      answer(socket, 402, errorBody('quota_exceeded')),
    )
    const headers = { 'idempotency-key': 'order-9' }
    const error = await caught(client.images.generate(params, { headers }))
    expect(error.idempotencyKey).toBe('order-9')
    expect(server.distinct('idempotency-key')).toEqual(['order-9'])
  })

  test('of the answer are on the error, and not in what is printed of it', async () => {
    const { client } = await scripted((socket) =>
      answer(socket, 402, errorBody('quota_exceeded'), { 'X-Note': 'read me' }),
    )
    const error = await caught(client.images.generate(params))
    expect(error.headers?.get('x-note')).toBe('read me')
    expect(JSON.stringify(error) + String(error)).not.toContain('read me')
  })
})

describe('408 and 425', () => {
  test.each([408, 425])('%i is sent again, whatever its body', async (status) => {
    for (const body of ['<h1>no</h1>', JSON.stringify(errorBody('nobody_knows'))]) {
      const { client, lines } = await scripted((socket, _request, count) =>
        count === 1 ? answer(socket, status, body) : answer(socket, 200, completedBody(id)),
      )
      await client.images.generate(params)
      expect(lines()).toHaveLength(2)
    }
  })
})

test('a redirect is not followed even where the server says to try again', async () => {
  const { client, lines } = await scripted((socket) =>
    answer(socket, 307, '', { Location: 'http://127.0.0.1:1/', 'X-Should-Retry': 'true' }),
  )
  const error = await caught(client.images.generate(params))
  expect(error).toMatchObject({ code: 'connection_error', retryable: false, attempts: 1 })
  expect(lines()).toHaveLength(1)
})

test('where nobody listens it is told soon, by address, and not called unknown', async () => {
  const { client, server, clock } = await scripted(() => {})
  await server.close()
  const error = await caught(client.images.generate(params))
  expect(error).toMatchObject({ code: 'connection_error', attempts: 3 })
  expect(error.message).toContain(`No connection to ${server.baseURL}`)
  expect(error.message).not.toContain('unknown')
  expect(clock.waits).toHaveLength(2)
})

test('parameters that change after the call are sent as they were', async () => {
  const { client, server } = await scripted((socket) => answer(socket, 200, completedBody(id)))
  const shared = { model: 'm', prompt: '' }
  const made = ['a red fox', 'a blue whale', 'a green frog'].map((prompt) => {
    shared.prompt = prompt
    return client.images.generate(shared)
  })
  await Promise.all(made)
  const prompts = server.requests.map(({ body }): string => JSON.parse(body).prompt)
  expect(prompts.toSorted()).toEqual(['a blue whale', 'a green frog', 'a red fox'])
})

test('a misspelt option of a creating call is refused: it would protect nothing', async () => {
  const { client, lines } = await scripted((socket) => answer(socket, 200, completedBody(id)))
  // As JavaScript allows.
  const options = { idempotency_key: 'order-1' } as object
  const error = await caught(client.images.generate(params, options))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain('idempotency_key is not an option')
  expect(lines()).toEqual([])
})

test('a call without parameters is told by the server what is missing', async () => {
  const { client, lines } = await scripted((socket) =>
    answer(socket, 400, errorBody('parameter_missing')),
  )
  // As JavaScript allows.
  const error = await caught(client.images.generate(undefined as unknown as typeof params))
  expect(error.code).toBe('parameter_missing')
  expect(lines()).toHaveLength(1)
})

test.each([[{ readFiles: null }], [{ readFiles: 'false' }], [{ fetch: 'x' }]])(
  '%j is refused by the client',
  (options) => {
    // As JavaScript allows.
    expect(() => new Filmgate({ apiKey: 'k', ...(options as object) })).toThrow(TypeError)
  },
)

test('an option that is undefined changes nothing', async () => {
  const { client, server } = await scripted((socket) => answer(socket, 200, []), { apiKey: null })
  const other = client.withOptions({ apiKey: undefined, baseURL: undefined, readFiles: undefined })
  await other.models.list()
  expect(server.requests[0]?.headers.has('authorization')).toBe(false)
})

test('a controller in the place of its signal is told', async () => {
  const { client } = await scripted((socket) => answer(socket, 200, []))
  const signal = new AbortController() as unknown as AbortSignal
  expect(await caught(client.models.list({}, { signal }))).toBeInstanceOf(TypeError)
})

test('headers may be Headers, and carry the idempotency key of any POST', async () => {
  const { client, server } = await scripted((socket) => answer(socket, 200, {}))
  await client.post('/v2/x', { headers: new Headers({ 'Idempotency-Key': 'order-1' }) })
  await client.post('/v2/x', { headers: { 'idempotency-key': 'order-1' } })
  await client.post('/v2/x', { idempotencyKey: 'order-1' })
  expect(server.distinct('idempotency-key')).toEqual(['order-1'])
  expect(await caught(client.post('/v2/x', { idempotencyKey: '' }))).toBeInstanceOf(TypeError)
})

test('the value of a header that cannot be sent is not shown', async () => {
  const secret = 'Bearer s3cret\n'
  const defaultHeaders = { Authorization: secret }
  expect(() => new Filmgate({ apiKey: null, defaultHeaders })).toThrow(/"Authorization"/)
  expect(() => new Filmgate({ apiKey: null, defaultHeaders })).not.toThrow(/s3cret/)
  const { client, lines } = await scripted((socket) => answer(socket, 200, []))
  const error = await caught(client.models.list({}, { headers: { 'X-Note': 'a\u0001b' } }))
  expect(error).toBeInstanceOf(TypeError)
  expect(lines()).toEqual([])
})

test.each([undefined, 'a string', { status: 200, headers: {} }])(
  'a fetch that gives %j costs neither key nor retries',
  async (given) => {
    // As JavaScript allows.
    const fetch = async (): Promise<Response> => given as unknown as Response
    const { client } = await scripted(() => {}, { fetch })
    const error = await caught(client.images.generate(params, { idempotencyKey: 'order-1' }))
    expect(error).toMatchObject({
      code: 'connection_error',
      idempotencyKey: 'order-1',
      attempts: 1,
    })
    expect(error.message).toContain('is not a Response')
  },
)
