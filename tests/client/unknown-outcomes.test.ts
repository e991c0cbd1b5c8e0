import { expect, test } from 'vitest'
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

test.each(['read EHOSTUNREACH', 'write ENETUNREACH'])(
  'a connection that stood and broke, %s, may have brought the request',
  async (words) => {
    const cause = Object.assign(new Error(words), { code: words.split(' ')[1] })
    const fetch = async (): Promise<Response> => {
      throw new TypeError('fetch failed', { cause })
    }
    const { client } = await scripted(() => {}, { fetch })
    const error = await caught(client.images.generate(params))
    expect(error).toMatchObject({ code: 'connection_error', retryable: false })
  },
)

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
