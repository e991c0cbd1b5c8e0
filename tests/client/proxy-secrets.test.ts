import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createProxy, type ProxyOptions } from '../../packages/client/src/proxy.ts'
import { answer, errorBody, type Script } from './support/raw-server.ts'
import { listening } from './support/scripted.ts'

const secret = 'sk_live_0123456789012345678901234567890123456789'

/** What a page gets that lists the models, and what the owner is told of it. */
async function ask(
  baseURL: string,
  options: Partial<ProxyOptions> = {},
): Promise<{ status: number; text: string; told: string; errors: unknown[] }> {
  const errors: unknown[] = []
  const proxy = createProxy({
    apiKey: secret,
    baseURL,
    authorize: () => true,
    onError: (error) => errors.push(error),
    ...options,
  })
  const response = await proxy(new Request('https://site.example/films/v2/models'))
  const told = inspect(errors, { depth: 9, showHidden: true })
  return { status: response.status, text: await response.text(), told, errors }
}

const plain = { 'Content-Type': 'text/plain' }

test.each<[string, Script]>([
  [
    'a type that is cut off within the key',
    (socket) =>
      answer(socket, 502, 'oops', { 'Content-Type': `text/${'x'.repeat(70)}Bearer ${secret}` }),
  ],
  [
    'a text whose looked-at part ends within the key',
    (socket) => answer(socket, 502, `${' '.repeat(1_980)}${secret} and more`, plain),
  ],
  [
    'a text whose part that is told ends within the key',
    (socket) => answer(socket, 502, `${'x '.repeat(190)}${secret} and more`, plain),
  ],
])('of %s, none of it is told to the owner', async (_name, script) => {
  const gateway = await listening(script)
  const { status, text, told } = await ask(gateway.baseURL)
  expect([status, text.includes('sk_l')]).toEqual([500, false])
  expect(told).toContain('502')
  expect(told).not.toContain('sk_l')
})

test('an answer of megabytes is told of by its beginning', async () => {
  const body = 'a\t'.repeat(4_000_000)
  const gateway = await listening((socket) => answer(socket, 502, body, plain))
  const { errors } = await ask(gateway.baseURL)
  expect(String(errors[0]).length).toBeLessThan(600)
})

test.each(['quo"te-quo"te', 'back\\slash-back\\slash'])(
  'an answer that quotes the key %s is none for a page, as JSON writes it or otherwise',
  async (apiKey) => {
    for (const body of [[{ id: `Bearer ${apiKey}` }], { error: { [apiKey]: 0 } }]) {
      const gateway = await listening((socket) => answer(socket, 200, body))
      const { status, text, told } = await ask(gateway.baseURL, { apiKey })
      expect([status, told.includes('quotes the API key')]).toEqual([500, true])
      expect(text + told).not.toMatch(/te-quo|slash-back/)
    }
  },
)

class Printed extends Error {
  #request = ''
  static of(request: string): Printed {
    const made = new Printed('failed')
    made.#request = request
    return made
  }
  toJSON(): object {
    return { request: this.#request }
  }
}

test.each<[string, (sent: Headers) => unknown]>([
  ['its options', (sent) => withMore({ options: { headers: Object.fromEntries(sent) } })],
  ['its request', (sent) => withMore({ request: new Request('http://x', { headers: sent }) })],
  ['lists of its own', (sent) => withMore({ lines: [[...sent]] })],
  ['a name', (sent) => withMore({ [`${sent.get('authorization')}`]: 0 })],
  [
    'what it hides',
    (sent) => Object.defineProperty(new Error('failed'), 'sent', { value: [...sent] }),
  ],
  ['a map', (sent) => withMore({ sent: new Map(sent) })],
  [
    'the errors that it is made of',
    (sent) => new AggregateError([new Error(words(sent))], 'failed'),
  ],
  ['a cause of a cause', (sent) => new Error('failed', { cause: { cause: words(sent) } })],
  ['its JSON', (sent) => Printed.of(words(sent))],
  ['its words', (sent) => new RangeError(`failed, ${words(sent)}`)],
  ['its name', (sent) => withMore({ name: words(sent) })],
  ['all of it, a plain object', (sent) => ({ status: 502, message: 'failed', sent: [...sent] })],
  ['all of it, a text', (sent) => `failed, ${words(sent)}`],
  [
    'itself, and cannot be read',
    (sent) =>
      withMore({
        get sent() {
          throw new Error(words(sent))
        },
      }),
  ],
])(
  'a fetch of the owner that shows the key in %s tells no more than its words',
  async (_name, made) => {
    const fetch = async (_url: unknown, init?: RequestInit) => {
      throw made(new Headers(init?.headers))
    }
    const { status, text, told, errors } = await ask('http://127.0.0.1:9', { fetch })
    expect([status, text.includes('sk_l')]).toEqual([500, false])
    expect(told + JSON.stringify(errors.map((error) => (error as Error).cause))).not.toContain(
      'sk_l',
    )
    expect(told).toContain('failed')
  },
)

function words(sent: Headers): string {
  return `sent ${sent.get('authorization')}`
}

function withMore(more: object): Error {
  return Object.defineProperties(new Error('failed'), Object.getOwnPropertyDescriptors(more))
}

test('an error is told with its name, its code and what caused it, also one that caused itself', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const itself = new RangeError('round')
  itself.cause = itself
  const cases: [unknown, object][] = [
    [
      new AggregateError([refused], 'both failed'),
      { name: 'AggregateError', cause: { code: 'ECONNREFUSED', message: refused.message } },
    ],
    [itself, { name: 'RangeError', message: 'round', stack: itself.stack }],
    [new DOMException('late', 'TimeoutError'), { name: 'TimeoutError', message: 'late' }],
    ['a text', { message: 'a text' }],
  ]
  for (const [thrown, told] of cases) {
    const fetch = () => Promise.reject(thrown)
    const { errors } = await ask('http://127.0.0.1:9', { fetch })
    expect(errors).toMatchObject([{ cause: told }])
  }
})

test('that nobody listens at the address of the gateway is told at once', async () => {
  const gone = await listening(() => {})
  await gone.close()
  const { errors } = await ask(gone.baseURL)
  expect(String(errors[0])).toContain('no whole answer to listModels: connect ECONNREFUSED')
})

test('an error of endless parts ends as its words', async () => {
  const parts = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [at, {}]))
  const fetch = () => Promise.reject(withMore({ parts }))
  const { errors } = await ask('http://127.0.0.1:9', { fetch })
  const { cause } = errors[0] as Error
  expect([String(cause), cause]).toEqual(['Error: failed', expect.not.objectContaining({ parts })])
})

test('other headers of authorize are secrets of the owner’s as well', async () => {
  const gateway = await listening((socket, { headers }) =>
    answer(socket, 502, `seen: ${headers.get('x-upstream')}, ${headers.get('prefer')}`, plain),
  )
  const headers = { 'X-Upstream': 'Basic 0123456789', Prefer: 'wait=25' }
  const { told } = await ask(gateway.baseURL, { authorize: () => ({ headers }) })
  expect(told).toContain('seen: Basic …, wait=25')
})

test('what an answer says of other headers reaches the page: it may be about its person', async () => {
  const body = errorBody('invalid_parameter', 'Unknown: user-0123456789.')
  const gateway = await listening((socket) => answer(socket, 400, body))
  const headers = { 'X-User': 'user-0123456789' }
  const { status, text } = await ask(gateway.baseURL, { authorize: () => ({ headers }) })
  expect([status, text.includes('user-0123456789')]).toEqual([400, true])
})
