import type { Socket } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  ConnectionError,
  Filmgate,
  RateLimitError,
  TimeoutError,
  type FilmgateError,
  type FilmgateOptions,
} from '../../packages/client/src/index.ts'
import { systemClock, type Clock } from '../../packages/client/src/retry.ts'
import {
  answer,
  completedBody,
  errorBody,
  startRawServer,
  type Script,
} from './support/raw-server.ts'
import { caught, listening } from './support/scripted.ts'
import { skippingClock } from './support/skipping-clock.ts'

// Without chance there is no back-off, so these tests wait for nothing.
const impatient: Clock = { ...systemClock, random: () => 0 }
const apiKey = 'sk_live_secret'
const params = { model: 'm', prompt: 'a fox' }

/** What a call ends in when every one of its three requests meets the same misfortune. */
async function failureOf(
  { baseURL }: { baseURL: string },
  options: FilmgateOptions = {},
  clock = impatient,
): Promise<FilmgateError> {
  const client = new Filmgate({ apiKey, baseURL, maxRetries: 2, ...options }, clock)
  return caught(client.images.generate(params))
}

function endlessHeaders(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\n')
  const more = (): void => {
    if (socket.destroyed) return
    socket.write(`X-More: ${'y'.repeat(1_000)}\r\n`, () => setImmediate(more))
  }
  more()
}

function endlessBody(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n')
  const megabyte = ' '.repeat(2 ** 20)
  const more = (): void => {
    if (!socket.destroyed) socket.write(megabyte, () => setImmediate(more))
  }
  more()
}

const part = '{"status":"comp'
const half =
  (status: number): Script =>
  (socket) =>
    socket.write(`HTTP/1.1 ${status} Status\r\nContent-Length: 500\r\n\r\n${part}`, () =>
      setImmediate(() => socket.resetAndDestroy()),
    )
const page =
  (status: number): Script =>
  (socket) =>
    answer(socket, status, '<html><h1>Bad Gateway</h1></html>', { 'Content-Type': 'text/html' })

const unanswered: [string, Script, RegExp][] = [
  ['a reset before the headers', (socket) => socket.resetAndDestroy(), /No answer from 127/],
  ['a page of a proxy with status 502', page(502), /502, text\/html, "<html><h1>Bad Gateway/],
  ['headers without end', endlessHeaders, /Headers Overflow/i],
  ['no HTTP at all', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), /No answer from 127/],
]

test.each(unanswered)(
  '%s is a connection error after three requests with one key',
  async (_, script, message) => {
    const server = await listening(script)
    const error = await failureOf(server)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toMatch(message)
    expect(error.attempts).toBe(3)
    expect(server.requests).toHaveLength(3)
    expect(server.distinct('idempotency-key')).toEqual([error.idempotencyKey])
    expect(error.message).toContain(`idempotencyKey '${error.idempotencyKey}' joins it`)
  },
)

// The status says that it was taken on. A server that knows no keys would make it a second time.
const accepted: [string, Script, RegExp][] = [
  ['half a JSON', (socket) => answer(socket, 200, part), /200, application\/json, ".*comp"/],
  [
    'a reset in the middle of the body',
    half(200),
    /The rest of the answer \(status 200\) was lost/,
  ],
  ['a body without end', endlessBody, /the answer does not end/],
  [
    'a body shorter than its length',
    (socket) => answer(socket, 200, part, { 'Content-Length': '500' }),
    /was lost/,
  ],
  [
    'a body longer than its length',
    (socket) => answer(socket, 200, part, { 'Content-Length': '9' }),
    /200, application\/json|was lost/,
  ],
  ['an empty answer', (socket) => answer(socket, 200, ''), /an empty body/],
  ['JSON that is no generation', (socket) => answer(socket, 200, {}), /not one of the API: 200/],
]

test.each(accepted)('%s after a good status is not sent again', async (_, script, message) => {
  const server = await listening(script)
  const error = await failureOf(server)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toMatch(message)
  expect(error).toMatchObject({ status: 200, retryable: false, attempts: 1 })
  expect(server.requests).toHaveLength(1)
  expect(error.message).toContain(`idempotencyKey '${error.idempotencyKey}' joins it`)
})

test('a refused connection is a connection error that says so', async () => {
  const server = await startRawServer(() => {})
  await server.close()
  const error = await failureOf(server)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain('ECONNREFUSED')
  expect(error.attempts).toBe(3)
})

test('30 s of silence is a time-out after three requests with one key', async () => {
  const limits: (() => void)[] = []
  const clock: Clock = {
    ...impatient,
    after: (ms, callback, kind) => {
      if (kind === 'pause') return systemClock.after(ms, callback, kind)
      limits.push(callback)
      return () => {}
    },
  }
  // The thirty seconds are over the moment the request has come.
  const server = await listening(() => limits.pop()?.())
  const error = await failureOf(server, { requestTimeout: 7_500 }, clock)
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error.message).toMatch(/^The server did not answer within 30 s\./)
  expect(server.requests).toHaveLength(3)
  expect(server.distinct('idempotency-key')).toHaveLength(1)
})

test.each([301, 302, 303, 307, 308])(
  'a redirect (%i) to another host takes neither the key nor the request along',
  async (status) => {
    const elsewhere = await listening((socket) => answer(socket, 200, completedBody('gen_1')))
    const server = await listening((socket) =>
      answer(socket, status, '', { Location: `${elsewhere.baseURL}/v2/images/generations` }),
    )
    const error = await failureOf(server)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toContain(`redirects to ${elsewhere.baseURL}`)
    expect(error).toMatchObject({ status, retryable: false, attempts: 1 })
    expect([server.requests.length, elsewhere.requests.length]).toEqual([1, 0])
  },
)

test('a page with status 200 comes from a wrong address, and is asked for once', async () => {
  const server = await listening((socket) =>
    answer(socket, 200, '<!doctype html><title>Shop</title>', { 'Content-Type': 'text/html' }),
  )
  const error = await failureOf(server)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(server.requests).toHaveLength(1)
})

test('a page with status 500 is no error of the API, and is shown', async () => {
  const server = await listening((socket) =>
    answer(socket, 500, '<h1>Oops</h1>', { 'Content-Type': 'text/html' }),
  )
  const error = await failureOf(server)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain('Whether it was accepted is unknown')
  expect(error.message).toContain('<h1>Oops</h1>')
  expect(server.requests).toHaveLength(3)
})

describe('Retry-After', () => {
  const forms: [string, Record<string, string>, number][] = [
    ['seconds', { 'Retry-After': '7' }, 7_000],
    ['zero, so back-off', { 'Retry-After': '0' }, 250],
    ['spaces around', { 'Retry-After': '  7 ' }, 7_000],
    ['milliseconds, which are finer', { 'Retry-After': '1', 'Retry-After-Ms': '320' }, 320],
    ['less than back-off', { 'Retry-After-Ms': '1' }, 250],
    ['a date', { 'Retry-After': 'Sun, 06 Nov 2033 08:49:47 GMT' }, 10_000],
    ['a date of the second form', { 'Retry-After': 'Sunday, 06-Nov-33 08:49:47 GMT' }, 10_000],
    ['a date of the third form', { 'Retry-After': 'Sun Nov  6 08:49:47 2033' }, 10_000],
    ['a date in the past, so back-off', { 'Retry-After': 'Sun, 06 Nov 1994 08:49:37 GMT' }, 250],
    ['garbage, so back-off', { 'Retry-After': 'soon' }, 250],
    ['a negative number, so back-off', { 'Retry-After': '-5' }, 250],
    ['no number, so back-off', { 'Retry-After': 'NaN' }, 250],
    ['nothing, so back-off', { 'Retry-After': '' }, 250],
    ['garbage beside seconds', { 'Retry-After': '7', 'Retry-After-Ms': 'many' }, 7_000],
  ]
  test.each(forms)('as %s is kept', async (_, headers, waitMs) => {
    const clock = skippingClock()
    const Date = 'Sun, 06 Nov 2033 08:49:37 GMT'
    const server = await listening((socket, _request, count) =>
      count === 1
        ? answer(socket, 429, errorBody('rate_limit'), { Date, ...headers })
        : answer(socket, 200, completedBody('gen_1')),
    )
    const client = new Filmgate({ apiKey, baseURL: server.baseURL }, clock)
    const { attempts } = await client.images.generate(params).withResponse()
    expect(attempts).toBe(2)
    // Half of the tenth that spreads callers out comes on top of what the server asked for.
    const spreadMs = waitMs === 250 ? 0 : Math.min(1_000, waitMs / 10) / 2
    expect(clock.waits).toEqual([waitMs + spreadMs])
    expect(server.distinct('idempotency-key')).toHaveLength(1)
  })

  test.each([
    ['seconds', { 'Retry-After': '3600' }, 3_600_000],
    ['a date', { 'Retry-After': 'Sun, 06 Nov 2033 09:49:37 GMT' }, 3_600_000],
    ['an absurd number', { 'Retry-After': '9'.repeat(30) }, Number('9'.repeat(30)) * 1_000],
  ])('of an hour or more, as %s, stops at once and says how long', async (_, headers, waitMs) => {
    const clock = skippingClock()
    const Date = 'Sun, 06 Nov 2033 08:49:37 GMT'
    const server = await listening((socket) =>
      answer(socket, 429, errorBody('rate_limit'), { Date, ...headers }),
    )
    const error = await failureOf(server, {}, clock)
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({ retryAfterMs: waitMs, attempts: 1, retryable: true })
    expect(error.message).toContain(`the server asks to wait ${waitMs / 1_000} s`)
    expect([server.requests.length, clock.waits]).toEqual([1, []])
  })
})

describe('X-Should-Retry', () => {
  test('false ends what would be retried', async () => {
    const server = await listening((socket) =>
      answer(socket, 500, errorBody('server_error'), { 'X-Should-Retry': 'false' }),
    )
    const error = await failureOf(server)
    expect(error).toMatchObject({ code: 'server_error', retryable: false, attempts: 1 })
    expect(server.requests).toHaveLength(1)
  })

  test('true repeats what would not be', async () => {
    const server = await listening((socket) =>
      answer(socket, 400, errorBody('invalid_parameter'), { 'X-Should-Retry': 'true' }),
    )
    const error = await failureOf(server)
    expect(error).toMatchObject({ code: 'invalid_parameter', retryable: true, attempts: 3 })
  })
})

test.each([
  [400, 'parameter_missing'],
  [400, 'invalid_parameter'],
  [401, 'invalid_api_key'],
  [402, 'quota_exceeded'],
  [404, 'not_found'],
  [422, 'content_policy_violation'],
])('%i %s is sent once, whatever Retry-After says', async (status, code) => {
  const server = await listening((socket) =>
    answer(socket, status, errorBody(code), { 'Retry-After': '0' }),
  )
  const error = await failureOf(server)
  expect(error).toMatchObject({ status, code, retryable: false, attempts: 1 })
  expect(server.requests).toHaveLength(1)
})

test('errors of servers with words of their own get the code of their status', async () => {
  const bodies: [number, unknown, string][] = [
    [402, { error: { message: 'no funds', code: 'billing_hard_limit' } }, 'quota_exceeded'],
    [401, { message: 'Unauthorized' }, 'invalid_api_key'],
    [403, { error: { message: 'not for you' } }, 'server_error'],
    [429, 'slow down', 'rate_limit'],
    [404, '<h1>404</h1>', 'connection_error'],
  ]
  for (const [status, body, code] of bodies) {
    const server = await listening((socket) => answer(socket, status, body))
    const error = await failureOf(server, { maxRetries: 0 })
    expect(error).toMatchObject({ status, code, retryable: status === 429 })
  }
})

test('the key is in no error and no log line, whatever happens', async () => {
  const lines: string[] = []
  const log = (message: string, fields: object): void => {
    lines.push(message, JSON.stringify(fields))
  }
  const server = await listening((socket) => socket.resetAndDestroy())
  const error = await failureOf(server, { logger: { debug: log, info: log, warn: log } })
  expect(lines.length).toBeGreaterThan(4)
  const told = [...lines, String(error), JSON.stringify(error), String(error.stack)].join('\n')
  expect(told).not.toContain(apiKey)
  expect(told).not.toContain(params.prompt)
})

describe('after an answer that was lost', () => {
  const lost: [string, Script][] = [
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['a page with status 500', page(500)],
    [
      'a reset, then an error of the API',
      (socket, _request, count) =>
        count === 1 ? socket.resetAndDestroy() : answer(socket, 500, errorBody('server_error')),
    ],
  ]
  test.each(lost)('(%s) the call is repeatable only with the same key', async (_, script) => {
    const random = await failureOf(await listening(script))
    expect(random.retryable).toBe(false)
    expect(random.message).toContain(`idempotencyKey '${random.idempotencyKey}' joins it`)
    const { baseURL } = await listening(script)
    const client = new Filmgate({ apiKey, baseURL, maxRetries: 2 }, impatient)
    const own = await caught(client.images.generate(params, { idempotencyKey: 'order-1' }))
    expect(own.retryable).toBe(true)
  })

  test('an error of the API alone is repeatable: nothing was accepted', async () => {
    const server = await listening((socket) => answer(socket, 500, errorBody('server_error')))
    expect((await failureOf(server)).retryable).toBe(true)
  })
})

test('what echoes the key is not quoted with it, and what steers a terminal not at all', async () => {
  const message = `No: Bearer ${apiKey}\n\u001b[2Jforged line\u2028another`
  const server = await listening((socket) => {
    const error = { ...(errorBody('invalid_parameter') as { error: object }).error, message }
    answer(socket, 400, { error: { ...error, doc_url: 'javascript:alert(1)' } })
  })
  const error = await failureOf(server)
  expect(String(error)).not.toContain(apiKey)
  expect(String(error)).toContain('Bearer sk_…')
  expect(String(error)).not.toMatch(/[\p{Cc}\u2028]/u)
  expect(error.docUrl).toBeUndefined()
})

test('a key is not quoted in part where an echo is cut, or in what does not go on one line', async () => {
  const server = await listening((socket) =>
    answer(socket, 502, `${'x'.repeat(80)} Bearer ${apiKey} \u009b2J`, {
      'Content-Type': 'text/plain',
    }),
  )
  const text = String(await failureOf(server))
  expect(text).not.toContain(apiKey.slice(0, 12))
  expect(text).not.toMatch(/\p{Cc}/u)
})

test('a key is not quoted in an id of the exchange, nor in the words of a film that failed', async () => {
  const headers = { 'X-Request-Id': `req for ${apiKey}` }
  const failed = { id: 'gen_1', status: 'failed' }
  const echo = errorBody('server_error', `upstream got Bearer ${apiKey}`) as object
  const server = await listening((socket, { line }) =>
    line.startsWith('POST')
      ? answer(socket, 400, errorBody('invalid_parameter'), headers)
      : answer(socket, 200, { ...failed, ...echo }, headers),
  )
  const error = await failureOf(server)
  const client = new Filmgate({ apiKey, baseURL: server.baseURL })
  const film = await caught(client.generations.wait('gen_1', { type: 'video' }))
  for (const each of [error, film]) {
    const text = `${String(each)} ${each.message} ${JSON.stringify(each.generation)}`
    expect(text).not.toContain(apiKey)
    expect(text).toContain('sk_…')
  }
})

/** As JSON may write it: a comparison of the texts finds nothing. */
const escaped = `\\u00${apiKey.charCodeAt(0).toString(16)}${apiKey.slice(1)}`

/** The key after so much that all but its last character comes before such a length. */
const upTo = (length: number): string => 'x'.repeat(length - apiKey.length + 1) + apiKey

test.each<[string, Script]>([
  [
    'words whose escapes hide it from a search',
    (socket) =>
      answer(
        socket,
        400,
        JSON.stringify(errorBody('invalid_parameter', 'KEY')).replaceAll('KEY', escaped),
      ),
  ],
  [
    'words that are cut in its middle',
    (socket) => answer(socket, 400, errorBody('invalid_parameter', upTo(2_000))),
  ],
  [
    'an address that a redirect cuts in its middle',
    (socket) => answer(socket, 302, '', { Location: upTo(2_000) }),
  ],
  [
    'an id of the exchange that is cut in its middle',
    (socket) =>
      answer(socket, 400, errorBody('invalid_parameter'), {
        'X-Request-Id': upTo(2_000),
      }),
  ],
  [
    'a type that is cut in its middle',
    (socket) => answer(socket, 502, '', { 'Content-Type': upTo(99) }),
  ],
  [
    'a film that failed, with words whose escapes hide it',
    (socket, { line }) =>
      line.startsWith('POST')
        ? answer(socket, 200, { id: 'gen_1', status: 'pending' })
        : answer(
            socket,
            200,
            `{"id":"gen_1","status":"failed","error":{"code":"server_error","message":"${escaped}","param":"${escaped}"}}`,
            { 'X-Request-Id': apiKey },
          ),
  ],
])('of %s, nothing of the key is told', async (_, script) => {
  const error = await failureOf(await listening(script))
  const text =
    inspect(error, { depth: 9 }) + JSON.stringify(error) + JSON.stringify(error.generation)
  expect(text).not.toContain(apiKey.slice(0, 12))
})

test.each(['sk_test_in_links', 'filmgate', 'short'])(
  'a good answer is left as it is, also where the key %s occurs in it',
  async (key) => {
    const server = await listening((socket, { line }) => {
      if (line.includes('/file')) {
        const isRight = line.includes(`?key=${key} `)
        return answer(socket, isRight ? 200 : 403, 'the file', { 'Content-Type': 'image/jpeg' })
      }
      const id = `${key}-1`
      const { data, ...rest } = completedBody(id) as { data: object[] }
      const url = `${server.baseURL}/file?key=${key}`
      answer(socket, 200, { ...rest, data: [{ ...data[0], url }] })
    })
    const client = new Filmgate({ apiKey: key, baseURL: server.baseURL }, impatient)
    const image = await client.images.generate(params)
    expect(image.id).toBe(`${key}-1`)
    expect(await (await client.download(image)).text()).toBe('the file')
  },
)

test('what is shorter than any key is not taken out of words: it occurs everywhere', async () => {
  const server = await listening((socket) =>
    answer(socket, 400, errorBody('invalid_parameter', 'a fox is no model')),
  )
  const client = new Filmgate({ apiKey: 'fox', baseURL: server.baseURL })
  expect((await caught(client.images.generate(params))).message).toContain('a fox is no model')
})

test.each(['quo"te-quo"te-quo', '12345678'])(
  'the key %s is in no words of a film that failed',
  async (key) => {
    const failure = { code: 'server_error', message: `Bearer ${key}`, param: key, number: 12345678 }
    const server = await listening((socket) =>
      answer(socket, 200, { id: 'gen_1', status: 'failed', error: failure }),
    )
    const client = new Filmgate({ apiKey: key, baseURL: server.baseURL })
    const error = await caught(client.generations.wait('gen_1'))
    expect(error).toMatchObject({ code: 'server_error', message: expect.stringContaining('sk_…') })
    expect(error.generation).toMatchObject({ error: { message: 'Bearer sk_…', param: 'sk_…' } })
  },
)

test.each([
  `a text with ${apiKey}`,
  { code: 'server_error', details: { sent: [`Bearer ${apiKey}`] } },
  [apiKey],
])('of a film that failed with %j, nothing of the key is kept', async (failure) => {
  const server = await listening((socket) =>
    answer(socket, 200, { id: 'gen_1', status: 'failed', error: failure }),
  )
  const client = new Filmgate({ apiKey, baseURL: server.baseURL })
  const { generation } = await caught(client.generations.wait('gen_1'))
  const masked = JSON.stringify(failure).replace(apiKey, 'sk_…')
  expect(JSON.stringify(generation?.error)).toBe(masked)
})

test('what a film says that failed may be no object, and is kept as it is', async () => {
  const server = await listening((socket) =>
    answer(socket, 200, { id: 'gen_1', status: 'failed', error: 'x'.repeat(99) }),
  )
  const client = new Filmgate({ apiKey, baseURL: server.baseURL })
  const error = await caught(client.generations.wait('gen_1'))
  expect(error).toMatchObject({ code: 'server_error', generationId: 'gen_1' })
  expect(error.generation).toMatchObject({ error: 'x'.repeat(99) })
  expect(error.message).toContain('does not say why')
})

test.each([{ toString: 0 }, [[['x']]], 7])('a doc_url that is %j is none', async (docUrl) => {
  const { error } = errorBody('invalid_parameter') as { error: object }
  const server = await listening((socket) =>
    answer(socket, 400, { error: { ...error, doc_url: docUrl } }),
  )
  expect(await failureOf(server)).toMatchObject({ code: 'invalid_parameter', attempts: 1 })
})

test('a message without end is cut', async () => {
  const server = await listening((socket) =>
    answer(socket, 400, errorBody('invalid_parameter', 'x'.repeat(2 ** 20))),
  )
  expect(String(await failureOf(server)).length).toBeLessThan(3_000)
})

test('an address that does not speak TLS is told soon, and not called unknown', async () => {
  const server = await listening(() => {})
  const baseURL = server.baseURL.replace('http:', 'https:')
  const error = await failureOf({ baseURL })
  expect(error).toMatchObject({ code: 'connection_error', attempts: 3 })
  expect(error.message).not.toContain('unknown')
  expect(error.message).not.toContain('\n')
})

test('a server that asks for no wait is not stormed at the end of the time', async () => {
  const server = await listening((socket) =>
    answer(socket, 500, errorBody('server_error'), { 'Retry-After': '0' }),
  )
  const clock = skippingClock()
  const client = new Filmgate({ apiKey, baseURL: server.baseURL, maxElapsed: 8_000 }, clock)
  await caught(client.generations.wait('gen_1', { type: 'video' }))
  expect(server.requests.length).toBeLessThan(8)
  expect(Math.min(...clock.waits)).toBeGreaterThanOrEqual(250)
})

test('many calls under one signal have one listener, which goes with them', async () => {
  const server = await listening((socket) => answer(socket, 200, []))
  const client = new Filmgate({ apiKey, baseURL: server.baseURL })
  const { signal } = new AbortController()
  const counts = { now: 0, most: 0 }
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    counts.most = Math.max(counts.most, (counts.now += 1))
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    counts.now -= 1
    remove(...args)
  }
  await Promise.all(Array.from({ length: 30 }, () => client.models.list({}, { signal })))
  expect(counts).toEqual({ now: 0, most: 1 })
})

test('nor is it in the words of an error that a fetch throws', async () => {
  const fetch = async (): Promise<Response> => {
    throw new Error(`could not send Bearer ${apiKey}`)
  }
  const client = new Filmgate({ apiKey, baseURL: 'http://127.0.0.1:1', fetch }, impatient)
  const { message } = await caught(client.images.generate(params))
  expect(message).toContain('could not send Bearer sk_…')
})
