import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { answer, errorBody, type Script } from '../client/support/raw-server.ts'
import { bytesOf, cut, reset, startLyingBench, type LyingBench } from './support/benches.ts'

let bench: LyingBench
beforeAll(async () => {
  bench = await startLyingBench()
}, 300_000)
afterEach(() => bench?.closeServer())
afterAll(() => bench?.close())

const film = { call: 'generateVideo', options: { prompt: 'A fox' } } as const

test('a film is started under the key of the AI SDK, or that of the caller', async () => {
  const accept: Script = (socket) => answer(socket, 202, { id: 'gen_1', status: 'pending' })
  await (await bench.at(accept, { ...film, call: 'startVideo' })).result()
  expect(bench.keys()).toEqual([expect.stringMatching(/^aisdk_vid_/)])
  const headers = { 'Idempotency-Key': 'order-5678' }
  const options = { prompt: 'A fox', headers }
  await (await bench.at(accept, { ...film, call: 'startVideo', options })).result()
  expect(bench.keys()).toEqual(['order-5678'])
})

test('a start that the AI SDK repeats is one order', async () => {
  const script: Script = (socket, _request, count) =>
    count < 3
      ? answer(socket, 500, errorBody('server_error'), { 'Retry-After-Ms': '1' })
      : answer(socket, 202, { id: 'gen_1', status: 'pending' })
  const call = await bench.at(script, { ...film, call: 'startVideo', client: { maxRetries: 0 } })
  expect((await call.result()).operation).toEqual({ id: 'gen_1' })
  expect(bench.posts()).toHaveLength(3)
  expect(bench.keys()).toHaveLength(1)
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
      const url = `${bench.server().baseURL}/film.mp4`
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
    const result = await (await bench.at(filmThen(script, 2), film)).result()
    expect(bytesOf(result).toString()).toBe('the film')
    expect(bench.posts()).toHaveLength(1)
  },
)

test('a key that is revoked while a film is waited for is told with its id, and nothing is sent again', async () => {
  const revoked: Script = (socket) => answer(socket, 401, errorBody('invalid_api_key'))
  const error = await (await bench.at(filmThen(revoked, Infinity), film)).error()
  expect(bench.posts()).toHaveLength(1)
  expect(error).toMatchObject({ tries: 1, isApiCallError: true, isRetryable: false })
  expect(error.data).toMatchObject({ code: 'wait_interrupted', generationId: 'gen_1' })
  expect(error.message).toContain('Generation gen_1 goes on')
})

test('a status that cannot be read is an error, which the AI SDK repeats as reads may be', async () => {
  const operation = { id: 'gen_1' }
  const order = { call: 'getVideoStatus', client: { maxRetries: 0 } } as const
  const script = filmThen(
    (socket) => answer(socket, 500, errorBody('server_error'), { 'Retry-After-Ms': '1' }),
    3,
  )
  const error = await (await bench.at(script, { ...order, options: { operation } })).error()
  expect(error).toMatchObject({ name: 'AI_RetryError', tries: 3, isRetryable: true })
  expect(error.data).toMatchObject({ code: 'server_error', generationId: 'gen_1' })
  // The film was never in doubt: asked again, it is there.
  const settings = { apiKey: 'sk_test_x', baseURL: bench.server().baseURL }
  const later = await bench.sdk.call({ ...order, settings, options: { operation } }).result()
  expect(later.status).toBe('completed')
  expect(bench.posts()).toEqual([])
})

test('a finished film whose file cannot be fetched is asked for again, as reads may be', async () => {
  const script: Script = (socket, { line }) => {
    if (line.startsWith('GET /film.mp4')) return reset(socket)
    const output = { url: `${bench.server().baseURL}/film.mp4`, mime_type: 'video/mp4' }
    answer(socket, 200, { id: 'gen_1', status: 'completed', model: 'm', data: [output] })
  }
  const options = { operation: { id: 'gen_1' }, maxRetries: 1 }
  const order = { call: 'getVideoStatus', options, client: { maxRetries: 0 } } as const
  const error = await (await bench.at(script, order)).error()
  expect(error).toMatchObject({ tries: 2, isRetryable: true, data: { generationId: 'gen_1' } })
  expect(bench.posts()).toEqual([])
})

test('X-Should-Retry decides whether the AI SDK repeats a read', async () => {
  const script = filmThen(
    (socket) => answer(socket, 500, errorBody('server_error'), { 'X-Should-Retry': 'false' }),
    1,
  )
  const options = { operation: { id: 'gen_1' } }
  const error = await (await bench.at(script, { call: 'getVideoStatus', options })).error()
  expect(error).toMatchObject({ tries: 1, isRetryable: false, statusCode: 500 })
})

test('a state that only another server knows is pending', async () => {
  const script = filmThen((socket) => answer(socket, 200, { id: 'gen_1', status: 'rendering' }), 1)
  const options = { operation: { id: 'gen_1' } }
  const result = await (await bench.at(script, { call: 'getVideoStatus', options })).result()
  expect(result.status).toBe('pending')
})

test('an abort while a film is waited for names the generation that goes on', async () => {
  let arrived = (): void => {}
  const read = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const call = await bench.at(
    filmThen(() => arrived(), Infinity),
    film,
  )
  await read
  call.abort()
  const error = await call.error()
  expect(error).toMatchObject({ name: 'AbortError', isAbortError: true, tries: 1 })
  expect(error.filmgate).toMatchObject({ code: 'aborted', generationId: 'gen_1' })
})
