import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Filmgate, type ErrorCode } from '../../packages/client/src/index.ts'
import { errorCatalog } from '../../packages/client/src/generated/errors.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { makeProject, type Project } from './support/project.ts'
import { startSdk, type Order, type Result, type Sdk } from './support/sdk.ts'

let gateway: TestGateway
let project: Project
let sdk: Sdk
let settings: { apiKey: string; baseURL: string }
let direct: Filmgate
beforeAll(async () => {
  ;[gateway, project] = await Promise.all([startGateway(), makeProject()])
  sdk = await startSdk(project.folder)
  settings = { apiKey: gateway.key, baseURL: gateway.baseURL }
  direct = new Filmgate(settings)
}, 300_000)
afterAll(() => Promise.all([sdk?.close(), gateway?.stop(), project?.remove()]))

const image = (options: object, more: Partial<Order> = {}) =>
  sdk.call({ call: 'generateImage', settings, options, ...more })
// As small as films come: these tests are about the way, not the picture.
const film = (options: object, more: Partial<Order> = {}) =>
  sdk.call({
    call: 'generateVideo',
    settings,
    options: { duration: 1, providerOptions: { filmgate: { resolution: '480p' } }, ...options },
    ...more,
  })
const bytesOf = ({ files }: Result, at = 0) => Buffer.from(files?.[at]?.bytes ?? '', 'base64')
async function balance(): Promise<number> {
  return Number((await direct.billing.balance()).balance)
}

test('an image comes with its bytes, its type, and what is known of it', async () => {
  const before = await balance()
  const startedAt = new Date().toISOString()
  const result = await image({ prompt: 'A red fox', aspectRatio: '16:9' }).result()
  expect(result.files).toMatchObject([{ mediaType: 'image/jpeg' }])
  expect(await sharp(bytesOf(result)).metadata()).toMatchObject({ width: 1024, height: 576 })
  expect(result.warnings).toEqual([])
  const [output] = result.providerMetadata?.filmgate.images ?? []
  expect(output).toEqual({
    id: expect.stringMatching(/^gen_/),
    cost: 0.01,
    billed: true,
    width: 1024,
    height: 576,
    url: expect.stringContaining(`${gateway.baseURL}/v2/downloads/`),
    deletes_at: expect.stringMatching(/^20/),
    request_id: expect.stringMatching(/^req_/),
  })
  const [response] = result.responses ?? []
  expect(response?.modelId).toBe('sandbox-image')
  expect(response?.headers['x-generation-id']).toBe(output?.id)
  expect(response?.timestamp.localeCompare(startedAt)).toBeGreaterThanOrEqual(0)
  expect(before - (await balance())).toBeCloseTo(0.01, 6)
})

test('three images are three generations and three charges', async () => {
  const before = await balance()
  const result = await image({ prompt: 'Three foxes', n: 3 }).result()
  const outputs = result.providerMetadata?.filmgate.images ?? []
  expect(new Set(outputs.map(({ id }) => id)).size).toBe(3)
  expect(result.files).toHaveLength(3)
  expect(before - (await balance())).toBeCloseTo(0.03, 6)
})

test('several in one call are refused before anything is made', async () => {
  const before = await balance()
  const error = await image({ prompt: 'Foxes', n: 2, maxImagesPerCall: 2 }).error()
  expect(error).toMatchObject({ name: 'AI_InvalidArgumentError' })
  expect(error.message).toContain('Leave out maxImagesPerCall')
  expect(await balance()).toBe(before)
})

test('size, seed, format and reference images reach the model', async () => {
  const picture = await sharp({
    create: { width: 64, height: 64, channels: 3, background: '#c84' },
  })
    .png()
    .toBuffer()
  const options = {
    prompt: { text: 'A fox like this', images: [{ $bytes: picture.toString('base64') }] },
    size: '2048x1152',
    seed: 7,
    providerOptions: { filmgate: { output_format: 'webp' } },
  }
  const first = await image(options).result()
  expect(first.warnings).toEqual([])
  expect(first.files).toMatchObject([{ mediaType: 'image/webp' }])
  expect(await sharp(bytesOf(first)).metadata()).toMatchObject({ width: 2048, height: 1152 })
  const again = await image(options).result()
  expect(bytesOf(again).equals(bytesOf(first))).toBe(true)
  const other = await image({ ...options, seed: 8 }).result()
  expect(bytesOf(other).equals(bytesOf(first))).toBe(false)
})

test('a reference image that cannot be used is refused by its name', async () => {
  const prompt = {
    text: 'A fox',
    images: [{ $bytes: Buffer.from('no picture').toString('base64') }],
  }
  const error = await image({ prompt }).error()
  expect(error.data).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
  expect(JSON.stringify(error.requestBodyValues).length).toBeLessThan(400)
})

test('what cannot be asked for is said in warnings', async () => {
  const mask = { $bytes: Buffer.from('mask').toString('base64') }
  const result = await image({
    prompt: { text: 'A fox', images: [], mask },
    size: '700x400',
  }).result()
  expect(result.warnings?.map(({ type, feature }) => [type, feature])).toEqual([
    ['unsupported', 'size'],
    ['unsupported', 'mask'],
  ])
  const scaled = await image({ prompt: 'A fox', size: '1200x900' }).result()
  expect(scaled.warnings).toEqual([
    {
      type: 'compatibility',
      feature: 'size',
      details: '1200x900 was asked for, and the result is 1024x768.',
    },
  ])
})

// Object.keys loses the literal type; the table is closed, so the cast holds.
const codes = Object.keys(errorCatalog) as ErrorCode[]

test.each(codes)('%s arrives in an APICallError with every field', async (code) => {
  const before = await balance()
  const directive = code === 'rate_limit' ? 'rate_limit retry_after=60' : code
  const prompt = `A fox in the fields [[${directive}]]`
  const error = await image({ prompt }, { client: { maxRetries: 0 } }).error()
  const { status, retryable } = errorCatalog[code]
  const accepted = code === 'content_policy_violation' || code === 'server_error'
  expect(error).toMatchObject({
    name: 'AI_APICallError',
    isApiCallError: true,
    tries: 1,
    statusCode: status,
    // Even the rate limit: it asks for a minute, and the AI SDK would come back after two seconds.
    isRetryable: false,
    requestBodyValues: { model: 'sandbox-image', prompt },
  })
  expect(error.data).toMatchObject({
    code,
    retryable,
    message: error.message,
    docUrl: `${gateway.baseURL}/docs/errors/${code}`,
    requestId: expect.stringMatching(/^req_/),
  })
  expect(error.data?.['generationId'] !== undefined).toBe(accepted)
  expect(error.data?.['billed']).toBe(accepted ? false : undefined)
  expect(error.responseHeaders?.['x-request-id']).toBe(error.data?.['requestId'])
  expect(error.filmgate).toMatchObject({ code, status, requestId: error.data?.['requestId'] })
  expect(await balance()).toBe(before)
})

test('a rate limit that the client may not wait for is waited for by the AI SDK', async () => {
  const before = await balance()
  const prompt = `A fox on the hill [[rate_limit times=1 retry_after=1]]`
  await image({ prompt }, { client: { maxRetries: 0 } }).result()
  expect(before - (await balance())).toBeCloseTo(0.01, 6)
  const none = await image(
    { prompt: 'A fox [[rate_limit retry_after=1]]', maxRetries: 1 },
    {
      client: { maxRetries: 0 },
    },
  ).error()
  expect(none).toMatchObject({ name: 'AI_RetryError', tries: 2, isRetryable: true })
  expect(none.filmgate).toMatchObject({ code: 'rate_limit' })
})

test('failures that pass are absorbed, with one charge', async () => {
  const before = await balance()
  await image({ prompt: 'A fox in the rain [[server_error times=2]]' }).result()
  expect(before - (await balance())).toBeCloseTo(0.01, 6)
})

test('options that are wrong are refused by name, before anything is sent', async () => {
  const before = await balance()
  const wrong = [
    [{ outputFormat: 'png' }, /has no outputFormat; there are: resolution, output_format/],
    [{ resolution: 2 }, /\.resolution must be a string/],
    [{ images: ['https://example.com/a.png'] }, /\.images must be a list of \{ url, role\? \}/],
    [{ idempotencyKey: 'schön' }, /\.idempotencyKey must be 1-255 printable ASCII/],
  ] as const
  for (const [filmgate, message] of wrong) {
    const error = await image({ prompt: 'A fox', providerOptions: { filmgate } }).error()
    expect(error).toMatchObject({ name: 'AI_InvalidArgumentError', tries: 1 })
    expect(error.message).toMatch(message)
  }
  expect(await balance()).toBe(before)
})

test('the same idempotency key gives the same image, says so, and is charged once', async () => {
  const before = await balance()
  const options = {
    prompt: 'A fox asleep',
    providerOptions: { filmgate: { idempotencyKey: 'order-1234' } },
  }
  const first = await image(options).result()
  const second = await image(options).result()
  const ids = [first, second].map(
    ({ providerMetadata }) => providerMetadata?.filmgate.images[0]?.id,
  )
  expect(ids[1]).toBe(ids[0])
  expect(first.warnings).toEqual([])
  expect(second.warnings).toEqual([
    { type: 'other', message: expect.stringContaining('order-1234 was used before') },
  ])
  expect(before - (await balance())).toBeCloseTo(0.01, 6)
})

test('a film comes with its bytes and what was measured of it', async () => {
  const before = await balance()
  const options = { prompt: 'A fox runs', resolution: '854x480', generateAudio: true }
  const result = await film({ ...options, providerOptions: {} }).result()
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
  expect(output?.url).toContain(gateway.baseURL)
  expect(output?.deletes_at).toMatch(/^20/)
  expect(result.responses).toMatchObject([{ modelId: 'sandbox-video' }])
  expect(before - (await balance())).toBeCloseTo(0.02, 6)
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
  const result = await film({ prompt: 'A fox turns', frameImages: frames }).result()
  expect(result.warnings).toEqual([])
  // A film has one first frame: the image of the prompt and a first frame are the same thing.
  const twice = await film({
    prompt: { text: 'A fox turns', image: data },
    providerOptions: {
      filmgate: { images: [{ url: 'data:image/png;base64,AA==', role: 'first_frame' }] },
    },
  }).error()
  expect(twice.data).toMatchObject({ code: 'invalid_parameter', param: 'images[1].role' })
  const references = await film({
    prompt: 'A fox like this',
    fps: 60,
    inputReferences: [data, { data: 'https://example.com/a.mp4', mediaType: 'video/mp4' }],
  }).result()
  expect(references.warnings?.map(({ feature }) => feature)).toEqual(['inputReferences', 'fps'])
})

test.each(['content_policy_violation', 'server_error'])(
  'a film that ends with %s is an APICallError with its generation',
  async (code) => {
    const before = await balance()
    const error = await film({ prompt: `A fox swims [[${code}]]` }).error()
    expect(error).toMatchObject({ name: 'AI_APICallError', isRetryable: false, tries: 1 })
    expect(error.data).toMatchObject({ code, billed: false })
    expect(error.data?.['generationId']).toMatch(/^gen_/)
    expect(error.data?.['docUrl']).toBe(`${gateway.baseURL}/docs/errors/${code}`)
    expect(await balance()).toBe(before)
  },
)

test('a film that was started is fetched by another process, from JSON', async () => {
  const before = await balance()
  const start = { prompt: 'A fox crosses the river', resolution: '854x480', duration: 1 }
  const started = await film({ ...start, providerOptions: {} }, { call: 'startVideo' }).result()
  const id = started.providerMetadata?.filmgate['id']
  expect(started.operation).toEqual({ id, size: '854x480' })
  const other = await startSdk(project.folder)
  // Parsed from text, as from a database.
  const operation: unknown = JSON.parse(JSON.stringify(started.operation))
  const status = () =>
    other.call({ call: 'getVideoStatus', settings, options: { operation } }).result()
  const finished = await until(status, ({ status: state }) => state !== 'pending')
  await other.close()
  expect(finished).toMatchObject({ status: 'completed', warnings: [] })
  expect(finished.providerMetadata?.filmgate.videos).toMatchObject([{ id, width: 854 }])
  expect(bytesOf(finished).subarray(4, 8).toString()).toBe('ftyp')
  expect(before - (await balance())).toBeCloseTo(0.02, 6)
})

test('a started film that failed is a status, with code and id', async () => {
  const prompt = 'A fox swims [[content_policy_violation]]'
  const { operation } = await film({ prompt }, { call: 'startVideo' }).result()
  const status = () => film({ operation }, { call: 'getVideoStatus' }).result()
  const failed = await until(status, ({ status: state }) => state !== 'pending')
  expect(failed.status).toBe('error')
  expect(failed.error).toMatch(/refused this content.*\(content_policy_violation, generation gen_/)
  expect(failed.providerMetadata?.filmgate).toMatchObject({
    id: expect.stringMatching(/^gen_/),
    code: 'content_policy_violation',
    param: 'prompt',
    doc_url: `${gateway.baseURL}/docs/errors/content_policy_violation`,
    billed: false,
  })
})

test('a film that nobody knows, or no operation at all, is an error and not a status', async () => {
  const unknown = { operation: { id: `gen_${'0'.repeat(32)}` } }
  const error = await film(unknown, { call: 'getVideoStatus' }).error()
  expect(error).toMatchObject({ isApiCallError: true, statusCode: 404, isRetryable: false })
  expect(error.data).toMatchObject({ code: 'not_found' })
  const nonsense = await film({ operation: ['x'] }, { call: 'getVideoStatus' }).error()
  expect(nonsense).toMatchObject({ name: 'AI_InvalidArgumentError' })
})

test("the AI SDK's own polling works as well, and a webhook is said not to", async () => {
  const result = await film({ prompt: 'A fox waits', poll: { intervalMs: 100 } }).result()
  expect(result.files).toMatchObject([{ mediaType: 'video/mp4' }])
  const options = { prompt: 'A fox calls', webhookUrl: 'https://example.com/hook' }
  const started = await film(options, { call: 'startVideo' }).result()
  expect(started.warnings).toMatchObject([{ type: 'unsupported', feature: 'webhookUrl' }])
})

test.each(['image', 'video'] as const)(
  'an abort ends the waiting for a %s, and names what goes on',
  async (kind) => {
    const prompt = { prompt: `A fox in the mist, ${kind} [[delay ms=4000]]` }
    const call = kind === 'image' ? image(prompt) : film(prompt)
    const accepted = await until(
      () => direct.generations.listPage({ limit: 1 }),
      ({ data }) => data[0]?.status === 'pending' && data[0].type === kind,
    )
    call.abort()
    const error = await call.error()
    expect(error).toMatchObject({ name: 'AbortError', isAbortError: true, tries: 1 })
    // With the key the same call joins what it started.
    expect(error.filmgate?.['idempotencyKey']).toMatch(/^\w{32}$/)
    const goneOn = await direct.generations.wait(accepted.data[0]?.id ?? '', { type: kind })
    expect(goneOn.status).toBe('completed')
  },
)

test('models come from a provider registry, too', async () => {
  const result = await image({ prompt: 'A fox' }, { viaRegistry: true }).result()
  expect(result.files).toHaveLength(1)
  const moving = await film({ prompt: 'A fox' }, { viaRegistry: true }).result()
  expect(moving.files).toHaveLength(1)
})

test('without a key the error says where to put one', async () => {
  const call = { call: 'generateImage', settings: { baseURL: gateway.baseURL } } as const
  const error = await sdk.call({ ...call, options: { prompt: 'A fox' } }).error()
  expect(error).toMatchObject({ name: 'AI_LoadAPIKeyError' })
  expect(error.message).toContain('FILMGATE_API_KEY')
})

/** Asks until the answer is as hoped for. */
async function until<T>(ask: () => PromiseLike<T>, isSo: (answer: T) => boolean): Promise<T> {
  const answer = await ask()
  return isSo(answer) ? answer : until(ask, isSo)
}
