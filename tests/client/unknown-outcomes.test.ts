import { beforeEach, describe, expect, test, vi } from 'vitest'
import { answer, completedBody, errorBody, type Script } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'

// `retryable` promises that the same call, made again, makes nothing twice. It has another key then,
// unless the caller chose one. So whatever may have been accepted, or was paid for, is not retryable.

const params = { model: 'm', prompt: 'a fox' }
const json = { 'Content-Type': 'application/json' }

const openOutcomes: Record<string, Script> = {
  'a time-out of AWS, in JSON': (socket) =>
    answer(socket, 504, { message: 'Endpoint request timed out' }, json),
  'a failure of AWS, in JSON': (socket) =>
    answer(socket, 500, { message: 'Internal server error' }, json),
  'a time-out of Kong, in JSON': (socket) =>
    answer(socket, 504, { error: { message: 'The upstream server is timing out' } }, json),
  "502 in the API's own words, which the API never answers": (socket) =>
    answer(socket, 502, errorBody('server_error')),
  'an answer that says the outcome is unknown, as the proxy helper gives': (socket) =>
    answer(socket, 500, errorBody('server_error'), {
      'X-Outcome': 'unknown',
      'X-Should-Retry': 'true',
    }),
  "a failure of Google's, in JSON": (socket) =>
    answer(socket, 500, { error: { code: 500, message: 'Internal error.', status: 'INTERNAL' } }),
  'a 500 that says it is JSON, and is empty': (socket) => answer(socket, 500, '', json),
  'a 500 of a type that nobody names, cut short': (socket) =>
    answer(socket, 500, 'oh no', { 'Content-Type': undefined, 'Content-Length': '99' }),
  'a 500 in the middle of an error, without a header of the API': (socket) =>
    answer(socket, 500, '{"error":{"mess', { 'Content-Length': '999' }),
  'a 408, which the API never answers': (socket) =>
    answer(socket, 408, 'stream timeout', { 'Content-Type': 'text/plain' }),
  'a 500 that names a generation, and not whether it was billed': (socket) =>
    answer(socket, 500, errorBody('server_error'), {
      'X-Generation-Id': 'gen_1',
      'X-Should-Retry': 'true',
    }),
}

test.each(Object.entries(openOutcomes))('%s', async (_, script) => {
  const { server, client } = await scripted(script)
  const error = await caught(client.images.generate(params))
  expect(error).toMatchObject({ retryable: false })
  expect(error.message).toContain(`idempotencyKey '${error.idempotencyKey}' joins it`)
  // The tries of the call itself share their key.
  expect(server.requests.length).toBeGreaterThan(1)
  expect(new Set(server.requests.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1)
  const own = await caught(client.images.generate(params, { idempotencyKey: 'order-1' }))
  expect(own.retryable).toBe(true)
})

test("the API's own 500, before anything was accepted, may be made again", async () => {
  const { client } = await scripted((socket) => answer(socket, 500, errorBody('server_error')))
  const error = await caught(client.images.generate(params))
  expect(error).toMatchObject({ code: 'server_error', retryable: true })
})

test("the API's own 500 is that also where its body is lost, by its headers", async () => {
  const headers = { 'Content-Length': '999', 'X-Billed': 'false', 'X-Should-Retry': 'true' }
  const { client } = await scripted((socket) => answer(socket, 500, '{"error":', headers))
  const error = await caught(client.images.generate(params))
  expect(error).toMatchObject({ code: 'server_error', billed: false, retryable: true })
})

/** The API's word that the generation of a try has failed, and may be tried again. */
const dead: Script = (socket) =>
  answer(socket, 500, errorBody('server_error'), {
    'X-Generation-Id': 'gen_dead',
    'X-Billed': 'false',
    'X-Should-Retry': 'true',
  })

describe('a generation that has failed lends nothing to the next try:', () => {
  const onAccepted = vi.fn<() => void>()
  beforeEach(() => void onAccepted.mockClear())

  test.each<[string, Script]>([
    ['a cut connection', (socket) => socket.destroy()],
    ['a page', (socket) => answer(socket, 200, '<p>', { 'Content-Type': 'text/html' })],
    ['half an answer', (socket) => answer(socket, 200, '{"st', { 'Content-Length': '99' })],
  ])('%s after it is an outcome that is unknown', async (_, script) => {
    const { client } = await scripted((socket, request, count) =>
      count === 1 ? dead(socket, request, count) : script(socket, request, count),
    )
    const error = await caught(client.images.generate(params, { onAccepted }))
    expect(error).toMatchObject({ code: 'connection_error', retryable: false })
    expect(error.generationId).toBeUndefined()
    expect(error.message).toContain(`idempotencyKey '${error.idempotencyKey}' joins it`)
    expect(onAccepted).not.toHaveBeenCalled()
  })

  test('an abort is one, and ends no waiting for it', async () => {
    const abort = new AbortController()
    const { client } = await scripted((socket, request, count) => {
      if (count === 1) return dead(socket, request, count)
      abort.abort()
    })
    const { signal } = abort
    const error = await caught(client.images.generate(params, { onAccepted, signal }))
    expect(error.code).toBe('aborted')
    expect(error.generationId).toBeUndefined()
    expect(onAccepted).not.toHaveBeenCalled()
  })

  test('nor does it where another answer named it before', async () => {
    const { client } = await scripted((socket, request, count) => {
      if (count === 1) return answer(socket, 504, '', { 'X-Generation-Id': 'gen_dead' })
      if (count === 2) return dead(socket, request, count)
      socket.destroy()
    })
    const error = await caught(client.images.generate(params))
    expect(error).toMatchObject({ code: 'connection_error', retryable: false })
    expect(error.generationId).toBeUndefined()
  })
})

test('who aborts after a generation has failed waits for none', async () => {
  const abort = new AbortController()
  const { client } = await scripted(dead)
  const onRetry = (): void => abort.abort()
  const error = await caught(client.images.generate(params, { onRetry, signal: abort.signal }))
  expect(error.code).toBe('aborted')
  expect(error.generationId).toBeUndefined()
})

test.each([
  [422, { 'X-Billed': 'false' }, 'aborted'],
  [500, { 'X-Billed': 'false' }, 'aborted'],
  [500, {}, 'wait_interrupted'],
])('who aborts while a %i with %j is read gets %s', async (status, headers, code) => {
  const abort = new AbortController()
  const onAccepted = vi.fn<() => void>()
  const script: Script = (socket) => {
    const more = { ...headers, 'X-Generation-Id': 'gen_1', 'Content-Length': '999' }
    const rows = Object.entries(more).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`HTTP/1.1 ${status} Status\r\n${rows.join('')}\r\n{"error":`)
  }
  // Told when the head has come.
  const logger = { debug: () => abort.abort() }
  const { client } = await scripted(script, { logger })
  const { signal } = abort
  const error = await caught(client.images.generate(params, { onAccepted, signal }))
  expect(error.code).toBe(code)
  expect(onAccepted).toHaveBeenCalledTimes(code === 'aborted' ? 0 : 1)
})

test.each([
  ['escapes', 'q1w2\\u002Be3==', 'q1w2+e3=='],
  ['a slash as PHP writes it', 'operations\\/123', 'operations/123'],
])('an id with %s is the one that it stands for', async (_, written, id) => {
  const text = JSON.stringify(completedBody('ID')).replace('ID', written)
  const { client, lines } = await scripted((socket) => answer(socket, 200, text))
  const onAccepted = vi.fn<(news: object) => void>()
  expect(await client.images.generate(params, { onAccepted })).toMatchObject({ id })
  expect(onAccepted.mock.calls).toMatchObject([[{ generationId: id }]])
  expect(lines()).toHaveLength(1)
})

test('half an answer whose id has escapes names none', async () => {
  const { client, lines } = await scripted((socket) =>
    answer(socket, 200, '{"id":"q1w2\\u002Be3==","st', { 'Content-Length': '99' }),
  )
  const error = await caught(client.images.generate(params))
  expect(error).toMatchObject({ code: 'connection_error', retryable: false })
  expect(error.generationId).toBeUndefined()
  expect(lines()).toHaveLength(1)
})

test('a whole generation is taken, whatever the header names', async () => {
  const { client } = await scripted((socket) =>
    answer(socket, 200, completedBody('img_1'), { 'X-Generation-Id': 'op_77' }),
  )
  expect(await client.images.generate(params)).toMatchObject({ id: 'img_1' })
})

describe('what was made and paid for is named, though the next answer is', () => {
  const paid: Script = (socket) =>
    answer(socket, 500, errorBody('server_error'), {
      'X-Generation-Id': 'gen_1',
      'X-Billed': 'true',
      'X-Should-Retry': 'true',
    })

  test.each<[string, Script]>([
    ['lost', (socket) => socket.destroy()],
    ['a rate limit', (socket) => answer(socket, 429, errorBody('rate_limit'))],
  ])('%s', async (_, script) => {
    const { client } = await scripted((socket, request, count) =>
      count === 1 ? paid(socket, request, count) : script(socket, request, count),
    )
    const error = await caught(client.images.generate(params))
    expect(error).toMatchObject({ generationId: 'gen_1', retryable: false })
  })

  test('never asked for, because the caller aborts', async () => {
    const abort = new AbortController()
    const { client } = await scripted(paid)
    const { signal } = abort
    const onAccepted = vi.fn<(news: object) => void>()
    const onRetry = (): void => abort.abort()
    const error = await caught(client.images.generate(params, { onAccepted, onRetry, signal }))
    expect(error).toMatchObject({ code: 'wait_interrupted', generationId: 'gen_1' })
    expect(onAccepted).toHaveBeenCalledOnce()
  })
})

test.each([
  ['goes on', undefined],
  ['was paid for', 'true'],
])('one that has failed is not the one that %s', async (_, billed) => {
  const { client } = await scripted((socket, request, count) => {
    const headers = { 'X-Generation-Id': 'gen_1', 'X-Billed': billed, 'X-Should-Retry': 'true' }
    if (count === 1) return answer(socket, 500, errorBody('server_error'), headers)
    if (count === 2) return dead(socket, request, count)
    socket.destroy()
  })
  expect((await caught(client.images.generate(params))).generationId).toBe('gen_1')
})

test('an abort after one that has failed waits for the one that goes on', async () => {
  const abort = new AbortController()
  const { client } = await scripted((socket, request, count) =>
    count === 1
      ? answer(socket, 504, '', { 'X-Generation-Id': 'gen_1' })
      : dead(socket, request, count),
  )
  let retries = 0
  const onRetry = (): void => void (++retries === 2 && abort.abort())
  const error = await caught(client.images.generate(params, { onRetry, signal: abort.signal }))
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: 'gen_1' })
})

test('an abort after a refusal that is not billed waits for what was named before', async () => {
  const abort = new AbortController()
  const { client } = await scripted((socket, _request, count) =>
    count === 1
      ? answer(socket, 504, '', { 'X-Generation-Id': 'gen_1' })
      : answer(socket, 429, errorBody('rate_limit'), { 'X-Billed': 'false' }),
  )
  let retries = 0
  const onRetry = (): void => void (++retries === 2 && abort.abort())
  const error = await caught(client.images.generate(params, { onRetry, signal: abort.signal }))
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: 'gen_1' })
  expect(error.billed).toBeUndefined()
})

test('what is not billed is not what another answer has named', async () => {
  const { client } = await scripted((socket, _request, count) =>
    count === 1
      ? answer(socket, 504, '', { 'X-Generation-Id': 'gen_1' })
      : answer(socket, 429, errorBody('rate_limit'), { 'X-Billed': 'false' }),
  )
  expect((await caught(client.images.generate(params))).generationId).toBe('gen_1')
})

test('a body that says the same id and no more is an answer, and not asked about', async () => {
  const { client, lines } = await scripted((socket) =>
    answer(socket, 202, { id: 'gen_1', state: 'queued' }, { 'X-Generation-Id': 'gen_1' }),
  )
  const film = await client.videos.generations.create(params)
  expect(film).toEqual({ id: 'gen_1', status: 'pending', state: 'queued' })
  expect(lines()).toHaveLength(1)
})

test('the header names the generation, and a body that is none is left aside', async () => {
  const { client, lines } = await scripted((socket, { line }) =>
    line.startsWith('POST')
      ? answer(socket, 200, { id: 'trace-9', message: 'ok' }, { 'X-Generation-Id': 'gen_1' })
      : answer(socket, 200, completedBody('gen_1')),
  )
  const onAccepted = vi.fn<(news: object) => void>()
  expect(await client.images.generate(params, { onAccepted })).toMatchObject({ id: 'gen_1' })
  expect(onAccepted.mock.calls).toMatchObject([[{ generationId: 'gen_1' }]])
  expect(lines()).toEqual(['POST /v2/images/generations', 'GET /v2/images/generations/gen_1'])
})

test.each([429, 500])('that money is gone is not forgotten when %i comes next', async (status) => {
  const paid = { 'X-Generation-Id': 'gen_1', 'X-Billed': 'true' }
  const code = status === 429 ? 'rate_limit' : 'server_error'
  const { client } = await scripted((socket, _request, count) =>
    count === 1
      ? answer(socket, 500, errorBody('server_error'), paid)
      : answer(socket, status, errorBody(code)),
  )
  expect(await caught(client.images.generate(params))).toMatchObject({ code, retryable: false })
})

test('what was paid for is not retryable: the next one would be paid for as well', async () => {
  const billed = { 'X-Generation-Id': 'gen_1', 'X-Billed': 'true' }
  const { client } = await scripted((socket, { line }) =>
    line.includes('images')
      ? answer(socket, 500, errorBody('server_error'), billed)
      : answer(
          socket,
          line.startsWith('POST') ? 202 : 200,
          { id: 'gen_1', status: 'failed', ...(errorBody('server_error') as object) },
          billed,
        ),
  )
  const image = await caught(client.images.generate(params))
  const film = await caught(client.videos.generate(params))
  for (const error of [image, film]) expect(error).toMatchObject({ billed: true, retryable: false })
})

test('a POST to any path is told of as a creating one is', async () => {
  const { client } = await scripted((socket) => socket.destroy())
  const error = await caught(client.post('/v2/videos/generations', { body: params }))
  expect(error.retryable).toBe(false)
  expect(error.message).toContain(`idempotencyKey '${error.idempotencyKey}' joins it`)
  const own = { body: params, idempotencyKey: 'order-1' }
  expect((await caught(client.post('/v2/videos/generations', own))).retryable).toBe(true)
})

test.each([
  'read EHOSTUNREACH',
  'write ENETUNREACH',
  'decryption failed or bad record mac',
  'socket hang up (ssl-proxy.example)',
])('a connection that stood and broke, %s, may have brought the request', async (words) => {
  const cause = Object.assign(new Error(words), { code: `ERR_SSL_${words.split(' ')[1]}` })
  const fetch = async (): Promise<Response> => {
    throw new TypeError('fetch failed', { cause })
  }
  const { client } = await scripted(() => {}, { fetch })
  const error = await caught(client.images.generate(params))
  expect(error).toMatchObject({ code: 'connection_error', retryable: false })
})

test.each<[string, Script]>([
  ['a page with 502', (socket) => answer(socket, 502, '<p>', { 'Content-Type': 'text/html' })],
  [
    'half an answer',
    (socket) => answer(socket, 200, completedBody('gen_1'), { 'Content-Length': '999' }),
  ],
])('where the image is looked for, %s does not say that there is none', async (_, script) => {
  const { client } = await scripted((socket, request, count) =>
    request.line.includes('videos')
      ? answer(socket, 404, errorBody('not_found'))
      : script(socket, request, count),
  )
  const error = await caught(client.generations.wait('gen_1'))
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: 'gen_1' })
})

test.each(['gen_1, gen_1', '..'])('the header X-Generation-Id: %s names none', async (id) => {
  const { client } = await scripted((socket, { line }) => {
    if (line.startsWith('GET')) return answer(socket, 200, completedBody('gen_1'))
    const headers = { 'X-Generation-Id': id, 'Content-Length': '999' }
    answer(socket, 200, completedBody('gen_1'), headers)
  })
  expect(await client.images.generate(params)).toMatchObject({ id: 'gen_1' })
})
