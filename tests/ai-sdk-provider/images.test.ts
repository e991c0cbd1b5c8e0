import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ErrorCode } from '../../packages/client/src/index.ts'
import { errorCatalog } from '../../packages/client/src/generated/errors.ts'
import { bytesOf, startGatewayBench, type GatewayBench } from './support/benches.ts'

let bench: GatewayBench
beforeAll(async () => {
  bench = await startGatewayBench()
}, 300_000)
afterAll(() => bench?.close())

test('an image comes with its bytes, its type, and what is known of it', async () => {
  const before = await bench.balance()
  const startedAt = new Date().toISOString()
  const result = await bench.image({ prompt: 'A red fox', aspectRatio: '16:9' }).result()
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
    url: expect.stringContaining(`${bench.gateway.baseURL}/v2/downloads/`),
    deletes_at: expect.stringMatching(/^20/),
    request_id: expect.stringMatching(/^req_/),
  })
  const [response] = result.responses ?? []
  expect(response?.modelId).toBe('sandbox-image')
  expect(response?.headers['x-generation-id']).toBe(output?.id)
  expect(response?.timestamp.localeCompare(startedAt)).toBeGreaterThanOrEqual(0)
  expect(before - (await bench.balance())).toBeCloseTo(0.01, 6)
})

test('three images are three generations and three charges', async () => {
  const before = await bench.balance()
  const result = await bench.image({ prompt: 'Three foxes', n: 3 }).result()
  const outputs = result.providerMetadata?.filmgate.images ?? []
  expect(new Set(outputs.map(({ id }) => id)).size).toBe(3)
  expect(result.files).toHaveLength(3)
  expect(before - (await bench.balance())).toBeCloseTo(0.03, 6)
})

test('several in one call are refused before anything is made', async () => {
  const before = await bench.balance()
  const error = await bench.image({ prompt: 'Foxes', n: 2, maxImagesPerCall: 2 }).error()
  expect(error).toMatchObject({ name: 'AI_InvalidArgumentError' })
  expect(error.message).toContain('Leave out maxImagesPerCall')
  expect(await bench.balance()).toBe(before)
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
  const first = await bench.image(options).result()
  expect(first.warnings).toEqual([])
  expect(first.files).toMatchObject([{ mediaType: 'image/webp' }])
  expect(await sharp(bytesOf(first)).metadata()).toMatchObject({ width: 2048, height: 1152 })
  const again = await bench.image(options).result()
  expect(bytesOf(again).equals(bytesOf(first))).toBe(true)
  const other = await bench.image({ ...options, seed: 8 }).result()
  expect(bytesOf(other).equals(bytesOf(first))).toBe(false)
})

test('a reference image that cannot be used is refused by its name', async () => {
  const prompt = {
    text: 'A fox',
    images: [{ $bytes: Buffer.from('no picture').toString('base64') }],
  }
  const error = await bench.image({ prompt }).error()
  expect(error.data).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
  expect(JSON.stringify(error.requestBodyValues).length).toBeLessThan(400)
})

test('what cannot be asked for is said in warnings', async () => {
  const mask = { $bytes: Buffer.from('mask').toString('base64') }
  const result = await bench
    .image({
      prompt: { text: 'A fox', images: [], mask },
      size: '700x400',
    })
    .result()
  expect(result.warnings?.map(({ type, feature }) => [type, feature])).toEqual([
    ['unsupported', 'size'],
    ['unsupported', 'mask'],
  ])
  const scaled = await bench.image({ prompt: 'A fox', size: '1200x900' }).result()
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
  const before = await bench.balance()
  const directive = code === 'rate_limit' ? 'rate_limit retry_after=60' : code
  const prompt = `A fox in the fields [[${directive}]]`
  const error = await bench.image({ prompt }, { client: { maxRetries: 0 } }).error()
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
    docUrl: `${bench.gateway.baseURL}/docs/errors/${code}`,
    requestId: expect.stringMatching(/^req_/),
  })
  expect(error.data?.['generationId'] !== undefined).toBe(accepted)
  expect(error.data?.['billed']).toBe(accepted ? false : undefined)
  expect(error.responseHeaders?.['x-request-id']).toBe(error.data?.['requestId'])
  expect(error.filmgate).toMatchObject({ code, status, requestId: error.data?.['requestId'] })
  expect(await bench.balance()).toBe(before)
})

test('a rate limit that the client may not wait for is waited for by the AI SDK', async () => {
  const before = await bench.balance()
  const prompt = `A fox on the hill [[rate_limit times=1 retry_after=1]]`
  await bench.image({ prompt }, { client: { maxRetries: 0 } }).result()
  expect(before - (await bench.balance())).toBeCloseTo(0.01, 6)
  const none = await bench
    .image(
      { prompt: 'A fox [[rate_limit retry_after=1]]', maxRetries: 1 },
      {
        client: { maxRetries: 0 },
      },
    )
    .error()
  expect(none).toMatchObject({ name: 'AI_RetryError', tries: 2, isRetryable: true })
  expect(none.filmgate).toMatchObject({ code: 'rate_limit' })
})

test('failures that pass are absorbed, with one charge', async () => {
  const before = await bench.balance()
  await bench.image({ prompt: 'A fox in the rain [[server_error times=2]]' }).result()
  expect(before - (await bench.balance())).toBeCloseTo(0.01, 6)
})

test('options that are wrong are refused by name, before anything is sent', async () => {
  const before = await bench.balance()
  const wrong = [
    [{ outputFormat: 'png' }, /has no outputFormat; there are: resolution, output_format/],
    [{ resolution: 2 }, /\.resolution must be a string/],
    [{ images: ['https://example.com/a.png'] }, /\.images must be a list of \{ url, role\? \}/],
    [{ idempotencyKey: 'schön' }, /\.idempotencyKey must be 1-255 printable ASCII/],
  ] as const
  for (const [filmgate, message] of wrong) {
    const error = await bench.image({ prompt: 'A fox', providerOptions: { filmgate } }).error()
    expect(error).toMatchObject({ name: 'AI_InvalidArgumentError', tries: 1 })
    expect(error.message).toMatch(message)
  }
  expect(await bench.balance()).toBe(before)
})

test('the same idempotency key gives the same image, says so, and is charged once', async () => {
  const before = await bench.balance()
  const options = {
    prompt: 'A fox asleep',
    providerOptions: { filmgate: { idempotencyKey: 'order-1234' } },
  }
  const first = await bench.image(options).result()
  const second = await bench.image(options).result()
  const ids = [first, second].map(
    ({ providerMetadata }) => providerMetadata?.filmgate.images[0]?.id,
  )
  expect(ids[1]).toBe(ids[0])
  expect(first.warnings).toEqual([])
  expect(second.warnings).toEqual([
    { type: 'other', message: expect.stringContaining('order-1234 was used before') },
  ])
  expect(before - (await bench.balance())).toBeCloseTo(0.01, 6)
})

test('without a key the error says where to put one', async () => {
  const call = { call: 'generateImage', settings: { baseURL: bench.gateway.baseURL } } as const
  const error = await bench.sdk.call({ ...call, options: { prompt: 'A fox' } }).error()
  expect(error).toMatchObject({ name: 'AI_LoadAPIKeyError' })
  expect(error.message).toContain('FILMGATE_API_KEY')
})
