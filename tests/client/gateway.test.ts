import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import {
  Filmgate,
  FilmgateError,
  type ErrorCode,
  type FilmgateOptions,
  type Progress,
} from '../../packages/client/src/index.ts'
import { errorCatalog, errorClasses } from '../../packages/client/src/generated/errors.ts'
import { caught } from './support/scripted.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

// Films are drawn on the same few cores that everything else runs on.
vi.setConfig({ testTimeout: 180_000 })

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ balanceUsd: '100.00' })
})
afterAll(() => gateway?.stop())

let sent: string[]
beforeEach(() => {
  sent = []
})

/** A client that notes what it sends. */
function connect(options: FilmgateOptions = {}): Filmgate {
  return new Filmgate({
    apiKey: gateway.key,
    baseURL: gateway.baseURL,
    fetch: (input, init) => {
      sent.push(
        `${init?.method ?? 'GET'} ${new URL(input instanceof Request ? input.url : input).pathname}`,
      )
      return fetch(input, init)
    },
    ...options,
  })
}

const image = (prompt: string) => ({ model: 'sandbox-image', prompt })
// As small as films come: these tests are about the way, not the picture.
const film = (prompt: string) => ({
  model: 'sandbox-video',
  prompt,
  resolution: '480p',
  duration: 1,
})
async function balance(): Promise<number> {
  return Number((await connect().billing.balance()).balance)
}

// Object.keys loses the literal type; the table is closed, so the cast holds.
const codes = Object.keys(errorCatalog) as ErrorCode[]
// These two are found out when the generation exists; it has an id and says whether it was paid for.
const late: ErrorCode[] = ['content_policy_violation', 'server_error']

test.each(codes)('%s arrives as its class, with every field right', async (code) => {
  const before = await balance()
  sent = []
  const prompt = `A fox in the fields [[${code}]]`
  const error = await caught(connect({ maxRetries: 0 }).images.generate(image(prompt)))
  const { status, retryable } = errorCatalog[code]
  expect(error).toBeInstanceOf(errorClasses[code])
  expect(error).toMatchObject({ code, status, attempts: 1, retryable })
  expect(error.message.length).toBeGreaterThan(20)
  expect(error.requestId).toMatch(/^req_/)
  expect(error.docUrl).toBe(`${gateway.baseURL}/docs/errors/${code}`)
  expect((await fetch(error.docUrl ?? '')).status).toBe(200)
  expect(error.generationId !== undefined).toBe(late.includes(code))
  if (error.generationId) expect(error.billed).toBe(false)
  expect(error.retryAfterMs !== undefined).toBe(code === 'rate_limit')
  expect(sent).toEqual(['POST /v2/images/generations'])
  expect(await balance()).toBe(before)
})

test.each(codes.filter((code) => !errorCatalog[code].retryable))(
  '%s is sent exactly once, with retries on',
  async (code) => {
    await caught(connect().images.generate(image(`A fox at the door [[${code}]]`)))
    expect(sent).toHaveLength(1)
  },
)

test.each(['[[rate_limit times=2 retry_after=1]]', '[[server_error times=2]]'])(
  '%s succeeds on the third try, with one charge',
  async (directive) => {
    const before = await balance()
    sent = []
    const retries: string[] = []
    const client = connect({ onRetry: ({ error }) => retries.push(error.code) })
    const { data, attempts, billed } = await client.images
      .generate(image(`A fox on the hill ${directive}`))
      .withResponse()
    const code = directive.includes('rate_limit') ? 'rate_limit' : 'server_error'
    expect([attempts, retries]).toEqual([3, [code, code]])
    expect(billed).toBe(true)
    expect(sent).toHaveLength(3)
    expect(before - (await balance())).toBeCloseTo(data.usage.total_cost, 6)
  },
)

test.each(late)('a film that ends with %s is an error with its generation', async (code) => {
  const before = await balance()
  const error = await caught(connect().videos.generate(film(`A fox swims [[${code}]]`)))
  expect(error).toBeInstanceOf(errorClasses[code])
  expect(error).toMatchObject({ code, billed: false })
  expect(error.docUrl).toBe(`${gateway.baseURL}/docs/errors/${code}`)
  const again = await connect().videos.generations.retrieve(error.generationId ?? '')
  expect(again).toMatchObject({ status: 'failed', error: { code, message: error.message } })
  expect(await balance()).toBe(before)
})

test('real mistakes name what is wrong', async () => {
  const client = connect()
  expect(
    await caught(connect({ apiKey: 'sk_live_nobody' }).images.generate(image('A fox'))),
  ).toMatchObject({ code: 'invalid_api_key', status: 401 })
  expect(
    await caught(client.images.generate({ ...image('A fox'), resolution: '9K' })),
  ).toMatchObject({ code: 'invalid_parameter', param: 'resolution' })
  expect(await caught(client.videos.generate(film('')))).toMatchObject({ param: 'prompt' })
  expect(await caught(client.generations.wait(`gen_${'0'.repeat(32)}`))).toMatchObject({
    code: 'not_found',
  })
  const key = { idempotencyKey: 'the same key twice' }
  await client.images.generate(image('A fox'), key)
  expect(await caught(client.images.generate(image('A cat'), key))).toMatchObject({
    code: 'invalid_parameter',
    param: 'Idempotency-Key',
  })
})

test('the same key and parameters give the same generation, paid for once', async () => {
  const before = await balance()
  const key = { idempotencyKey: 'order-1234' }
  const first = await connect().images.generate(image('A fox asleep'), key)
  const second = await connect().images.generate(image('A fox asleep'), key).withResponse()
  expect(second.data.id).toBe(first.id)
  expect(second.headers.get('Idempotent-Replayed')).toBe('true')
  expect(before - (await balance())).toBeCloseTo(first.usage.total_cost, 6)
})

test('a film reports its progress, and its file is the length that was asked for', async () => {
  const news: Progress[] = []
  const client = connect()
  const done = await client.videos.generate(film('A fox runs through snow'), {
    onProgress: (progress) => news.push(progress),
  })
  expect(news[0]?.state).toBe('pending')
  expect(news.at(-1)).toMatchObject({ state: 'completed', progress: 1, generationId: done.id })
  expect(done.data[0]?.duration).toBeCloseTo(1, 0)
  const blob = await client.download(done)
  expect([blob.type, blob.size > 1_000]).toEqual(['video/mp4', true])
})

test('a gateway that is killed and restarted while a film is waited for: the film comes', async () => {
  const news: Progress[] = []
  let restarted: Promise<void> | undefined
  const done = await connect().videos.generate(film('A fox crosses the river [[delay ms=1500]]'), {
    onProgress: (progress) => {
      news.push(progress)
      restarted ??= gateway.restart()
    },
  })
  await restarted
  expect(done.status).toBe('completed')
  expect(done.id).toBe(news[0]?.generationId)
  expect(sent.filter((line) => line.startsWith('POST'))).toHaveLength(1)
})

test('a gateway that is killed and restarted while it makes an image: one image, paid for once', async () => {
  const before = await balance()
  const waiting = connect({ maxRetries: 40 }).images.generate(
    image('A fox in the mist [[delay ms=1500]]'),
  )
  await untilListed('pending')
  await gateway.restart()
  const { data, attempts } = await waiting.withResponse()
  expect(attempts).toBeGreaterThan(1)
  expect(before - (await balance())).toBeCloseTo(data.usage.total_cost, 6)
})

/** Resolves when the newest generation has that status. */
async function untilListed(status: string): Promise<void> {
  const { data } = await connect().generations.list({ limit: 1 })
  if (data[0]?.status !== status) return untilListed(status)
}

test('the steps work one by one: create, wait, retrieve, list, quote, cancel', async () => {
  const client = connect({ apiKey: gateway.testKey })
  const quote = await client.videos.quote(film('A quick fox'))
  expect(quote.usage.total_cost).toBeGreaterThan(0)
  const created = await client.images.generations.create(image('A fox, later'))
  expect(created.status).toBe('pending')
  const found = await client.generations.wait(created.id)
  // Links are signed anew for each answer; the rest stays.
  const { id: foundId, status, usage } = found
  const retrieved = await client.images.generations.retrieve(created.id)
  expect(retrieved).toMatchObject({ id: foundId, status, usage })
  const { id } = await client.videos.generations.create(film('A fox, never [[stall]]'))
  const { cancellation } = await client.videos.generations.cancel(id)
  expect(['cancelled', 'requested']).toContain(cancellation)
  expect(await caught(client.generations.wait(id))).toMatchObject({ generation: { id } })
  const ids: string[] = []
  for await (const generation of client.generations.list({ limit: 1 })) ids.push(generation.id)
  expect(ids).toEqual([id, created.id])
  const costs = await client.billing.costs({
    start: new Date(Date.now() - 86_400_000).toISOString(),
    end: new Date().toISOString(),
  })
  expect(costs.currency).toBe('USD')
})

test('no error, whatever it is, shows the key', async () => {
  const error = await caught(connect().images.generate(image('A fox [[content_policy_violation]]')))
  expect(error).toBeInstanceOf(FilmgateError)
  expect(JSON.stringify(error) + String(error) + error.stack).not.toContain(gateway.key)
})
