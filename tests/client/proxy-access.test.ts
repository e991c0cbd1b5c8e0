import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  createProxy,
  Refusal,
  type Authorization,
  type ProxyOptions,
} from '../../packages/client/src/proxy.ts'
import type { ErrorCode } from '../../packages/client/src/index.ts'
import { answer, startRawServer, type RawServer } from './support/raw-server.ts'

let upstream: RawServer
beforeAll(async () => {
  upstream = await startRawServer((socket) =>
    answer(socket, 200, { id: 'gen_1', status: 'pending' }, { 'X-Generation-Id': 'gen_1' }),
  )
})
afterAll(() => upstream?.close())
afterEach(() => {
  upstream.requests.length = 0
})

// The compiled one, which a program that uses require has beside the one that is imported. The cast
// holds: both are made of one source.
const otherCopy = createRequire(import.meta.url)(
  '../../packages/client/dist/proxy.js',
) as typeof import('../../packages/client/src/proxy.ts')

const secret = 'sk_live_secret'
let reported: unknown[]
const page = 'https://site.example/films'

/** What a page gets that asks for `path`; a POST when there is a body. */
function ask(
  options: Partial<ProxyOptions>,
  { path = '/v2/videos/generations/gen_1', body, ...headers }: Record<string, string> = {},
): Promise<Response> {
  reported = []
  const handler = createProxy({
    apiKey: secret,
    baseURL: upstream.baseURL,
    authorize: () => true,
    onError: (error) => reported.push(error),
    ...options,
  })
  const init = body === undefined ? {} : { method: 'POST', body }
  return handler(new Request(`${page}${path}`, { ...init, headers }))
}

const film = { path: '/v2/videos/generations', body: '{"model":"m","prompt":"a fox"}' }

/** Checks that an answer is an error as the contract has them, and gives its code, message and param. */
async function refusalOf(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text()
  const parsed = JSON.parse(text) as { error: Record<string, unknown> }
  expect(Object.keys(parsed.error).toSorted()).toEqual([
    'code',
    'doc_url',
    'message',
    'param',
    'type',
  ])
  expect(parsed.error['type']).toBe('invalid_request_error')
  expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
  expect(response.headers.get('X-Should-Retry')).toMatch(/^(true|false)$/)
  expect(response.headers.get('X-Request-Id')).toMatch(/^req_[0-9a-f]{32}$/)
  expect(text).not.toContain(secret)
  expect(text).not.toContain(new URL(upstream.baseURL).host)
  const { code, message, param } = parsed.error
  return { status: response.status, code, message, param }
}

test('a proxy without authorize, or with an option that cannot be meant, is refused at the start', () => {
  // What a program without types can do.
  const options: unknown = { apiKey: secret }
  expect(() => createProxy(options as ProxyOptions)).toThrow(/needs authorize/)
  const authorize = () => true
  expect(() => createProxy({ authorize, baseURL: 'films.example' })).toThrow(TypeError)
  expect(() => createProxy({ authorize, baseURL: 'file:///etc' })).toThrow(TypeError)
  expect(() => createProxy({ authorize, publicURL: '/films' })).toThrow(/publicURL must be/)
  expect(() => createProxy({ authorize, allow: { origins: ['app.example'] } })).toThrow(TypeError)
  expect(() => createProxy({ authorize, timeout: NaN })).toThrow(/timeout must be/)
  expect(() => createProxy({ authorize, maxBodyBytes: 0 })).toThrow(/maxBodyBytes must be/)
  const allow = (allow: unknown) => () => createProxy({ authorize, allow: allow as object })
  expect(allow({ models: 'sandbox-image,flux' })).toThrow(/allow\.models must be a list/)
  expect(allow({ models: [1] })).toThrow(TypeError)
  expect(allow({ origins: 'https://app.example' })).toThrow(TypeError)
  expect(allow({ billing: 'false' })).toThrow(/allow\.billing must be true or false/)
  expect(allow({ list: 0 })).toThrow(TypeError)
  // A limit that is misspelt limits nothing.
  expect(allow({ model: ['m'] })).toThrow('allow.model is not an option. There are: models ')
  expect(allow(['m'])).toThrow('allow.0 is not an option')
  for (const name of ['allowModels', 'canread', 'basepath']) {
    const misspelt = { authorize, [name]: undefined }
    expect(() => createProxy(misspelt)).toThrow(`${name} is not an option`)
  }
  const canRead = null as unknown as () => boolean
  expect(() => createProxy({ authorize, canRead })).toThrow(/canRead must be a function/)
  const withPassword = () => createProxy({ authorize, baseURL: 'http://me:hunter2@films.example' })
  expect(withPassword).toThrow(/password/)
  expect(withPassword).not.toThrow(/hunter2/)
})

// The last ones are what comes of a session that is not there.
const refusing: unknown[] = [
  false,
  undefined,
  null,
  '',
  0,
  { user: undefined },
  { user: null },
  { user: '' },
  { user: ' ' },
  { headers: undefined },
]

test.each(refusing)('authorize that gives %j is a 401 in the form of the API', async (given) => {
  const authorize = () => given as Authorization
  const response = await ask({ authorize })
  expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
  expect(await refusalOf(response)).toMatchObject({ status: 401, code: 'invalid_api_key' })
  expect([upstream.requests, reported]).toEqual([[], []])
})

test('a Response that authorize returns or throws is the answer, not a yes', async () => {
  const elsewhere = () => new Response('log in', { status: 302, headers: { Location: '/login' } })
  const thrower = () => {
    throw elsewhere()
  }
  for (const authorize of [elsewhere, thrower, async () => elsewhere()]) {
    const response = await ask({ authorize })
    expect([response.status, response.headers.get('Location')]).toEqual([302, '/login'])
  }
  expect(upstream.requests).toEqual([])
})

test('nor is one that another hook returns', async () => {
  const answer = () => new Response('no', { status: 418 })
  // What a program without types can do.
  const no = answer as unknown as () => never
  expect((await ask({ canRead: no })).status).toBe(418)
  expect((await ask({ transform: no }, film)).status).toBe(418)
  expect(upstream.requests).toEqual([])
})

test('hooks are methods of the options, also of an object of a class', async () => {
  class Options implements ProxyOptions {
    readonly unheard = 'more than options'
    apiKey = secret
    baseURL = upstream.baseURL
    readonly #secret = 'gen_1'
    authorize() {
      return { user: this.#secret }
    }
    canRead(id: string, { user }: { user: string | undefined }) {
      return id === this.#secret && user === id
    }
  }
  const request = new Request(`${page}/v2/videos/generations/gen_1`)
  expect((await createProxy(new Options())(request)).status).toBe(200)
})

test('a Refusal that a hook throws is an error of the API', async () => {
  const authorize = () => {
    throw new Refusal('rate_limit', 'Five films a minute.', { retryAfter: 12.3 })
  }
  const response = await ask({ authorize })
  expect(response.headers.get('Retry-After')).toBe('13')
  expect(response.headers.get('X-Should-Retry')).toBe('true')
  expect(await refusalOf(response)).toMatchObject({ status: 429, message: 'Five films a minute.' })
})

test('what fails in a hook stays with the owner', async () => {
  const failure = new Error('no connection to postgres://app:hunter2@db.internal')
  const fail = () => {
    throw failure
  }
  const hooks: Partial<ProxyOptions>[] = [
    { authorize: fail },
    { authorize: () => Promise.reject(failure) },
    { canRead: fail },
    { transform: fail },
    { apiKey: fail },
  ]
  for (const options of hooks) {
    const response = await ask(options, options.transform && film)
    const refusal = await refusalOf(response)
    expect(refusal).toMatchObject({ status: 500, code: 'server_error' })
    expect(refusal['message']).not.toMatch(/postgres|hunter2|internal/)
    expect(reported).toEqual([failure])
  }
  expect(upstream.requests).toEqual([])
})

test.each<[string, unknown]>([
  ['a name', 'alice'],
  ['a number', 42],
  ['a list', []],
  ['an object that says nothing', {}],
  ['an error in place of throwing it', new Error('no')],
  ['what another framework calls an error', { error: 'banned' }],
  ['a user by another name', { userId: 'alice' }],
  ['a user and something else', { user: 'alice', error: 'banned' }],
  ['a user of a prototype', Object.create({ user: 'alice' })],
  [
    'a row of a class',
    new (class Row {
      user = 'alice'
    })(),
  ],
  ['the response of Express', Object.assign(new EventEmitter(), { statusCode: 401 })],
  ['a user that is an object', { user: { name: 'alice' } }],
  ['a user that is a mistake of counting', { user: NaN }],
  ['a user that is a claim', { user: false }],
  ['no headers', { user: 'alice', headers: null }],
  ['headers of another class', { user: 'alice', headers: new Map([['X-A', 'b']]) }],
  ['headers as pairs', { user: 'alice', headers: [['X-A', 'b']] }],
  ['a header without a value', { user: 'alice', headers: { Authorization: undefined } }],
  ['a header that is null', { user: 'alice', headers: { Authorization: null } }],
  ['a header in two lines', { headers: { Authorization: 'Bearer sk_live_secret\nx' } }],
])(
  'authorize that gives %s is a mistake of the owner and lets nothing through',
  async (_name, given) => {
    const authorize = () => given as Authorization
    const response = await ask({ authorize })
    expect(await refusalOf(response)).toMatchObject({ status: 500, code: 'server_error' })
    expect(reported).toEqual([expect.any(TypeError)])
    expect(String(reported[0])).not.toContain(secret)
    expect(upstream.requests).toEqual([])
  },
)

test('headers of authorize may be Headers or plain', async () => {
  for (const headers of [{ 'X-A': 'b' }, new Headers({ 'X-A': 'b' })]) {
    expect((await ask({ authorize: () => ({ headers }) })).status).toBe(200)
  }
  expect(upstream.requests.map(({ headers }) => headers.get('x-a'))).toEqual(['b', 'b'])
})

// Those of a package, of another realm, or of a test's.
const lookAlike = { status: 401, headers: new Map([['X-Theirs', '1']]), text: async () => 'log in' }

test('a Refusal is no yes either, nor is what looks like a Response', async () => {
  const refusal = new Refusal('rate_limit', 'Later.')
  const required = otherCopy.Refusal
  expect(new required('not_found', 'No.')).toBeInstanceOf(Refusal)
  const cases: [unknown, number][] = [
    [refusal, 429],
    [new required('quota_exceeded', 'No.'), 402],
    [lookAlike, 401],
  ]
  for (const [no, status] of cases) {
    const giver = () => no as never
    const thrower = () => {
      throw no
    }
    for (const hook of [giver, thrower]) {
      expect((await ask({ authorize: hook })).status).toBe(status)
      expect((await ask({ canRead: hook })).status).toBe(status)
      expect((await ask({ transform: hook }, film)).status).toBe(status)
    }
  }
  const response = await ask({ authorize: () => lookAlike as never })
  expect([response.headers.get('X-Theirs'), await response.text()]).toEqual(['1', 'log in'])
  expect([upstream.requests, reported]).toEqual([[], []])
})

test('one Response for everybody is a mistake, told from the second on', async () => {
  const denied = new Response('no', { status: 403 })
  const authorize = () => denied
  expect(await (await ask({ authorize })).text()).toBe('no')
  expect(await refusalOf(await ask({ authorize }))).toMatchObject({ status: 500 })
  expect(String(reported[0])).toContain('Make a new one')
})

test('a Response that no hook gave is not for the page', async () => {
  const apiKey = () => {
    throw new Response('token hvs.SECRET expired', { status: 403 })
  }
  const refusal = await refusalOf(await ask({ apiKey }))
  expect(refusal).toMatchObject({ status: 500, code: 'server_error' })
  expect(reported).toEqual([expect.any(Response)])
})

test('a Refusal has a code of the API', () => {
  // What a program without types can do.
  for (const code of ['forbidden', 'toString', '__proto__'] as unknown as ErrorCode[]) {
    expect(() => new Refusal(code, 'No.')).toThrow(/must be one of the API's: invalid_api_key/)
  }
})

test('a proxy never rejects, whatever a hook or a framework hands it', async () => {
  const sink: unknown = { [Symbol.for('filmgate.refusal')]: true, code: 'forbidden' }
  const odd: unknown[] = [
    sink,
    new Refusal('rate_limit', 'No.', { param: 1n as unknown as string }),
    new Proxy({}, { has: () => expect.fail('asked') }),
  ]
  for (const thrown of odd) {
    const authorize = () => {
      throw thrown
    }
    expect((await ask({ authorize })).status).toBe(500)
  }
  const handler = createProxy({ authorize: () => true, onError: () => {} })
  expect((await handler({} as Request)).status).toBe(500)
  const wait = new Refusal('rate_limit', 'No.', { retryAfter: NaN })
  expect((await ask({ authorize: () => wait })).headers.get('Retry-After')).toBe('60')
})

test.each([{ allowed: false }, 'no', 1, new Error('no'), [], undefined, null])(
  'canRead that gives %j lets nothing through and is told to the owner',
  async (given) => {
    const response = await ask({ canRead: () => given as never })
    expect(await refusalOf(response)).toMatchObject({ status: 404, code: 'not_found' })
    expect([upstream.requests, reported]).toEqual([[], [expect.any(TypeError)]])
  },
)

test('a missing key is told at the first request, to the owner', async () => {
  const before = process.env['FILMGATE_API_KEY']
  delete process.env['FILMGATE_API_KEY']
  try {
    const response = await ask({ apiKey: undefined })
    expect(await refusalOf(response)).toMatchObject({ status: 500, code: 'server_error' })
    expect(String(reported[0])).toContain('set FILMGATE_API_KEY')
    process.env['FILMGATE_API_KEY'] = 'sk_test_environment'
    await ask({ apiKey: undefined })
    expect(upstream.requests[0]?.headers.get('authorization')).toBe('Bearer sk_test_environment')
  } finally {
    delete process.env['FILMGATE_API_KEY']
    if (before !== undefined) process.env['FILMGATE_API_KEY'] = before
  }
})

test('a key may be fetched, and a user may have a key of their own', async () => {
  await ask({ apiKey: async () => 'sk_live_fetched' })
  await ask({ authorize: () => ({ headers: { authorization: 'Bearer sk_live_alice' } }) })
  expect(upstream.distinct('authorization')).toEqual([
    'Bearer sk_live_fetched',
    'Bearer sk_live_alice',
  ])
})

test('what a framework passes along reaches the hooks', async () => {
  const handler = createProxy<{ session: string }>({
    baseURL: upstream.baseURL,
    apiKey: secret,
    authorize: (_request, { session }) => ({ user: session }),
    canRead: (id, { context, user, operation }) =>
      [id, context.session, user, operation].join() === 'gen_1,alice,alice,getVideo',
  })
  const request = () => new Request(`${page}/v2/videos/generations/gen_1`)
  expect((await handler(request(), { session: 'alice' })).status).toBe(200)
  expect((await handler(request(), { session: 'bob' })).status).toBe(404)
})

const host = 'site.example'
test.each([
  [{ Origin: 'https://site.example', Host: host }, 200],
  [{ Origin: 'http://site.example', Host: host }, 200],
  [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'https://behind.example', Host: host }, 200],
  [{ 'Sec-Fetch-Site': 'none' }, 200],
  [{}, 200],
  [{ Origin: 'https://friend.example', Host: host }, 200],
  [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://friend.example', Host: host }, 200],
  [{ Origin: 'https://evil.example', Host: host }, 401],
  [{ Origin: 'ftp://site.example', Host: host }, 401],
  [{ Origin: 'chrome-extension://site.example', Host: host }, 401],
  [{ 'Sec-Fetch-Site': 'none', Origin: 'https://evil.example', Host: host }, 401],
  [{ 'Sec-Fetch-Site': 'none', Origin: 'null', Host: host }, 401],
  [{ Cookie: 'a=b', Host: host }, 401],
  [{ Cookie: 'a=b', Host: host, 'Content-Type': 'text/plain; x=application/json' }, 401],
  [{ Cookie: 'a=b', Host: host, 'Content-Type': 'application/jsonx' }, 401],
  [{ Cookie: 'a=b', Host: host, Referer: 'https://evil.example/site.example' }, 401],
  [{ Cookie: 'a=b', Host: host, Referer: 'https://site.example/studio' }, 200],
  [{ Cookie: 'a=b', Host: host, 'Content-Type': 'application/json; charset=utf-8' }, 200],
  [{ Cookie: 'a=b', Host: host, Origin: 'https://site.example' }, 200],
  [{ Origin: 'https://site.example.evil.example', Host: host }, 401],
  [{ Origin: 'https://site.example:8443', Host: host }, 401],
  [{ Origin: 'null', Host: host }, 401],
  [{ 'Sec-Fetch-Site': 'cross-site' }, 401],
  [{ 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.site.example', Host: host }, 401],
  [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://site.example', Host: host }, 401],
])(
  'a POST with %j is answered with %i, and only a good one is looked at',
  async (headers, status) => {
    let seen = 0
    const authorize = () => {
      seen++
      return true
    }
    const options = { authorize, allow: { origins: ['https://friend.example/'] } }
    const response = await ask(options, { ...film, ...headers })
    expect([response.status, seen, upstream.requests.length]).toEqual(
      status === 200 ? [200, 1, 1] : [401, 0, 0],
    )
    if (status === 401) expect(await refusalOf(response)).toMatchObject({ param: 'Origin' })
  },
)

test('a link from another site may read, for what it gets another site cannot see', async () => {
  const response = await ask({}, { 'Sec-Fetch-Site': 'cross-site' })
  expect(response.status).toBe(200)
  expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull()
})

async function keysSeen(users: (string | number | undefined)[], key: string): Promise<string[]> {
  for (const user of users) {
    const authorize = () => (user === undefined ? true : { user })
    await ask({ authorize }, { ...film, 'Idempotency-Key': key })
  }
  return upstream.requests.map(({ headers }) => headers.get('idempotency-key') ?? '')
}

test('one key of two users is two keys, and of one user the same', async () => {
  const [alice, bob, again, nobody] = await keysSeen(
    ['alice', 'bob', 'alice', undefined],
    'order-1',
  )
  expect(alice).toMatch(/^proxy-[0-9a-f]{64}$/)
  expect([again === alice, bob === alice, nobody === alice]).toEqual([true, false, false])
  // Else those who are nobody could send the key that a somebody's became.
  expect(nobody).toMatch(/^proxy-[0-9a-f]{64}$/)
})

test('no user can write a key that is another one’s', async () => {
  const pairs = [
    ['alice', 'x'],
    ['alice"', ',"x'],
    ['alic', 'ex'],
    ['1', 'x'],
    [1, 'x'],
    [undefined, 'x'],
    ['null', 'x'],
    ['\ud800', 'x'],
    ['\ud801', 'x'],
  ] as const
  const seen = new Set<string>()
  for (const [user, key] of pairs) {
    for (const each of await keysSeen([user], key)) seen.add(each)
  }
  expect(seen.size).toBe(pairs.length)
})

test('an id that canRead refuses is not_found, neither read nor cancelled, nor is its spelling a way in', async () => {
  const asked: string[] = []
  const canRead = async (id: string) => {
    asked.push(id)
    return id === 'gen_mine'
  }
  const get = (id: string) => ask({ canRead }, { path: `/v2/videos/generations/${id}` })
  expect((await get('gen_mine')).status).toBe(200)
  const before = upstream.requests.length
  expect(await refusalOf(await get('gen_other'))).toMatchObject({ status: 404, code: 'not_found' })
  expect(await refusalOf(await get('gen%5fmine'))).toMatchObject({ status: 404 })
  const cancel = { path: '/v2/videos/generations/gen_other/cancel', body: '' }
  expect(await refusalOf(await ask({ canRead }, cancel))).toMatchObject({ status: 404 })
  expect([asked, upstream.requests.length]).toEqual([
    ['gen_mine', 'gen_other', 'gen_other'],
    before,
  ])
})

test('onAccepted is told of what is accepted, before the page is, and cannot lose it', async () => {
  const told: unknown[] = []
  const onAccepted: ProxyOptions['onAccepted'] = async (id, { user, operation }) => {
    told.push([id, user, operation])
    throw new Error('disk full')
  }
  const authorize = () => ({ user: 7 })
  expect((await ask({ authorize, onAccepted }, film)).status).toBe(200)
  expect(told).toEqual([['gen_1', '7', 'createVideo']])
  expect(String(reported[0])).toContain('disk full')
  await ask({ authorize, onAccepted })
  expect(told).toHaveLength(1)
})

test('an onError that fails changes nothing', async () => {
  const fail = () => {
    throw new Error('again')
  }
  const failLater = () => Promise.reject(new Error('again'))
  for (const onError of [fail, failLater as () => void]) {
    expect((await ask({ authorize: fail, onError })).status).toBe(500)
  }
})

test('docs are linked where browsers can reach them, and nowhere else', async () => {
  const docUrl = async (options: Partial<ProxyOptions>) => {
    const body = (await (await ask(options)).json()) as { error: { doc_url: string } }
    return body.error.doc_url
  }
  const authorize = () => false
  expect(await docUrl({ authorize })).toBe('')
  expect(await docUrl({ authorize, publicURL: 'https://films.example/api/' })).toBe(
    'https://films.example/api/docs/errors/invalid_api_key',
  )
})
