import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  ContentPolicyViolationError,
  Filmgate,
  NotFoundError,
  type Progress,
} from '../../packages/client/src/index.ts'
import { startPlainServer, type PlainServer } from './support/plain-server.ts'
import { caught } from './support/scripted.ts'
import { skippingClock, type SkippingClock } from './support/skipping-clock.ts'

let server: PlainServer
let clock: SkippingClock
let client: Filmgate

beforeEach(async () => {
  server = await startPlainServer()
  clock = skippingClock()
  client = new Filmgate({ apiKey: server.key, baseURL: server.baseURL }, clock)
})
afterEach(() => server.close())

const model = 'plain-model'

test('an image is one request', async () => {
  const image = await client.images.generate({ model, prompt: 'a fox' })
  expect(image.data[0]?.mime_type).toBe('image/jpeg')
  expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v2/images/generations',
  ])
})

test('a film is polled ever less often until it is finished', async () => {
  const news: Progress[] = []
  const film = await client.videos.generate(
    { model, prompt: 'a fox runs', duration: 5 },
    { onProgress: (progress) => news.push(progress) },
  )
  expect(film.data[0]?.duration).toBe(5)
  expect(news.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending', 'completed'])
  expect(news.every(({ generationId }) => generationId === film.id)).toBe(true)
  expect(clock.waits).toEqual([1_000, 1_500])
})

test('a film that failed is an error with its code and id, and is not asked for again', async () => {
  const error = await caught(
    client.videos.generate({ model, prompt: 'late content_policy_violation' }),
  )
  expect(error).toBeInstanceOf(ContentPolicyViolationError)
  expect(error).toMatchObject({
    code: 'content_policy_violation',
    message: 'The film ended with content_policy_violation.',
    generationId: 'plain1',
    retryable: false,
    generation: { id: 'plain1', status: 'failed' },
  })
  expect(server.made()).toBe(1)
})

test('a film is found again by its id alone', async () => {
  const { id } = await client.videos.generations.create({ model, prompt: 'a fox' })
  const film = await client.generations.wait(id)
  expect(film.status).toBe('completed')
})

test('an unknown id is not_found, though the server has no image generations to look among', async () => {
  const error = await caught(client.generations.wait('nobody'))
  expect(error).toBeInstanceOf(NotFoundError)
})

test('a failure that passes is retried with one key', async () => {
  await client.images.generate({ model, prompt: 'flaky 2' })
  const keys = new Set(server.seen.map(({ headers }) => headers['idempotency-key']))
  expect([server.seen.length, keys.size]).toEqual([3, 1])
})

test.each([
  ['invalid_parameter', 400],
  ['quota_exceeded', 402],
  ['content_policy_violation', 422],
  ['not_found', 404],
])('%s arrives with all that the server says, after one request', async (code, status) => {
  const error = await caught(client.images.generate({ model, prompt: `fail ${code}` }))
  expect(error).toMatchObject({
    code,
    status,
    message: `Refused: ${code}.`,
    param: null,
    docUrl: `http://docs.invalid/${code}`,
    retryable: false,
    attempts: 1,
  })
  expect(server.seen).toHaveLength(1)
})

test('a rate limit is waited out in full, then given up on', async () => {
  const error = await caught(
    client.videos.generate({ model, prompt: 'fail rate_limit' }, { maxRetries: 2 }),
  )
  expect(error).toMatchObject({ code: 'rate_limit', retryAfterMs: 1_000, attempts: 3 })
  // Never less than asked; the little more keeps callers from coming back together.
  expect(clock.waits).toEqual([1_050, 1_050])
})

test('models and balance are read', async () => {
  expect((await client.models.list({ type: 'video' }))[0]?.id).toBe(model)
  expect(server.seen[0]?.path).toBe('/v2/models?type=video')
  expect((await client.billing.balance()).balance).toBe('12.34')
})

test('an output is saved, streamed and kept in memory', async () => {
  const image = await client.images.generate({ model, prompt: 'a fox' })
  const folder = await mkdtemp(join(tmpdir(), 'filmgate-'))
  try {
    const path = join(folder, 'fox.jpg')
    const saved = await client.download(image, path)
    expect(saved).toEqual({ bytes: 8, mimeType: 'image/jpeg', path })
    expect(await readFile(path, 'utf8')).toBe('the file')
    expect(await readdir(folder)).toEqual(['fox.jpg'])
  } finally {
    await rm(folder, { recursive: true })
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const [text] = await Promise.all([
    new Response(readable).text(),
    client.download(image.data[0] ?? '', writable),
  ])
  expect(text).toBe('the file')
  expect(await (await client.download(image)).text()).toBe('the file')
})

test('no key travels with a download', async () => {
  await client.download(`${server.baseURL}/file.mp4`)
  expect(server.seen[0]?.headers.authorization).toBeUndefined()
})
