import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesOf, startGatewayBench, type GatewayBench } from './support/benches.ts'
import { startSdk } from './support/sdk.ts'

let bench: GatewayBench
beforeAll(async () => {
  bench = await startGatewayBench()
}, 300_000)
afterAll(() => bench?.close())

test('a film comes with its bytes and what was measured of it', async () => {
  const before = await bench.balance()
  const options = { prompt: 'A fox runs', resolution: '854x480', generateAudio: true }
  const result = await bench.film({ ...options, providerOptions: {} }).result()
  expect(result.warnings).toEqual([])
  expect(result.files).toMatchObject([{ mediaType: 'video/mp4' }])
  expect(bytesOf(result).subarray(4, 8).toString()).toBe('ftyp')
  const [output] = result.providerMetadata?.filmgate.videos ?? []
  expect(output).toMatchObject({
    width: 854,
    height: 480,
    has_sound: true,
    cost: 0.02,
    billed: true,
  })
  expect(output?.url).toContain(bench.gateway.baseURL)
  expect(output?.deletes_at).toMatch(/^20/)
  expect(result.responses).toMatchObject([{ modelId: 'sandbox-video' }])
  expect(before - (await bench.balance())).toBeCloseTo(0.02, 6)
})

test('frames and references go to the film with their roles', async () => {
  const picture = await sharp({
    create: { width: 64, height: 64, channels: 3, background: '#48c' },
  })
    .png()
    .toBuffer()
  const data = { $bytes: picture.toString('base64') }
  const frames = [
    { image: data, frameType: 'first_frame' },
    { image: data, frameType: 'last_frame' },
  ]
  const result = await bench.film({ prompt: 'A fox turns', frameImages: frames }).result()
  expect(result.warnings).toEqual([])
  // A film has one first frame: the image of the prompt and a first frame are the same thing.
  const twice = await bench
    .film({
      prompt: { text: 'A fox turns', image: data },
      providerOptions: {
        filmgate: { images: [{ url: 'data:image/png;base64,AA==', role: 'first_frame' }] },
      },
    })
    .error()
  expect(twice.data).toMatchObject({ code: 'invalid_parameter', param: 'images[1].role' })
  const references = await bench
    .film({
      prompt: 'A fox like this',
      fps: 60,
      inputReferences: [data, { data: 'https://example.com/a.mp4', mediaType: 'video/mp4' }],
    })
    .result()
  expect(references.warnings?.map(({ feature }) => feature)).toEqual(['inputReferences', 'fps'])
})

test.each(['content_policy_violation', 'server_error'])(
  'a film that ends with %s is an APICallError with its generation',
  async (code) => {
    const before = await bench.balance()
    const error = await bench.film({ prompt: `A fox swims [[${code}]]` }).error()
    expect(error).toMatchObject({ name: 'AI_APICallError', isRetryable: false, tries: 1 })
    expect(error.data).toMatchObject({ code, billed: false })
    expect(error.data?.['generationId']).toMatch(/^gen_/)
    expect(error.data?.['docUrl']).toBe(`${bench.gateway.baseURL}/docs/errors/${code}`)
    expect(await bench.balance()).toBe(before)
  },
)

test('a film that was started is fetched by another process, from JSON', async () => {
  const before = await bench.balance()
  const start = { prompt: 'A fox crosses the river', resolution: '854x480', duration: 1 }
  const started = await bench
    .film({ ...start, providerOptions: {} }, { call: 'startVideo' })
    .result()
  const id = started.providerMetadata?.filmgate['id']
  expect(started.operation).toEqual({ id, size: '854x480' })
  const other = await startSdk(bench.folder)
  // Parsed from text, as from a database.
  const operation: unknown = JSON.parse(JSON.stringify(started.operation))
  const status = () =>
    other
      .call({ call: 'getVideoStatus', settings: bench.settings, options: { operation } })
      .result()
  const finished = await until(status, ({ status: state }) => state !== 'pending')
  await other.close()
  expect(finished).toMatchObject({ status: 'completed', warnings: [] })
  expect(finished.providerMetadata?.filmgate.videos).toMatchObject([{ id, width: 854 }])
  expect(bytesOf(finished).subarray(4, 8).toString()).toBe('ftyp')
  expect(before - (await bench.balance())).toBeCloseTo(0.02, 6)
})

test('a started film that failed is a status, with code and id', async () => {
  const prompt = 'A fox swims [[content_policy_violation]]'
  const { operation } = await bench.film({ prompt }, { call: 'startVideo' }).result()
  const status = () => bench.film({ operation }, { call: 'getVideoStatus' }).result()
  const failed = await until(status, ({ status: state }) => state !== 'pending')
  expect(failed.status).toBe('error')
  expect(failed.error).toMatch(/refused this content.*\(content_policy_violation, generation gen_/)
  expect(failed.providerMetadata?.filmgate).toMatchObject({
    id: expect.stringMatching(/^gen_/),
    code: 'content_policy_violation',
    param: 'prompt',
    doc_url: `${bench.gateway.baseURL}/docs/errors/content_policy_violation`,
    billed: false,
  })
})

test('a film that nobody knows, or no operation at all, is an error and not a status', async () => {
  const unknown = { operation: { id: `gen_${'0'.repeat(32)}` } }
  const error = await bench.film(unknown, { call: 'getVideoStatus' }).error()
  expect(error).toMatchObject({ isApiCallError: true, statusCode: 404, isRetryable: false })
  expect(error.data).toMatchObject({ code: 'not_found' })
  const nonsense = await bench.film({ operation: ['x'] }, { call: 'getVideoStatus' }).error()
  expect(nonsense).toMatchObject({ name: 'AI_InvalidArgumentError' })
})

test("the AI SDK's own polling works as well, and a webhook is said not to", async () => {
  const result = await bench.film({ prompt: 'A fox waits', poll: { intervalMs: 100 } }).result()
  expect(result.files).toMatchObject([{ mediaType: 'video/mp4' }])
  const options = { prompt: 'A fox calls', webhookUrl: 'https://example.com/hook' }
  const started = await bench.film(options, { call: 'startVideo' }).result()
  expect(started.warnings).toMatchObject([{ type: 'unsupported', feature: 'webhookUrl' }])
})

test.each(['image', 'video'] as const)(
  'an abort ends the waiting for a %s, and names what goes on',
  async (kind) => {
    const prompt = { prompt: `A fox in the mist, ${kind} [[delay ms=4000]]` }
    const newest = () => bench.direct.generations.list({ limit: 1 })
    const { data } = await newest()
    const call = kind === 'image' ? bench.image(prompt) : bench.film(prompt)
    const accepted = await until(newest, (page) => page.data[0]?.id !== data[0]?.id)
    call.abort()
    const error = await call.error()
    expect(error).toMatchObject({ name: 'AbortError', isAbortError: true, tries: 1 })
    // With the key the same call joins what it started.
    expect(error.filmgate?.['idempotencyKey']).toMatch(/^\w{32}$/)
    const goneOn = await bench.direct.generations.wait(accepted.data[0]?.id ?? '', { type: kind })
    expect(goneOn.status).toBe('completed')
  },
)

test('models come from a provider registry, too', async () => {
  const result = await bench.image({ prompt: 'A fox' }, { viaRegistry: true }).result()
  expect(result.files).toHaveLength(1)
  const moving = await bench.film({ prompt: 'A fox' }, { viaRegistry: true }).result()
  expect(moving.files).toHaveLength(1)
})

/** Asks until the answer is as hoped for. */
async function until<T>(ask: () => PromiseLike<T>, isSo: (answer: T) => boolean): Promise<T> {
  const answer = await ask()
  return isSo(answer) ? answer : until(ask, isSo)
}
