import { describe, expect, test } from 'vitest'
import type { Progress } from '../../packages/client/src/index.ts'
import { answer, completedBody, errorBody } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'

const params = { model: 'm', prompt: 'a fox' }
const pending = { id: 'gen_1', status: 'pending' }

describe('an answer that is not what was asked for is no value', () => {
  const answers: [string, unknown][] = [
    ['{}', {}],
    ['[]', []],
    ['another generation', { id: 'gen_2', status: 'pending' }],
  ]
  test.each(answers)('of retrieve: %s', async (_, body) => {
    const { client } = await scripted((socket) => answer(socket, 200, body))
    const error = await caught(client.videos.generations.retrieve('gen_1'))
    expect(error.code).toBe('connection_error')
  })

  test.each(answers)('of cancel: %s', async (_, body) => {
    const { client } = await scripted((socket) => answer(socket, 200, body))
    const error = await caught(client.videos.generations.cancel('gen_1'))
    expect(error.code).toBe('connection_error')
  })

  test.each(answers.slice(0, 2))('of a quote: %s', async (_, body) => {
    const { client } = await scripted((socket) => answer(socket, 200, body))
    expect((await caught(client.images.quote(params))).code).toBe('connection_error')
  })

  test('of a quote: an image that was made and paid for, whose id is told', async () => {
    const { client } = await scripted((socket) => answer(socket, 200, completedBody('gen_1')))
    const error = await caught(client.images.quote(params))
    expect(`${error.message} ${error.generationId}`).toContain('gen_1')
  })

  test('of the balance: {}', async () => {
    const { client } = await scripted((socket) => answer(socket, 200, {}))
    expect((await caught(client.billing.balance())).code).toBe('connection_error')
  })

  test('of a generation that is completed but has no outputs', async () => {
    const { client } = await scripted((socket, { line }) =>
      line.startsWith('POST')
        ? answer(socket, 202, pending)
        : answer(socket, 200, { id: 'gen_1', status: 'completed' }),
    )
    const error = await caught(client.videos.generate(params, { maxElapsed: 10_000 }))
    expect(error).toMatchObject({ code: 'wait_interrupted', generationId: 'gen_1' })
  })
})

describe('the status decides, though the words are lost', () => {
  const codes: [number, string][] = [
    [401, 'invalid_api_key'],
    [402, 'quota_exceeded'],
    [404, 'not_found'],
    [422, 'content_policy_violation'],
  ]
  test.each(codes)('%i with half a JSON and the end of the connection', async (status, code) => {
    const { client, server } = await scripted((socket) =>
      answer(socket, status, '{"error":{"message":"No', { 'Content-Length': undefined }),
    )
    expect(await caught(client.videos.generate(params))).toMatchObject({ code, status })
    expect(server.requests).toHaveLength(1)
  })

  test.each(codes)('%i with an empty object', async (status, code) => {
    const { client, server } = await scripted((socket) => answer(socket, status, {}))
    expect(await caught(client.videos.generate(params))).toMatchObject({ code, status })
    expect(server.requests).toHaveLength(1)
  })
})

test('a good status whose body stops and names no generation is a lost connection', async () => {
  const { client, server } = await scripted(
    (socket) => socket.write('HTTP/1.1 202 OK\r\nContent-Length: 100\r\n\r\n{"id'),
    { requestTimeout: 100 },
  )
  const error = await caught(client.videos.generate(params))
  expect(error).toMatchObject({ code: 'connection_error', status: 202, retryable: false })
  expect(error.message).toContain(error.idempotencyKey)
  expect(server.requests).toHaveLength(1)
})

test('an id that one answer named is not forgotten when the next answer is lost', async () => {
  const { client } = await scripted((socket, _request, count) =>
    count === 1
      ? answer(socket, 500, errorBody('server_error'), { 'X-Generation-Id': 'gen_1' })
      : void socket.resetAndDestroy(),
  )
  expect((await caught(client.images.generate(params))).generationId).toBe('gen_1')
})

test('that a film is unknown does not say that there is no such image', async () => {
  const { client } = await scripted((socket, { line }) =>
    line.includes('/videos/')
      ? answer(socket, 404, errorBody('not_found'))
      : void socket.resetAndDestroy(),
  )
  const error = await caught(client.generations.wait('gen_1'))
  expect(error).toMatchObject({ code: 'wait_interrupted', generationId: 'gen_1' })
})

test('time lost on broken reads is no held answer: polls keep their distance', async () => {
  const { client, server, clock } = await scripted(
    (socket, { line }, count) => {
      if (line.startsWith('POST')) return answer(socket, 202, pending)
      if (count <= 4) return void socket.resetAndDestroy()
      answer(socket, 200, count === 7 ? completedBody('gen_1') : pending)
    },
    {},
    0.999,
  )
  await client.videos.generate(params)
  // One before every read but the first.
  expect([server.requests.length, clock.waits.length]).toEqual([7, 5])
  expect(Math.min(...clock.waits)).toBeGreaterThanOrEqual(499)
})

test('a key function that fails is a mistake of the caller, and nothing was sent', async () => {
  const sources = [
    async () => expect.fail('the vault is sealed'),
    // What a missing setting becomes.
    async () => '',
  ]
  for (const apiKey of sources) {
    const { client, clock } = await scripted((socket) => answer(socket, 200, {}), { apiKey })
    const outcome = await client.images.generate(params).catch(String)
    expect(outcome).not.toMatch(/No answer from|Whether it was accepted is unknown/)
    expect(clock.waits).toEqual([])
  }
})

test('an abort ends the reading of a reference image that does not come', async () => {
  class Stalled extends Blob {
    override arrayBuffer = (): Promise<ArrayBuffer> => new Promise(() => {})
  }
  const { client } = await scripted((socket) => answer(socket, 200, completedBody('gen_1')))
  const abort = new AbortController()
  const images = [{ url: new Stalled(['x']) }]
  const ended = caught(client.images.generate({ ...params, images }, { signal: abort.signal }))
  await import('../../packages/client/src/reference-images.ts')
  abort.abort()
  const turns = async (): Promise<'going on'> => {
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
    return 'going on'
  }
  expect(await Promise.race([ended, turns()])).toMatchObject({ code: 'aborted' })
})

test.each(['completed', 'queued'])(
  'an order that is said to be %s, without what it made, is read until it has ended',
  async (status) => {
    const { client, lines } = await scripted((socket, { line }) =>
      line.startsWith('POST')
        ? answer(socket, 200, { id: 'gen_1', status })
        : answer(socket, 200, completedBody('gen_1')),
    )
    const states: string[] = []
    const onProgress = ({ state }: Progress) => void states.push(state)
    const image = await client.images.generate({ model: 'm', prompt: 'a fox' }, { onProgress })
    expect(image.data).toHaveLength(1)
    expect(states).toEqual(['pending', 'completed'])
    expect(lines()).toHaveLength(2)
  },
)

test('a fetch whose text is none loses no id', async () => {
  const fetch = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    if (init?.method !== 'POST') return Response.json(completedBody('gen_1'))
    const headers = new Headers({ 'X-Generation-Id': 'gen_1' })
    // As polyfills and recorders of tests give it.
    return { ok: true, status: 200, headers, text: async () => ({ id: 'gen_1' }) } as never
  }
  const { client } = await scripted(() => {}, { fetch })
  expect(await client.images.generate({ model: 'm', prompt: 'a fox' })).toMatchObject({
    id: 'gen_1',
    status: 'completed',
  })
})

test.each([503, { deep: 1 }, null])(
  'a fetch that throws a message of %j loses no key',
  async (message) => {
    const fetch = async (): Promise<Response> => {
      // oxlint-disable-next-line typescript/only-throw-error -- what is under test
      throw { message }
    }
    const { client } = await scripted(() => {}, { fetch })
    const error = await caught(client.images.generate({ model: 'm', prompt: 'a fox' }))
    expect(error).toMatchObject({ code: 'connection_error', retryable: false })
    expect(error.message).toContain(`idempotencyKey '${error.idempotencyKey}' joins it`)
  },
)

test('progress that is no number is none', async () => {
  const strange = { id: 'gen_1', status: 'pending', progress: '\u001b[2J', queue_position: [1] }
  const { client } = await scripted((socket, { line }) =>
    answer(socket, 200, line.startsWith('POST') ? strange : completedBody('gen_1')),
  )
  const news: Progress[] = []
  const onProgress = (each: Progress) => void news.push(each)
  await client.videos.generate({ model: 'm', prompt: 'a fox' }, { onProgress })
  expect(news.map(({ progress, queuePosition }) => [progress, queuePosition])).toEqual([
    [undefined, undefined],
    [1, undefined],
  ])
})
