/** What a body may be, how it may be declared, and what is said of one that cannot be used. */
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { api, postImage, postVideo, type ApiAnswer } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { sendRaw } from './support/raw.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const path = '/v2/images/generations'
const quote = { model: 'sandbox-image', prompt: 'a fox', dry_run: true }

/** Sends bytes with exactly these headers, besides the key. */
async function post(body: string | Uint8Array, headers: Record<string, string>) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${gateway.key}\r\n`
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  const [answer] = await sendRaw(gateway.baseURL, [head, ...lines, length, body])
  return { status: answer?.status, error: JSON.parse(answer?.body ?? '{}').error }
}

describe('a content type', () => {
  it.each([
    'application/json',
    'application/json;charset=UTF-8',
    'application/json; charset=utf-8;',
    'application/json; charset="utf-8"; x=y',
    "application/json;charset='utf-8'",
    'application/json; charset=utf8',
    'application/json; charset=us-ascii',
    'application/json;',
    'APPLICATION/JSON',
    'Application/Json ; Charset=UTF-8',
    'application/problem+json',
    'application/vnd.api+json; profile="https://example.com/a;b"',
  ])('%s is JSON', async (type) => {
    expect(await post(JSON.stringify(quote), { 'Content-Type': type })).toMatchObject({
      status: 200,
    })
  })

  it.each([
    ['application/json; charset=utf-16', /declared as text in `utf-16`. Send it in UTF-8/],
    ['application/json; charset=iso-8859-1', /declared as text in `iso-8859-1`/],
    ['text/plain', /declared as `text\/plain`.*`Content-Type: application\/json`/],
    ['application/x-www-form-urlencoded', /declared as `application\/x-www-form-urlencoded`/],
    ['image/svg+json', /declared as `image\/svg\+json`/],
    ['application/jsonp', /declared as `application\/jsonp`/],
    ['json', /Content-Type/],
  ])('%s is refused by its name, with what to send', async (type, message) => {
    const { status, error } = await post(JSON.stringify(quote), { 'Content-Type': type })
    expect(status).toBe(400)
    expect(error).toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringMatching(message),
    })
  })

  it('that is not there is asked for', async () => {
    const { error } = await post(JSON.stringify(quote), {})
    expect(error.message).toMatch(/has no Content-Type header.*application\/json/)
  })
})

describe('a content encoding', () => {
  it.each(['gzip', 'br', 'deflate', 'zstd', 'identity, gzip'])(
    '%s is refused by its name, not as damaged UTF-8',
    async (encoding) => {
      const { error } = await post(gzipSync(JSON.stringify(quote)), {
        'Content-Type': 'application/json',
        'Content-Encoding': encoding,
      })
      expect(error.code).toBe('invalid_parameter')
      expect(error.message).toContain(`encoded with \`${encoding.split(', ').at(-1)}\``)
      expect(error.message).toContain('without that header')
    },
  )

  it('of identity is none', async () => {
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'identity' }
    expect(await post(JSON.stringify(quote), headers)).toMatchObject({ status: 200 })
  })
})

describe('a value', () => {
  it('that no model has is told by the model, in one message for all of them', async () => {
    for (const duration of [0, -1, 11, 600, 601, 1e9]) {
      expectError(await postVideo(gateway, { duration }), 'invalid_parameter', {
        param: 'duration',
        message: `sandbox-video does not support duration \`${duration}\`. Supported: 1 to 10.`,
      })
    }
  })

  it('of the wrong type is shown as it came', async () => {
    const told: [Record<string, unknown>, string, string][] = [
      [{ seed: 1.5 }, 'seed', '`seed` must be a whole number, not 1.5.'],
      [{ seed: '7' }, 'seed', '`seed` must be a whole number, not the string `7`.'],
      [{ prompt: 5 }, 'prompt', '`prompt` must be a string, not the number 5.'],
      [{ images: {} }, 'images', '`images` must be an array, not an object.'],
    ]
    for (const [change, param, message] of told) {
      expectError(await postImage(gateway, change), 'invalid_parameter', { param, message })
    }
  })

  it('one of eight that do not exist is named as that', async () => {
    const unknown = Object.fromEntries([...'nopqrstu'].map((name) => [name, 1]))
    expectError(await postImage(gateway, unknown), 'invalid_parameter', {
      param: 'n',
      message: /^There is no parameter `n` here\. Remove it, or use one of model, prompt, /,
    })
  })
})

describe('an error never holds half a character', () => {
  const foxes = '🦊'.repeat(300)
  const long: [string, Record<string, unknown>][] = [
    ['a long name', { [foxes]: 1 }],
    ['a long name that begins with one letter', { [`a${foxes}`]: 1 }],
    ['a long value', { aspect_ratio: foxes }],
    ['a long value that begins with one letter', { aspect_ratio: `a${foxes}` }],
    ['a long value of a list', { output_format: `a${foxes}` }],
    ['a long model', { model: `a${'🦊'.repeat(127)}` }],
  ]
  it.each(long)('%s is cut between characters', async (_what, change) => {
    const { body } = await postImage(gateway, change)
    expect(body.error.message).toContain('🦊')
    expect(JSON.stringify(body)).not.toMatch(/\\ud[89a-f]/)
  })

  it.each([
    '{"model":"sandbox-image","prompt":"a","\\udc00":1}',
    '{"model":"\\ud83e","prompt":"a"}',
    '{"model":"sandbox-image","prompt":"a","aspect_ratio":"\\udd8a\\ud83e"}',
    '{"model":"sandbox-image","prompt":"a [[\\ud83e]]"}',
    '{"model":"sandbox-image","prompt":"a","images":[{"url":"http://\\ud83e/"}]}',
  ])('half a one that came is not sent back: %s', async (body) => {
    const answer = await api(gateway, 'POST', path, { body })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toMatch(/\\ud[89a-f]/i)
  })
})

describe('a body that is not JSON', () => {
  it('is told where, and nothing of it is repeated, in no log either', async () => {
    const debug = `{"prompt":"secret-${'x'.repeat(10)}" "model":1}`
    const answer = await api(gateway, 'POST', path, { body: debug })
    expectError(answer, 'invalid_parameter', { message: /not valid JSON, at character 31/ })
    expect(gateway.log.join('\n')).not.toContain('secret-')
  })
})

describe('a body for an operation that has none', () => {
  it('is not looked at, whatever it is', async () => {
    const { body } = await postVideo(gateway, { prompt: 'a fox [[stall]]' })
    const answer = await api(gateway, 'POST', `/v2/videos/generations/${body.id}/cancel`, {
      body: '{not JSON',
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
    })
    expect([answer.status, answer.body.cancellation]).toEqual([200, 'cancelled'])
  })
})

describe('a body that is not declared as to its length', () => {
  it('is read as it comes, in pieces of any size', async () => {
    const text = JSON.stringify({ ...quote, images: [] })
    for (const size of [1, 10, 1000]) {
      expect((await postInPieces(text, size)).status).toBe(200)
    }
    expectError(await postInPieces('', 1), 'parameter_missing')
  })
})

function postInPieces(text: string, size: number): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const sending = request(`${gateway.baseURL}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.key}`,
        'content-type': 'application/json',
        'transfer-encoding': 'chunked',
      },
    })
    sending.on('error', reject)
    sending.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString()
        // Nothing that the gateway sends has a header twice.
        const headers = new Headers(response.headers as Record<string, string>)
        const status = response.statusCode ?? 0
        resolve({ status, headers, body: JSON.parse(answer), text: answer })
      })
    })
    for (let at = 0; at < text.length; at += size) sending.write(text.slice(at, at + size))
    sending.end()
  })
}
