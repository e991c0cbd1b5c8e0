import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Filmgate, type FilmgateError } from '../../packages/client/src/index.ts'
import { createProxy, toNodeHandler } from '../../packages/client/src/proxy.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { startSite, type Site } from './support/proxy-site.ts'

// Films are drawn on the same few cores that everything else runs on.
vi.setConfig({ testTimeout: 180_000 })

let gateway: TestGateway
let site: Site
const reported: string[] = []
/** Whose each generation is, as a site would keep it. */
const owners = new Map<string, string | undefined>()

beforeAll(async () => {
  gateway = await startGateway()
  const proxy = createProxy({
    apiKey: gateway.testKey,
    baseURL: gateway.baseURL,
    authorize: (request) => ({ user: request.headers.get('Cookie') }),
    onAccepted: (id, { user }) => void (owners.has(id) || owners.set(id, user)),
    canRead: (id, { user }) => user !== undefined && owners.get(id) === user,
    basePath: '/films',
    allow: { models: ['sandbox-image', 'sandbox-video'] },
    onError: (error) => reported.push(String(error)),
  })
  site = await startSite(toNodeHandler(proxy))
})
afterAll(async () => {
  await Promise.all([site?.close(), gateway?.stop()])
})

/** The client of somebody's page. Other than a browser's, this one may say what its cookie is. */
function pageOf(user: string | undefined): Filmgate {
  return new Filmgate({
    apiKey: null,
    baseURL: `${site.baseURL}/films`,
    maxRetries: 0,
    // A browser says by itself where its page is from; a cookie without that is nobody's.
    defaultHeaders: { Referer: `${site.baseURL}/`, ...(user !== undefined && { Cookie: user }) },
  })
}

const image = (prompt: string) => ({ model: 'sandbox-image', prompt })
const film = (prompt: string) => ({
  model: 'sandbox-video',
  prompt,
  resolution: '480p',
  duration: 1,
})
const codeOf = (promise: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(promise).then(
    () => expect.fail('it resolved'),
    (error: FilmgateError) => error.code,
  )

test('a page without a key makes an image and downloads it', async () => {
  const { data, generationId, billed, headers } = await pageOf('alice')
    .images.generate(image('A fox'))
    .withResponse()
  expect([generationId, billed]).toEqual([data.id, false])
  // How much everybody together asks of the key.
  expect(headers.get('X-RateLimit-Limit')).toBeNull()
  expect(owners.get(data.id)).toBe('alice')
  expect((await pageOf('alice').download(data)).type).toBe('image/jpeg')
})

test('a page waits for a film, follows its progress, and asks for prices and models', async () => {
  const page = pageOf('alice')
  const states: string[] = []
  const done = await page.videos.generate(film('A fox runs'), {
    onProgress: ({ state }) => void states.push(state),
  })
  expect([states[0], states.at(-1), done.status]).toEqual(['pending', 'completed', 'completed'])
  expect((await page.videos.quote(film('A fox'))).usage.quantity).toBe(1)
  expect((await page.models.list()).map(({ id }) => id)).toEqual(['sandbox-image', 'sandbox-video'])
  expect((await page.models.list({ type: 'image' })).map(({ id }) => id)).toEqual(['sandbox-image'])
})

test('a page cancels a film', async () => {
  const { id } = await pageOf('alice').videos.generations.create(film('A fox [[stall]]'))
  expect(await codeOf(pageOf('bob').videos.generations.cancel(id))).toBe('not_found')
  const { cancellation } = await pageOf('alice').videos.generations.cancel(id)
  expect(['cancelled', 'requested']).toContain(cancellation)
})

test.each([
  'invalid_parameter',
  'parameter_missing',
  'quota_exceeded',
  'content_policy_violation',
  'rate_limit',
  'not_found',
  'server_error',
])('%s reaches the page as the API says it', async (code) => {
  const prompt = `A fox for the page [[${code}]]`
  expect(await codeOf(pageOf('alice').images.generate(image(prompt)))).toBe(code)
})

test('what only its owner can mend, the owner hears of', async () => {
  const prompt = 'A fox nobody pays for [[quota_exceeded]]'
  reported.length = 0
  await codeOf(pageOf('alice').images.generate(image(prompt)))
  expect(reported).toEqual([
    expect.stringContaining('The gateway refuses what is offered here: 402'),
  ])
})

test('who is not signed in, and what is not offered, is refused', async () => {
  expect(await codeOf(pageOf(undefined).images.generate(image('A fox')))).toBe('invalid_api_key')
  expect(await codeOf(pageOf('alice').billing.balance())).toBe('not_found')
  const other = { model: 'another', prompt: 'A fox' }
  expect(await codeOf(pageOf('alice').images.generate(other))).toBe('invalid_parameter')
})

test('nobody sees another one’s film, by its id or by its idempotency key', async () => {
  const key = { idempotencyKey: 'order-1' }
  const request = image('A fox in a den')
  const mine = await pageOf('alice').images.generate(request, key)
  const replayed = await pageOf('alice').images.generate(request, key)
  const theirs = await pageOf('bob').images.generate(request, key)
  expect([replayed.id === mine.id, theirs.id === mine.id]).toEqual([true, false])
  expect(await codeOf(pageOf('bob').images.generations.retrieve(mine.id))).toBe('not_found')
  expect(await pageOf('alice').images.generations.retrieve(mine.id)).toMatchObject({ id: mine.id })
})

test('one user and one key with another body is told so', async () => {
  const key = { idempotencyKey: 'order-2' }
  await pageOf('alice').images.generate(image('A fox'), key)
  const error = await pageOf('alice')
    .images.generate(image('A cat'), key)
    .then(
      () => expect.fail('it resolved'),
      (error: FilmgateError) => error,
    )
  expect(error).toMatchObject({ code: 'invalid_parameter', param: 'Idempotency-Key' })
})
