import type { Socket } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { Filmgate } from '../../packages/client/src/index.ts'
import { createProxy, toNodeHandler, type ProxyOptions } from '../../packages/client/src/proxy.ts'
import { openSite } from './support/proxy-site.ts'
import { answer, completedBody, errorBody, type Script } from './support/raw-server.ts'
import { listening } from './support/scripted.ts'

let reported: string[] = []
afterEach(() => {
  reported = []
})

const page = 'https://site.example/films'

function proxyTo(baseURL: string, options: Partial<ProxyOptions> = {}) {
  return createProxy({
    apiKey: 'sk_live_secret',
    baseURL,
    authorize: () => true,
    onError: (error) => reported.push(String(error)),
    ...options,
  })
}

function image(
  headers: Record<string, string> = {},
  body = '{"model":"m","prompt":"a fox"}',
): Request {
  return new Request(`${page}/v2/images/generations`, { method: 'POST', body, headers })
}

const keyed = { 'Idempotency-Key': 'k' }

/** Code, status and retry advice of an error that the proxy made itself. */
async function refusalOf(response: Response): Promise<unknown[]> {
  const text = await response.text()
  expect(text).not.toMatch(/sk_live_secret|127\.0\.0\.1|<html/)
  const { error } = JSON.parse(text) as { error: { code: string } }
  return [response.status, error.code, response.headers.get('X-Should-Retry')]
}

test('of what a browser sends, only what the API knows goes to the gateway', async () => {
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
  const foreign = {
    Authorization: 'Bearer sk_live_guessed',
    Cookie: 'session=secret',
    'X-Forwarded-For': '1.2.3.4',
    'X-Forwarded-Host': 'evil.example',
    Origin: 'https://site.example',
    Referer: 'https://site.example/account',
    'User-Agent': 'Browser',
    'X-Api-Key': 'x',
  }
  const known = {
    ...keyed,
    Prefer: 'wait=25',
    'Content-Type': 'application/json',
    Accept: 'application/json',
    'X-Request-Id': 'req_mine',
  }
  const response = await proxyTo(gateway.baseURL)(image({ ...foreign, ...known }))
  expect(response.headers.get('X-Request-Id')).toBe('req_mine')
  const received = Object.fromEntries(gateway.requests[0]?.headers ?? [])
  const scoped = { ...known, 'Idempotency-Key': expect.stringMatching(/^proxy-[0-9a-f]{64}$/) }
  for (const [name, value] of Object.entries(scoped))
    expect(received[name.toLowerCase()]).toEqual(value)
  expect(received['authorization']).toBe('Bearer sk_live_secret')
  // What is left is fetch's own.
  const others = Object.keys(received).filter(
    (name) => !Object.keys(known).some((each) => each.toLowerCase() === name),
  )
  expect(others.toSorted()).toEqual([
    'accept-encoding',
    'accept-language',
    'authorization',
    'cache-control',
    'connection',
    'content-length',
    'host',
    'pragma',
    'sec-fetch-mode',
    'user-agent',
  ])
  expect(JSON.stringify(received)).not.toMatch(/session|guessed|1\.2\.3\.4|evil|account|Browser/)
  expect(gateway.requests[0]?.body).toBe('{"model":"m","prompt":"a fox"}')
})

test('of what the gateway answers, only what the contract knows goes to the page', async () => {
  const contract = {
    'X-Generation-Id': 'gen_1',
    'X-Billed': 'true',
    'X-Should-Retry': 'false',
    'Retry-After': '7',
    'Retry-After-Ms': '6500',
    'Idempotent-Replayed': 'true',
    'Preference-Applied': 'wait=25',
    Deprecation: '@1795370460',
    Sunset: 'Wed, 25 Nov 2026 07:28:00 GMT',
  }
  const foreign = {
    'X-RateLimit-Limit': '60',
    'X-RateLimit-Remaining': '59',
    'X-RateLimit-Reset': '1795370460',
    'Set-Cookie': 'gateway=1',
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Credentials': 'true',
    'Cache-Control': 'public, max-age=3600',
    'Content-Type': 'text/html',
    'Keep-Alive': 'timeout=5',
    Location: 'https://evil.example',
    Server: 'inside/1.0',
    Via: '1.1 inside',
    'X-Powered-By': 'inside',
    'Clear-Site-Data': '"*"',
  }
  const gateway = await listening((socket) =>
    answer(socket, 200, completedBody('gen_1'), { ...contract, ...foreign }),
  )
  const response = await proxyTo(gateway.baseURL)(image())
  expect(await response.json()).toEqual(completedBody('gen_1'))
  expect(Object.fromEntries(response.headers)).toEqual({
    ...Object.fromEntries(new Headers(contract)),
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'x-request-id': expect.stringMatching(/^req_/),
  })
})

/** The same error with another link to its page. */
function withDocs(body: unknown, docUrl: string): unknown {
  const { error } = body as { error: object }
  return { error: { ...error, doc_url: docUrl } }
}

test.each([
  [400, 'invalid_parameter'],
  [422, 'content_policy_violation'],
  [500, 'server_error'],
])('the API’s own %i goes to the page as it is', async (status, code) => {
  const headers = { 'X-Should-Retry': 'false', 'Retry-After': '9' }
  const gateway = await listening((socket) => answer(socket, status, errorBody(code), headers))
  const response = await proxyTo(gateway.baseURL)(image())
  expect([response.status, response.headers.get('Retry-After')]).toEqual([status, '9'])
  expect(response.headers.get('X-Should-Retry')).toBe('false')
  expect(await response.json()).toEqual(withDocs(errorBody(code), ''))
  expect(reported).toEqual([])
})

test('a 404 about no id of the page’s is the owner’s trouble: the address leads elsewhere', async () => {
  const message = 'There is nothing at this path. The reference is at http://10.0.0.7:4700/docs.'
  const gateway = await listening((socket) => answer(socket, 404, errorBody('not_found', message)))
  const proxy = proxyTo(gateway.baseURL)
  const response = await proxy(image(keyed))
  expect(await response.clone().text()).not.toContain('10.0.0.7')
  expect(await refusalOf(response)).toEqual([404, 'not_found', 'false'])
  expect(reported).toEqual([expect.stringContaining('10.0.0.7')])
  const { error } = errorBody('not_found', 'No such page.') as { error: object }
  const page = await listening((socket) =>
    answer(socket, 404, { error: { ...error, param: 'after' } }),
  )
  const list = proxyTo(page.baseURL, { allow: { list: true } })
  const shown = await list(new Request('https://site.example/v2/generations?after=gen_9'))
  expect(await shown.json()).toMatchObject({ error: { message: 'No such page.' } })
  const unknown = await proxy(new Request('https://site.example/v2/images/generations/gen_1'))
  expect(await unknown.json()).toMatchObject({ error: { code: 'not_found', message } })
  expect(reported).toHaveLength(1)
})

test('a key that the gateway refuses is the owner’s trouble, not a log-in for the page', async () => {
  const gateway = await listening((socket) => answer(socket, 401, errorBody('invalid_api_key')))
  const response = await proxyTo(gateway.baseURL)(image(keyed))
  expect(await refusalOf(response)).toEqual([500, 'server_error', 'false'])
  expect(reported).toEqual([expect.stringContaining('refuses the API key')])
})

test('a balance that is used up is told to the page, and its sums only where the owner lets it', async () => {
  const body = errorBody('quota_exceeded', 'This costs $0.04, and $0.01 can be spent.')
  const gateway = await listening((socket) => answer(socket, 402, body))
  const response = await proxyTo(gateway.baseURL)(image(keyed))
  expect(await response.clone().text()).not.toContain('$')
  expect(await refusalOf(response)).toEqual([402, 'quota_exceeded', 'false'])
  expect(reported).toEqual([expect.stringContaining('$0.01 can be spent')])
  const open = await proxyTo(gateway.baseURL, { allow: { billing: true } })(image(keyed))
  expect([open.status, await open.json()]).toEqual([402, withDocs(body, '')])
})

test('a rate limit is told to the page, and how high it is only where the owner lets it', async () => {
  const body = errorBody('rate_limit', 'This workspace may send 60 image requests per minute.')
  const gateway = await listening((socket, _request, count) =>
    answer(socket, 429, body, {
      'Retry-After': '9',
      'X-Should-Retry': count === 2 ? 'false' : 'true',
    }),
  )
  const passing = await proxyTo(gateway.baseURL)(image(keyed))
  expect(passing.headers.get('Retry-After')).toBe('9')
  expect(await passing.clone().text()).toMatch(/Try again in 9 s/)
  expect(await passing.clone().text()).not.toMatch(/workspace|60/)
  expect(await refusalOf(passing)).toEqual([429, 'rate_limit', 'true'])
  expect(reported).toEqual([])
  const never = await proxyTo(gateway.baseURL)(image(keyed))
  expect(await never.clone().text()).not.toMatch(/workspace|60|Try again/)
  expect(await refusalOf(never)).toEqual([429, 'rate_limit', 'false'])
  expect(reported).toEqual([expect.stringContaining('This workspace may send 60')])
  const open = await proxyTo(gateway.baseURL, { allow: { billing: true } })(image(keyed))
  expect([open.status, await open.json()]).toEqual([429, withDocs(body, '')])
})

test.each(['invalid_parameter', 'parameter_missing'])(
  '%s about the model names those that are offered, and no others',
  async (code) => {
    const message = 'The model is not served here. Available image models: cheap, dear.'
    const { error } = errorBody(code, message) as { error: object }
    const body = { error: { ...error, param: 'model' } }
    const gateway = await listening((socket) => answer(socket, 400, body))
    const other = image({}, '{"model":"fast","prompt":"a fox"}')
    const proxy = proxyTo(gateway.baseURL, { allow: { models: ['cheap', 'fast'] } })
    const response = await proxy(other)
    expect(await response.clone().text()).toContain('cheap, fast.')
    expect(await response.clone().text()).not.toContain('dear')
    expect(await response.clone().json()).toMatchObject({ error: { param: 'model' } })
    expect(await refusalOf(response)).toEqual([400, code, 'false'])
    expect(reported).toEqual([expect.stringContaining('cheap, dear')])
    const open = await proxyTo(gateway.baseURL)(image())
    expect(await open.json()).toEqual(withDocs(body, ''))
  },
)

const named = { 'X-Generation-Id': 'gen_1' }
const depths = `${'['.repeat(500_000)}${']'.repeat(500_000)}`
const html = '<!doctype html><script>steal()</script>'

test.each<[string, Script, string]>([
  [
    'a page of HTML',
    (socket) => answer(socket, 200, html, { 'Content-Type': 'text/html' }),
    'false',
  ],
  ['a proxy’s 502', (socket) => answer(socket, 502, html, { 'Content-Type': 'text/html' }), 'true'],
  [
    'a proxy’s 404',
    (socket) => answer(socket, 404, html, { 'Content-Type': 'text/html' }),
    'false',
  ],
  ['another API’s JSON', (socket) => answer(socket, 503, { detail: 'busy' }), 'true'],
  ['another API’s code', (socket) => answer(socket, 403, errorBody('FORBIDDEN')), 'false'],
  [
    'a code with a status of another',
    (socket) => answer(socket, 404, errorBody('rate_limit')),
    'false',
  ],
  ['a name that every object has', (socket) => answer(socket, 500, errorBody('toString')), 'true'],
  ['a 402 of a platform', (socket) => answer(socket, 402, { error: { code: 'x' } }), 'false'],
  ['a status that is none', (socket) => answer(socket, 999, errorBody('server_error')), 'true'],
  [
    'a good status of another API',
    (socket) => answer(socket, 206, completedBody('gen_1')),
    'false',
  ],
  ['a status without a body', (socket) => answer(socket, 205, '', named), 'true'],
  ['what cannot be written again', (socket) => answer(socket, 200, depths), 'false'],
  ['half a JSON', (socket) => answer(socket, 200, '{"id":"gen_'), 'false'],
  ['nothing', (socket) => answer(socket, 200, ''), 'false'],
  [
    'a body that breaks off',
    (socket) => void (socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{'), socket.end()),
    'false',
  ],
  ['a hang-up', (socket) => void socket.destroy(), 'true'],
  ['what is no HTTP', (socket) => void socket.end('SSH-2.0-OpenSSH\r\n'), 'true'],
])('%s becomes server_error', async (_name, script, retry) => {
  const gateway = await listening(script)
  const response = await proxyTo(gateway.baseURL)(image(keyed))
  expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
  expect(await refusalOf(response)).toEqual([500, 'server_error', retry])
  expect(reported).toHaveLength(1)
  expect(gateway.requests).toHaveLength(1)
})

test.each([
  [200, {}, depths],
  [999, named, errorBody('server_error')],
  [205, named, ''],
  [206, {}, completedBody('gen_1')],
  [500, {}, errorBody('server_error')],
  [500, {}, errorBody('another')],
  [504, {}, html],
])(
  'a POST without a key is not to be sent again after %i with %j',
  async (status, headers, body) => {
    const gateway = await listening((socket) => answer(socket, status, body, headers))
    const response = await proxyTo(gateway.baseURL)(image())
    expect(await response.clone().text()).not.toMatch(/send the same request again/i)
    expect(await refusalOf(response)).toEqual([500, 'server_error', 'false'])
  },
)

const secret = 'sk_live_secret'
const escaped = '"\\u0073k_live_secret"'

test.each<[string, number, unknown, Record<string, string>]>([
  ['a good answer', 200, { id: 'gen_1', authorization: `Bearer ${secret}` }, {}],
  ['a good answer, escaped', 200, `{"id":${escaped}}`, {}],
  ['an error', 400, errorBody('invalid_parameter', `Bearer ${secret}`), {}],
  ['an error about the key', 401, errorBody('invalid_api_key', `Unknown: ${secret}`), {}],
  ['a page', 502, `<html>${'x'.repeat(390)} ${secret}`, {}],
  ['a type', 502, 'oops', { 'Content-Type': secret }],
  ['an id', 200, { id: secret }, { 'X-Generation-Id': secret }],
  ['a header', 200, { id: 'gen_1' }, { 'Preference-Applied': secret, 'Retry-After': secret }],
])(
  'a key that %s quotes goes neither to the page nor to a log',
  async (_name, status, body, more) => {
    const gateway = await listening((socket) => answer(socket, status, body, more))
    const told: unknown[] = []
    const onAccepted = (id: string) => void told.push(id)
    const onError = (error: unknown) => void told.push(String(error))
    const response = await proxyTo(gateway.baseURL, { onAccepted, onError })(image(keyed))
    const seen = JSON.stringify([...response.headers, await response.text(), told])
    expect(seen).not.toMatch(/k_live|sk_l/)
  },
)

test('nor does one that a fetch of the owner quotes', async () => {
  const told: unknown[] = []
  const fetch = async () => {
    throw new Error('failed', { cause: new Error(`sent Bearer ${secret}`) })
  }
  const onError = (error: unknown) => void told.push(error)
  expect((await proxyTo('http://127.0.0.1:9', { fetch, onError })(image())).status).toBe(500)
  expect(told).toEqual([expect.any(Error)])
  expect(inspect(told, { depth: 9 })).not.toContain(secret)
})

test('headers say what the contract lets them say', async () => {
  const odd = {
    'X-Generation-Id': '../../etc',
    'X-Billed': 'perhaps',
    'X-Should-Retry': 'yes',
    'Retry-After': '999999999',
    'Retry-After-Ms': '999999999',
    Sunset: '<script>',
  }
  const gateway = await listening((socket) => answer(socket, 429, errorBody('rate_limit'), odd))
  const told: string[] = []
  const onAccepted = (id: string) => void told.push(id)
  const { headers } = await proxyTo(gateway.baseURL, { onAccepted })(image(keyed))
  const names = [...Object.keys(odd), 'X-RateLimit-Limit']
  expect(names.map((name) => headers.get(name))).toEqual([
    null,
    null,
    'true',
    '60',
    '60000',
    null,
    null,
  ])
  expect(told).toEqual([])
})

test('rate limits of the key are told where its balance is', async () => {
  const limit = { 'X-RateLimit-Limit': '60' }
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1'), limit))
  const seen = async (billing: boolean) =>
    (await proxyTo(gateway.baseURL, { allow: { billing } })(image())).headers.get(
      'X-RateLimit-Limit',
    )
  expect([await seen(true), await seen(false)]).toEqual(['60', null])
})

test('links to docs lead where the owner says, also in the error of a film that failed', async () => {
  const failed = { id: 'gen_1', status: 'failed', ...(errorBody('server_error') as object) }
  const gateway = await listening((socket, { line }) =>
    answer(socket, 200, line.includes('limit') ? { data: [failed], has_more: false } : failed),
  )
  const docsOf = async (path: string, publicURL?: string) => {
    const proxy = proxyTo(gateway.baseURL, { publicURL, allow: { list: true } })
    const text = await (await proxy(new Request(`${page}${path}`))).text()
    return /"doc_url":"([^"]*)"/.exec(text)?.[1]
  }
  const films = 'https://films.example'
  for (const path of ['/v2/videos/generations/gen_1', '/v2/generations?limit=1']) {
    expect(await docsOf(path)).toBe('')
    expect(await docsOf(path, films)).toBe(`${films}/docs/errors/server_error`)
  }
})

test('the owner hears whether a generation was made by an earlier request', async () => {
  const replayed = { ...named, 'Idempotent-Replayed': 'true' }
  const gateway = await listening((socket, _request, count) =>
    answer(socket, 200, completedBody('gen_1'), count === 1 ? named : replayed),
  )
  const told: unknown[] = []
  const proxy = proxyTo(gateway.baseURL, {
    onAccepted: (id, { isReplayed }) => void told.push([id, isReplayed]),
  })
  await proxy(image(keyed))
  await proxy(image(keyed))
  expect(told).toEqual([
    ['gen_1', false],
    ['gen_1', true],
  ])
})

test('an unreachable gateway is server_error, which a page may try again', async () => {
  const gone = await listening(() => {})
  await gone.close()
  const response = await proxyTo(gone.baseURL)(image(keyed))
  expect(await refusalOf(response)).toEqual([500, 'server_error', 'true'])
})

test('what may have been accepted is not to be sent again without an idempotency key', async () => {
  const gateway = await listening((socket) => void socket.destroy())
  const proxy = proxyTo(gateway.baseURL)
  expect(await refusalOf(await proxy(image()))).toEqual([500, 'server_error', 'false'])
  const read = new Request(`${page}/v2/images/generations/gen_1`)
  expect(await refusalOf(await proxy(read))).toEqual([500, 'server_error', 'true'])
})

const asPage = { 'Content-Type': 'text/html' }
const unknown = { 'X-Outcome': 'unknown' }

test.each<[string, Script, string | null]>([
  ['a hang-up', (socket) => void socket.destroy(), 'unknown'],
  ['a proxy’s 504', (socket) => answer(socket, 504, html, asPage), 'unknown'],
  ['half a JSON that names nothing', (socket) => answer(socket, 200, '{"sta'), 'unknown'],
  ['a page with a good status', (socket) => answer(socket, 200, html, asPage), 'unknown'],
  ['an echo of the key', (socket) => answer(socket, 200, { id: 'sk_live_secret' }), 'unknown'],
  ['another proxy', (socket) => answer(socket, 500, errorBody('server_error'), unknown), 'unknown'],
  ['a proxy’s 404', (socket) => answer(socket, 404, html, asPage), null],
  ['a refusal of the key', (socket) => answer(socket, 401, errorBody('invalid_api_key')), null],
  ['a refusal', (socket) => answer(socket, 422, errorBody('content_policy_violation')), null],
  ['a failure', (socket) => answer(socket, 500, errorBody('server_error')), null],
])('that nobody knows what was made is said after %s', async (_name, script, outcome) => {
  const gateway = await listening(script)
  for (const headers of [keyed, {}]) {
    const response = await proxyTo(gateway.baseURL)(image(headers))
    expect([response.ok, response.headers.get('X-Outcome')]).toEqual([false, outcome])
  }
})

test('of what only reads or cancels, no outcome is unknown', async () => {
  const gateway = await listening((socket) => void socket.destroy())
  const film = `${page}/v2/videos/generations/gen_1`
  const cancel = new Request(`${film}/cancel`, { method: 'POST' })
  for (const request of [new Request(film), cancel]) {
    const response = await proxyTo(gateway.baseURL)(request)
    expect([response.status, response.headers.get('X-Outcome')]).toEqual([500, null])
  }
})

/** Begins an answer, and ends the connection before the rest. */
function breakOff(socket: Socket, status: number, headers: object, text: string): void {
  const all = Object.entries({
    'Content-Type': 'application/json',
    'Content-Length': 99,
    ...headers,
  })
  const rows = all.map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} Status\r\n${rows.join('')}\r\n${text}`)
}

const half = ' { "id" : "gen_1", "sta'

test.each<[string, Script]>([
  ['that breaks off after its head', (socket) => breakOff(socket, 202, named, '')],
  ['that breaks off after its id', (socket) => breakOff(socket, 200, {}, half)],
  ['of half a JSON', (socket) => answer(socket, 200, half)],
  ['of half a JSON without an id', (socket) => answer(socket, 200, '{"sta', named)],
  ['without a body', (socket) => answer(socket, 202, '', named)],
  ['that cannot be written again', (socket) => answer(socket, 200, depths, named)],
  ['that never ends', (socket) => void socket.write(`HTTP/1.1 200 OK\r\n\r\n${half}`)],
])('a good answer %s stands for a generation that is pending', async (_name, script) => {
  const gateway = await listening(script)
  const told: string[] = []
  const onAccepted = (id: string) => void told.push(id)
  for (const headers of [keyed, {}]) {
    const proxy = proxyTo(gateway.baseURL, { onAccepted, timeout: 300 })
    const response = await proxy(image(headers))
    expect([response.status, await response.json()]).toEqual([
      202,
      { id: 'gen_1', status: 'pending' },
    ])
    expect(response.headers.get('X-Generation-Id')).toBe('gen_1')
    expect(response.headers.get('X-Outcome')).toBeNull()
  }
  expect([told, reported.length]).toEqual([['gen_1', 'gen_1'], 2])
})

test('what the head of such an answer says stays true, but for advice on its end', async () => {
  const head = { ...named, 'X-Billed': 'true', 'X-Should-Retry': 'true' }
  const gateway = await listening((socket) => breakOff(socket, 200, head, ''))
  const { headers } = await proxyTo(gateway.baseURL)(image(keyed))
  expect(Object.fromEntries(headers)).toEqual({
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'x-billed': 'true',
    'x-content-type-options': 'nosniff',
    'x-generation-id': 'gen_1',
    'x-request-id': expect.stringMatching(/^req_/),
  })
})

test.each<[string, number, object, string]>([
  ['another status', 206, named, half],
  ['an id that leads elsewhere', 200, {}, '{"id":"../../etc","sta'],
  ['an id that is not whole', 200, {}, '{"id":"gen_'],
  ['the id of something else', 200, {}, '{"data":{"id":"gen_1","sta'],
  ['the key as its id', 200, {}, '{"id":"sk_live_secret","sta'],
])('an answer with %s that breaks off stands for none', async (_name, status, headers, text) => {
  const gateway = await listening((socket) => breakOff(socket, status, headers, text))
  const response = await proxyTo(gateway.baseURL)(image(keyed))
  expect((await refusalOf(response)).slice(0, 2)).toEqual([500, 'server_error'])
})

test('what breaks off while a generation is read is no news of it', async () => {
  const gateway = await listening((socket) => breakOff(socket, 200, named, half))
  const read = new Request(`${page}/v2/images/generations/gen_1`)
  expect(await refusalOf(await proxyTo(gateway.baseURL)(read))).toEqual([
    500,
    'server_error',
    'true',
  ])
})

test('a page whose order was answered in part finds the film by reading, and orders once', async () => {
  const gateway = await listening((socket, { line }) =>
    line.startsWith('POST')
      ? breakOff(socket, 202, {}, half)
      : answer(socket, 200, completedBody('gen_1')),
  )
  const site = await openSite(toNodeHandler(proxyTo(gateway.baseURL)))
  const client = new Filmgate({ apiKey: null, baseURL: `${site.baseURL}/films` })
  const accepted: string[] = []
  const onAccepted = ({ generationId }: { generationId: string }) =>
    void accepted.push(generationId)
  for (const { generate } of [client.videos, client.images]) {
    gateway.requests.length = 0
    const { id, status } = await generate({ model: 'm', prompt: 'a fox' }, { onAccepted })
    expect([id, status]).toEqual(['gen_1', 'completed'])
    expect(gateway.requests.map(({ line }) => line.split(' ')[0])).toEqual(['POST', 'GET'])
  }
  expect(accepted).toEqual(['gen_1', 'gen_1'])
})

test('a redirect is not followed, so the key stays with the gateway', async () => {
  const elsewhere = await listening((socket) => answer(socket, 200, {}))
  const gateway = await listening((socket) =>
    answer(socket, 307, '', { Location: `${elsewhere.baseURL}/v2/images/generations` }),
  )
  const response = await proxyTo(gateway.baseURL)(image(keyed))
  expect(await refusalOf(response)).toEqual([500, 'server_error', 'false'])
  expect(response.headers.get('Location')).toBeNull()
  expect(elsewhere.requests).toEqual([])
})

test('a gateway that says nothing is given up on', async () => {
  const gateway = await listening(() => {})
  const response = await proxyTo(gateway.baseURL, { timeout: 50 })(image(keyed))
  expect(await refusalOf(response)).toEqual([500, 'server_error', 'true'])
})

test('a gateway that never ends its answer is given up on', async () => {
  const gateway = await listening((socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n{'))
  const response = await proxyTo(gateway.baseURL, { timeout: 50 })(image(keyed))
  expect(await refusalOf(response)).toEqual([500, 'server_error', 'false'])
})

test('a body is read as far as it may be large', async () => {
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
  const proxy = proxyTo(gateway.baseURL, { maxBodyBytes: 200_000 })
  const exactly = JSON.stringify('x'.repeat(199_998))
  expect((await proxy(image({}, exactly))).status).toBe(200)
  expect(gateway.requests[0]?.body).toBe(exactly)
  expect(await refusalOf(await proxy(image({}, `${exactly} `)))).toEqual([
    400,
    'invalid_parameter',
    'false',
  ])
  const told = image({ 'Content-Length': '200001' })
  expect(await refusalOf(await proxy(told))).toEqual([400, 'invalid_parameter', 'false'])
  expect(gateway.requests).toHaveLength(1)
})

test('a body without an end is cut off, and its sender told to stop', async () => {
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
  let isCancelled = false
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(50_000)),
    cancel: () => void (isCancelled = true),
  })
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body: endless, duplex: 'half' }
  const request = new Request(`${page}/v2/images/generations`, init)
  const response = await proxyTo(gateway.baseURL, { maxBodyBytes: 200_000 })(request)
  expect(await refusalOf(response)).toEqual([400, 'invalid_parameter', 'false'])
  expect([isCancelled, gateway.requests]).toEqual([true, []])
})

test('transform decides what the gateway is asked for', async () => {
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
  const seen: unknown[] = []
  const proxy = proxyTo(gateway.baseURL, {
    authorize: () => ({ user: 'alice' }),
    transform: (body, { user, operation }) => {
      seen.push(user, operation)
      return { ...body, model: 'cheap', duration: Math.min(Number(body['duration'] ?? 5), 5) }
    },
  })
  const type = { 'Content-Type': 'text/plain' }
  expect((await proxy(image(type, '{"model":"dear","duration":10,"prompt":"é"}'))).status).toBe(200)
  expect(seen).toEqual(['alice', 'createImage'])
  const { body = '', headers } = gateway.requests[0] ?? {}
  expect(JSON.parse(Buffer.from(body, 'latin1').toString('utf8'))).toEqual({
    model: 'cheap',
    duration: 5,
    prompt: 'é',
  })
  expect(headers?.get('content-type')).toBe('application/json')
})

test('transform may change the body in place', async () => {
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
  const transform = (body: Record<string, unknown>) => {
    body['model'] = 'pinned'
  }
  await proxyTo(gateway.baseURL, { transform })(image())
  expect(JSON.parse(gateway.requests[0]?.body ?? '')).toMatchObject({ model: 'pinned' })
})

test.each(['[1]', '"text"', 'null', '{"model":', '', '\u00ff\u00fe'])(
  'a body that is %s is refused where the owner looks at bodies',
  async (body) => {
    const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
    const request = image({}, body)
    const response = await proxyTo(gateway.baseURL, { allow: { models: ['m'] } })(request)
    expect(await refusalOf(response)).toEqual([400, 'invalid_parameter', 'false'])
    expect(gateway.requests).toEqual([])
  },
)

test.each([
  ['lists in lists', `${'['.repeat(14_000_000)}${']'.repeat(14_000_000)}`],
  ['lists just too deep', `${'['.repeat(32)}${']'.repeat(32)}`],
  ['empty objects', `[${'{},'.repeat(9_900_000)}0]`],
  ['numbers', `[${'1,'.repeat(14_900_000)}0]`],
  ['fields', `{${'"a":0,'.repeat(2_000)}"b":0}`],
  ['texts that end in a backslash', `[${'"\\\\",'.repeat(2_000)}0]`],
])('a body of %s holds nobody else up', async (_name, parts) => {
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
  const request = image({}, `{"model":"m","x":${parts}}`)
  const proxy = proxyTo(gateway.baseURL, { allow: { models: ['m'] } })
  const begin = performance.now()
  const response = await proxy(request)
  // Reading the larger ones takes from one second to six.
  expect(performance.now() - begin).toBeLessThan(700)
  expect(await refusalOf(response)).toEqual([400, 'invalid_parameter', 'false'])
  expect(gateway.requests).toEqual([])
})

test('long texts, and as many parts as a request can need, are read', async () => {
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
  const proxy = proxyTo(gateway.baseURL, { allow: { models: ['m'] } })
  const images = Array.from({ length: 8 }, () => ({ url: '[{,"\\'.repeat(2_000), role: 'x' }))
  const body = JSON.stringify({ model: 'm', images, x: Array.from({ length: 1_900 }, () => 0) })
  expect((await proxy(image({}, body))).status).toBe(200)
  expect(gateway.requests[0]?.body).toBe(body)
})

test('a body that transform makes too deep to write is refused', async () => {
  let deep: unknown = 0
  for (let i = 0; i < 100_000; i++) deep = [deep]
  const proxy = proxyTo('http://127.0.0.1:9', { transform: (body) => ({ ...body, deep }) })
  expect(await refusalOf(await proxy(image()))).toEqual([400, 'invalid_parameter', 'false'])
})

test('only the models that the owner allows are used, however the body names them', async () => {
  const gateway = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
  const proxy = proxyTo(gateway.baseURL, { allow: { models: ['cheap', 'fast'] } })
  const param = async (body: string) => {
    const { error } = (await (await proxy(image({}, body))).json()) as { error: { param: string } }
    return error.param
  }
  expect(await param('{"model":"dear"}')).toBe('model')
  expect(await param('{"model":["cheap"]}')).toBe('model')
  expect(await param('{"model":"cheap","model":"dear"}')).toBe('model')
  expect(await param('{"prompt":"a fox"}')).toBe('model')
  expect(gateway.requests).toEqual([])
  // Other readers of JSON take the first of two fields; there is but one when it leaves.
  expect((await proxy(image({}, '{"model":"dear","model":"cheap"}'))).status).toBe(200)
  expect(gateway.requests[0]?.body).toBe('{"model":"cheap"}')
})

test('models that are not allowed are not listed', async () => {
  const all = [{ id: 'cheap' }, { id: 'dear' }, null, 'cheap']
  const gateway = await listening((socket) => answer(socket, 200, all))
  const models = new Request(`${page}/v2/models`)
  const response = await proxyTo(gateway.baseURL, { allow: { models: ['cheap'] } })(models)
  expect(await response.json()).toEqual([{ id: 'cheap' }])
})

test('an answer that cannot be shown leaves open what an order made, and nothing else', async () => {
  const echo = { ...(completedBody('gen_1') as object), seen: `Bearer ${secret}` }
  const outcome = async (status: number, request: Request): Promise<string | null> => {
    const gateway = await listening((socket) => answer(socket, status, echo))
    return (await proxyTo(gateway.baseURL)(request)).headers.get('X-Outcome')
  }
  for (const status of [200, 502]) {
    expect(await outcome(status, image(keyed))).toBe('unknown')
    expect(await outcome(status, new Request('https://site.example/v2/models'))).toBe(null)
  }
  expect(await outcome(401, image(keyed))).toBe(null)
})
