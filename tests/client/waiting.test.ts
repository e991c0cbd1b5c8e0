import { expect, test } from 'vitest'
import {
  AbortError,
  ConnectionError,
  ContentPolicyViolationError,
  Filmgate,
  InvalidApiKeyError,
  RateLimitError,
  ServerError,
  TimeoutError,
  WaitInterruptedError,
  type FilmgateOptions,
  type Progress,
} from '../../packages/client/src/index.ts'
import {
  answer,
  completedBody,
  errorBody,
  type RawServer,
  type Script,
} from './support/raw-server.ts'
import { caught, listening, scripted } from './support/scripted.ts'
import { skippingClock } from './support/skipping-clock.ts'

const id = 'gen_0198c6a2f4b07c3e9a51d2e6b8f01234'
const params = { model: 'm', prompt: 'a fox runs' }
const pending = { id, status: 'pending' }

/** A server that accepts every film, and a client whose waits take no time. `poll` answers reads; 1 is the first. */
async function accepting(poll: Script, options: FilmgateOptions = {}) {
  let polls = 0
  const both = await scripted(
    (socket, request, count) =>
      request.line.startsWith('POST')
        ? answer(socket, 202, pending, { 'X-Generation-Id': id, 'X-Request-Id': 'req_1' })
        : poll(socket, request, (polls += 1) && count),
    options,
  )
  return { ...both, polls: () => polls }
}

test('polls that fail in any way are repeated, and the film still comes', async () => {
  const mishaps: Script[] = [
    (socket) => socket.resetAndDestroy(),
    (socket) => answer(socket, 502, '<html>bad gateway', { 'Content-Type': 'text/html' }),
    (socket) => answer(socket, 200, '{"id":"gen_'),
    (socket) => answer(socket, 500, errorBody('server_error')),
    (socket) => answer(socket, 429, errorBody('rate_limit'), { 'Retry-After': '2' }),
    (socket) => answer(socket, 200, pending),
    (socket) => socket.resetAndDestroy(),
  ]
  // Reads are free, so not even a client told never to retry gives a film up for one bad poll.
  const { client, server } = await accepting(
    (socket, _request, count) => {
      const mishap = mishaps[count - 2]
      if (mishap) mishap(socket, _request, count)
      else answer(socket, 200, completedBody(id))
    },
    { maxRetries: 0 },
  )
  const film = await client.videos.generate(params)
  expect(film.id).toBe(id)
  expect(server.requests.filter(({ line }) => line.startsWith('POST'))).toHaveLength(1)
})

test('a server that is gone for good ends the wait with the id, not with a failed generation', async () => {
  const { client } = await accepting((socket) => socket.resetAndDestroy())
  const error = await caught(client.videos.generate(params))
  expect(error).toBeInstanceOf(WaitInterruptedError)
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: id, retryable: false })
  expect(error.cause).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain(`generations.wait('${id}') takes up the waiting`)
})

test('a revoked key ends the wait at once, with the id', async () => {
  const { client, polls } = await accepting((socket) =>
    answer(socket, 401, errorBody('invalid_api_key')),
  )
  const error = await caught(client.videos.generate(params))
  expect(error).toBeInstanceOf(WaitInterruptedError)
  expect(error.cause).toBeInstanceOf(InvalidApiKeyError)
  expect([error.generationId, error.status, polls()]).toEqual([id, 401, 1])
})

test('a poll that may come back only after the time is over ends the wait', async () => {
  const { client } = await accepting((socket) =>
    answer(socket, 429, errorBody('rate_limit'), { 'Retry-After': '3600' }),
  )
  const error = await caught(client.videos.generate(params))
  expect(error.cause).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({
    code: 'wait_interrupted',
    generationId: id,
    retryAfterMs: 3_600_000,
  })
})

test('the time-out of a wait names the id, and another client takes the film up by it', async () => {
  let isDone = false
  const { client, server } = await accepting((socket) =>
    answer(socket, 200, isDone ? completedBody(id) : pending),
  )
  const error = await caught(client.videos.generate(params, { timeout: 60_000 }))
  expect(error).toBeInstanceOf(WaitInterruptedError)
  expect(error.cause).toBeInstanceOf(TimeoutError)
  expect(error).toMatchObject({ generationId: id, retryable: false })
  expect(error.message).toContain('did not end within 60 s')
  isDone = true
  const other = new Filmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL })
  expect((await other.generations.wait(id, { type: 'video' })).status).toBe('completed')
})

test('an abort while waiting names the id and sends nothing more', async () => {
  const abort = new AbortController()
  const { client, polls } = await accepting((socket, _request, count) => {
    if (count < 4) answer(socket, 200, pending)
    else abort.abort(new Error('the user left'))
  })
  const error = await caught(client.videos.generate(params, { signal: abort.signal }))
  expect(error).toBeInstanceOf(WaitInterruptedError)
  expect(error).toMatchObject({ generationId: id, retryable: false })
  expect(error.cause).toBeInstanceOf(AbortError)
  expect(error.cause).toMatchObject({ cause: new Error('the user left') })
  expect(error.message).toContain(`generations.wait('${id}')`)
  expect(polls()).toBe(3)
})

test('an abort during a pause ends it at once', async () => {
  const abort = new AbortController()
  const { client } = await accepting((socket) => answer(socket, 200, pending))
  const error = await caught(
    client.videos.generate(params, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    }),
  )
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: id })
})

test('an abort before the start sends nothing', async () => {
  const { client, server } = await accepting(() => {})
  const error = await caught(client.videos.generate(params, { signal: AbortSignal.abort() }))
  expect(error).toMatchObject({ code: 'aborted', attempts: 0 })
  expect(server.requests).toEqual([])
})

test('an abort before the id is known leaves the key that finds the generation again', async () => {
  const abort = new AbortController()
  const server = await listening(() => abort.abort())
  const client = new Filmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL })
  const error = await caught(
    client.images.generate(params, { signal: abort.signal, idempotencyKey: 'order-7' }),
  )
  expect(error).toMatchObject({ code: 'aborted', idempotencyKey: 'order-7', attempts: 1 })
  expect(error.message).toContain("idempotencyKey 'order-7'")
})

test('progress and place in the queue are passed on', async () => {
  const news: Progress[] = []
  const states = [
    { ...pending, queue_position: 2 },
    { ...pending, progress: 0.4 },
    completedBody(id),
  ]
  const { client, clock } = await accepting((socket, _request, count) =>
    answer(socket, 200, states[count - 2]),
  )
  await client.videos.generate(params, { onProgress: (progress) => news.push(progress) })
  expect(news).toMatchObject([
    { generationId: id, state: 'pending' },
    { generationId: id, state: 'pending', queuePosition: 2 },
    { generationId: id, state: 'pending', progress: 0.4 },
    { generationId: id, state: 'completed', progress: 1 },
  ])
  // As long as the clock has run, which skips through every pause.
  const pausedMs = clock.waits.reduce((sum, ms) => sum + ms, 0)
  expect(news.at(-1)?.elapsedMs).toBeGreaterThanOrEqual(Math.floor(pausedMs))
  expect(news.every(({ elapsedMs }, at) => elapsedMs >= (news[at - 1]?.elapsedMs ?? 0))).toBe(true)
})

test('a callback that throws costs nobody a film', async () => {
  const { client } = await accepting((socket) => answer(socket, 200, completedBody(id)))
  const film = await client.videos.generate(params, {
    onProgress: () => {
      throw new Error('a bug in the page')
    },
  })
  expect(film.id).toBe(id)
})

test('the pause that a pending answer asks for is kept', async () => {
  const { client, clock } = await accepting((socket, _request, count) =>
    count < 4
      ? answer(socket, 200, pending, { 'Retry-After': '3' })
      : answer(socket, 200, completedBody(id)),
  )
  await client.videos.generate(params)
  expect(clock.waits).toEqual([3_000, 3_000])
})

test('polls that nobody gave a pace are spread, so that many callers do not come at once', async () => {
  const pauses = await Promise.all(
    [0, 0.999].map(async (random) => {
      const states = [pending, pending, pending, completedBody(id)]
      const script: Script = (socket, _request, count) => answer(socket, 200, states[count - 1])
      const { client, clock } = await scripted(script, {}, random)
      await client.generations.wait(id, { type: 'video' })
      return clock.waits
    }),
  )
  const [soon = [], late = []] = pauses
  expect(soon.length).toBeGreaterThan(1)
  for (const [at, ms] of soon.entries()) expect(late[at]).toBeGreaterThan(ms * 1.2)
})

test('a server that holds the answer is asked again without a pause', async () => {
  const holding = skippingClock()
  const server = await listening((socket, request, count) => {
    if (request.line.startsWith('POST')) return answer(socket, 202, pending)
    // The server holds the answer as long as it was asked to: the clock moves on by that.
    const seconds = Number(/wait=(\d+)/.exec(request.headers.get('prefer') ?? '')?.[1] ?? 0)
    const give = (): void => answer(socket, 200, count < 4 ? pending : completedBody(id))
    holding.after(seconds * 1_000, give, 'pause')
  })
  const client = new Filmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL }, holding)
  await client.videos.generate(params)
  // These are the holds themselves; the client adds no pause.
  expect(holding.waits).toEqual([25_000, 25_000, 25_000])
})

test('an image is waited for where the server answers before it is finished', async () => {
  const { client, server } = await accepting((socket) => answer(socket, 200, completedBody(id)))
  expect((await client.images.generate(params)).id).toBe(id)
  expect(server.requests[1]?.line).toBe(`GET /v2/images/generations/${id} HTTP/1.1`)
})

test('an id of unknown kind is looked for among films, then among images', async () => {
  const { client, server } = await accepting((socket, { line }) =>
    line.includes('/videos/')
      ? answer(socket, 404, errorBody('not_found'))
      : answer(socket, 200, completedBody(id)),
  )
  expect((await client.generations.wait(id)).id).toBe(id)
  expect(server.requests.map(({ line }) => line.split('/')[2])).toEqual(['videos', 'images'])
})

test('a failed film carries all fields, and tells whether it was paid for', async () => {
  const failed = { id, status: 'failed', ...(errorBody('server_error', 'Lost.') as object) }
  const { client } = await accepting((socket) =>
    answer(socket, 200, failed, { 'X-Billed': 'false', 'X-Request-Id': 'req_9' }),
  )
  const news: string[] = []
  const error = await caught(
    client.videos.generate(params, { onProgress: ({ state }) => news.push(state) }),
  )
  expect(error).toBeInstanceOf(ServerError)
  expect(error).toMatchObject({
    name: 'ServerError',
    status: 200,
    code: 'server_error',
    message: 'Lost.',
    param: null,
    docUrl: 'http://docs.invalid/server_error',
    requestId: 'req_9',
    generationId: id,
    billed: false,
    retryable: true,
    generation: failed,
  })
  expect(news).toEqual(['pending', 'failed'])
  expect(String(error)).toBe(
    `ServerError: Lost. (code server_error, status 200, generation ${id}, see http://docs.invalid/server_error)`,
  )
})

test('the id is logged as soon as it is known, and the answer gives its headers', async () => {
  const lines: string[] = []
  const { client } = await accepting((socket) => answer(socket, 200, completedBody(id)), {
    logger: { info: (line) => lines.push(line) },
  })
  const accepted = await client.videos.generations.create(params).withResponse()
  expect(lines).toEqual([`filmgate: generation ${id} accepted`])
  expect(accepted).toMatchObject({
    status: 202,
    requestId: 'req_1',
    generationId: id,
    billed: undefined,
    attempts: 1,
    data: pending,
  })
  expect(accepted.headers.get('x-generation-id')).toBe(id)
})

test.each(['images', 'videos'] as const)(
  'an id in headers whose body broke off: the %s client goes on by reading',
  async (kind) => {
    const head = `HTTP/1.1 200 OK\r\nX-Generation-Id: ${id}\r\nContent-Length: 99\r\n\r\n{`
    const server = await listening((socket, { line }) => {
      if (line.startsWith('GET')) return answer(socket, 200, completedBody(id))
      socket.write(head, () => setImmediate(() => socket.end()))
    })
    const client = new Filmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL, maxRetries: 0 })
    expect((await client[kind].generate(params)).id).toBe(id)
    expect(server.requests.map(({ line }) => line)).toEqual([
      `POST /v2/${kind}/generations HTTP/1.1`,
      `GET /v2/${kind}/generations/${id} HTTP/1.1`,
    ])
  },
)

test('the list is read page by page, and no further than it is asked for', async () => {
  const page = (ids: string[], has_more: boolean) => ({ data: ids.map((id) => ({ id })), has_more })
  const { client, server } = await accepting((socket, { line }) =>
    answer(socket, 200, line.includes('after=b') ? page(['c'], false) : page(['a', 'b'], true)),
  )
  const ids: string[] = []
  for await (const { id } of client.generations.list({ limit: 2, status: 'failed' })) ids.push(id)
  expect(ids).toEqual(['a', 'b', 'c'])
  expect(server.requests.map(({ line }) => line.split(' ')[1])).toEqual([
    '/v2/generations?limit=2&status=failed',
    '/v2/generations?limit=2&status=failed&after=b',
  ])
  for await (const _ of client.generations.list()) break
  expect(server.requests).toHaveLength(3)
  const first = await client.generations.list()
  expect([first.data.length, first.has_more]).toEqual([2, true])
  const second = await first.getNextPage()
  expect(second?.data.map(({ id }) => id)).toEqual(['c'])
  expect(await second?.getNextPage()).toBeUndefined()
})

test('a list that does not advance ends', async () => {
  const { client, server } = await accepting((socket) =>
    answer(socket, 200, { data: [{ id: 'a' }], has_more: true }),
  )
  const ids: string[] = []
  for await (const { id } of client.generations.list()) ids.push(id)
  expect([ids, server.requests.length]).toEqual([['a', 'a'], 2])
})

test.each([
  ['Retry-After: 0', { 'Retry-After': '0' }],
  ['a date in the past', { 'Retry-After': 'Sun, 06 Nov 1994 08:49:37 GMT' }],
  ['Retry-After-Ms: 0', { 'Retry-After-Ms': '0' }],
])('a server that asks with %s is not polled more than twice a second', async (_, headers) => {
  const { client, clock } = await accepting((socket, _request, count) =>
    count < 9
      ? answer(socket, 200, pending, headers)
      : answer(socket, 200, completedBody(id), headers),
  )
  await client.videos.generate(params)
  expect(clock.waits).toEqual(Array(7).fill(500))
})

/** How long the answer was to be held, in seconds, for each read so far. */
const holds = ({ requests }: RawServer): number[] =>
  requests
    .filter(({ line }) => line.startsWith('GET'))
    .map(({ headers }) => Number(/^wait=(\d+)$/.exec(headers.get('prefer') ?? '')?.[1] ?? 0))

test('a hold that something in front cuts off is halved, then left', async () => {
  const { client, server } = await accepting((socket, _request, count) =>
    count < 9 ? answer(socket, 504, '<html>') : answer(socket, 200, completedBody(id)),
  )
  await client.videos.generate(params)
  expect(holds(server)).toEqual([25, 12, 6, 3, 1, 0, 0, 0])
})

test('a hold that was once cut off stays as short as it worked', async () => {
  const { client, server } = await accepting((socket, _request, count) => {
    if (count === 2) socket.resetAndDestroy()
    else answer(socket, 200, count < 5 ? pending : completedBody(id))
  })
  await client.videos.generate(params)
  expect(holds(server)).toEqual([25, 12, 12, 12])
})

test('no hold reaches past the end of the time', async () => {
  const { client, server } = await accepting((socket) => answer(socket, 200, pending), {
    timeout: 10_500,
  })
  await caught(client.videos.generate(params))
  expect(holds(server)[0]).toBe(9)
  expect(holds(server).at(-1)).toBe(0)
})

test('a hint beyond the time does not cost the last look', async () => {
  const { client, clock, polls } = await accepting((socket, _request, count) =>
    count < 3
      ? answer(socket, 200, pending, { 'Retry-After': '60' })
      : answer(socket, 200, completedBody(id)),
  )
  const film = await client.videos.generate(params, { timeout: 20_000 })
  expect([film.id, polls()]).toEqual([id, 2])
  expect(clock.waits[0]).toBeGreaterThan(18_000)
  expect(clock.waits[0]).toBeLessThan(20_000)
})

test('after the last look nothing is asked', async () => {
  const { client, polls } = await accepting((socket) =>
    answer(socket, 200, pending, { 'Retry-After': '60' }),
  )
  const error = await caught(client.videos.generate(params, { timeout: 20_000 }))
  expect(error.cause).toBeInstanceOf(TimeoutError)
  expect(polls()).toBe(2)
})

test('a server that forgets the film for a moment is asked again; one that insists ends the wait', async () => {
  const forget: Script = (socket) => answer(socket, 404, errorBody('not_found'))
  const moment = await accepting((socket, request, count) =>
    count < 4 ? forget(socket, request, count) : answer(socket, 200, completedBody(id)),
  )
  expect((await moment.client.videos.generate(params)).id).toBe(id)
  const insisting = await accepting(forget)
  const error = await caught(insisting.client.videos.generate(params))
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: id, status: 404 })
  expect(insisting.polls()).toBe(3)
})

test.each([
  ['another film', { ...pending, id: 'gen_other' }],
  ['no film', {}],
  ['a list', []],
])('an answer about %s is none, and the read is repeated', async (_, other) => {
  const { client, polls } = await accepting((socket, _request, count) =>
    answer(socket, 200, count < 4 ? other : completedBody(id)),
  )
  expect((await client.videos.generate(params)).id).toBe(id)
  expect(polls()).toBe(3)
})

test('a failed film says not to retry where the server says so', async () => {
  const failed = { id, status: 'failed', ...(errorBody('server_error', 'Lost.') as object) }
  for (const [headers, retryable] of [
    [{ 'X-Should-Retry': 'false' }, false],
    [{ 'X-Should-Retry': 'true' }, true],
    [{}, true],
  ] as const) {
    const { client } = await accepting((socket) => answer(socket, 200, failed, headers))
    expect(await caught(client.videos.generate(params))).toMatchObject({ retryable })
  }
})

test('images and films that fail on policy are the same class, accepted or not', async () => {
  const violation = errorBody('content_policy_violation') as object
  const { client } = await accepting((socket) =>
    answer(socket, 200, { id, status: 'failed', ...violation }),
  )
  const film = await caught(client.videos.generate(params))
  const server = await listening((socket) =>
    answer(socket, 422, violation, { 'X-Generation-Id': id }),
  )
  const other = new Filmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL })
  const image = await caught(other.images.generate(params))
  for (const error of [film, image]) {
    expect(error).toBeInstanceOf(ContentPolicyViolationError)
    expect(error).toMatchObject({ code: 'content_policy_violation', generationId: id })
  }
})

test('an abort between tries names the generation that an answer had named', async () => {
  const abort = new AbortController()
  const { client } = await scripted((socket) =>
    answer(socket, 500, errorBody('server_error'), { 'X-Generation-Id': id }),
  )
  const error = await caught(
    client.images.generate(params, { signal: abort.signal, onRetry: () => abort.abort() }),
  )
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: id })
  expect(error.cause).toBeInstanceOf(AbortError)
})

test('an id in a body that broke off is read on by', async () => {
  const { client, lines } = await scripted((socket, { line }) => {
    if (line.startsWith('GET')) return answer(socket, 200, completedBody(id))
    const head = 'HTTP/1.1 202 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n'
    socket.write(`${head}{"id":"${id}","status":"pen`, () => setImmediate(() => socket.destroy()))
  })
  expect((await client.videos.generate(params)).id).toBe(id)
  expect(lines()).toEqual(['POST /v2/videos/generations', `GET /v2/videos/generations/${id}`])
})

test('a hint of a day is not slept through', async () => {
  const { client, clock } = await accepting((socket, _request, count) =>
    count < 4
      ? answer(socket, 200, pending, { 'Retry-After': '86400' })
      : answer(socket, 200, completedBody(id)),
  )
  await client.videos.generate(params, { timeout: Infinity })
  expect(clock.waits).toEqual([60_000, 60_000])
})
