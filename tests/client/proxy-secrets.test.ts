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

test('an answer of megabytes is told of by its beginning, and no more of it is looked at', async () => {
  const body = 'a\t'.repeat(4_000_000)
  const gateway = await listening((socket) => answer(socket, 502, body, plain))
  const begin = performance.now()
  const { errors } = await ask(gateway.baseURL)
  const tookMs = performance.now() - begin
  expect(String(errors[0]).length).toBeLessThan(600)
  const beginWhole = performance.now()
  expect(body.replace(/\s+/g, ' ')).not.toBe('')
  expect(tookMs).toBeLessThan(performance.now() - beginWhole)
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
