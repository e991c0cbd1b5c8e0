/** What one connection carries: an error goes to the request that it is about, and to no other. */
import { connect, type Socket } from 'node:net'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { api, postImage } from '../support/api.ts'
import { recordingFetch } from '../support/traffic.ts'
import { sendRaw, type RawAnswer } from './support/raw.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const crlf = '\r\n'
const garbage = `garbage${crlf}${crlf}`

const post = (body: object, headers: string[] = []): string => {
  const text = JSON.stringify({ model: 'sandbox-image', ...body })
  const lines = [
    'POST /v2/images/generations HTTP/1.1',
    'Host: gateway',
    `Authorization: Bearer ${gateway.key}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...headers,
  ]
  return `${lines.join(crlf)}${crlf}${crlf}${text}`
}

/** A connection, and everything that came over it by the time it is closed. */
function open(): { socket: Socket; untilClosed: Promise<string> } {
  const { hostname, port } = new URL(gateway.baseURL)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')))
  socket.on('error', () => {})
  const untilClosed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  return { socket, untilClosed }
}

describe('garbage after a request that waits for its answer', () => {
  it('in the same packet takes nothing from the answer, which is the last one on the connection', async () => {
    const { socket, untilClosed } = open()
    socket.write(post({ prompt: 'a fox [[delay ms=700]] one' }) + garbage)
    const text = await untilClosed
    expect(statusesOf(text)).toEqual([200])
    expect(text).toMatch(/^connection: close$/im)
    expect(text).toContain('"status":"completed"')
  })

  it('in a packet of its own, once the request is accepted, does no more', async () => {
    const { socket, untilClosed } = open()
    socket.write(post({ prompt: 'a fox [[delay ms=1500]] two' }, ['Idempotency-Key: two']))
    const id = await untilPending()
    socket.write(garbage)
    socket.write('more of it')
    const text = await untilClosed
    expect(statusesOf(text)).toEqual([200])
    expect(text).toContain(id)
  })

  it('and after a second request, of which it is not known whether it was meant, closes after the first answer', async () => {
    const { socket, untilClosed } = open()
    const second = `GET /healthz HTTP/1.1${crlf}Host: gateway${crlf}${crlf}`
    socket.write(post({ prompt: 'a fox [[delay ms=500]] three' }) + second + garbage)
    expect(statusesOf(await untilClosed)).toEqual([200])
  })

  it('and a next request whose headers never end is not told to the first', async () => {
    const { socket, untilClosed } = open()
    socket.write(`${post({ prompt: 'a fox [[stall]]' })}GET / HTTP/1.1${crlf}X-Slow: `)
    const id = await untilPending()
    // The time for its headers is over before the stalled image is cancelled, twelve seconds later.
    await api(gateway, 'GET', `/v2/images/generations/${id}`, { headers: { prefer: 'wait=13' } })
    await api(gateway, 'POST', `/v2/images/generations/${id}/cancel`)
    const text = await untilClosed
    expect(statusesOf(text)).toEqual([500])
    expect(text).toContain('cancelled at your request')
  })

  it('leaves the gateway as it was', async () => {
    expect((await postImage(gateway)).status).toBe(200)
    expect(await gateway.inFlight()).toBe(0)
  })
})

describe('a body that is malformed', () => {
  it('is told to its own request, which was never accepted', async () => {
    const [answer] = await sendRaw(
      gateway.baseURL,
      post({ prompt: 'a fox' }).replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked'),
    )
    expect(answer?.status).toBe(400)
    expect(JSON.parse(answer?.body ?? '').error.code).toBe('invalid_parameter')
  })
})

describe('a connection that sends nothing', () => {
  it('is closed without a word', async () => {
    const { untilClosed } = open()
    expect(await untilClosed).toBe('')
  })
})

describe('HEAD', () => {
  let url: string
  beforeAll(async () => {
    url = (await postImage(gateway)).body.data[0].url
  })

  const targets = [
    ['/healthz', 200],
    ['/openapi.json', 200],
    ['/docs', 200],
    ['/v2/models', 200],
    ['/nowhere', 404],
    ['/v2/downloads/gen_0/0', 404],
    [`/v2/videos/generations/gen_${'0'.repeat(32)}`, 404],
    ['the download', 200],
  ] as const

  it.each(targets)(
    'of %s answers %i with the headers of GET and not a byte more',
    async (name, status) => {
      const { pathname, search } = new URL(url)
      const target = name === 'the download' ? `${pathname}${search}` : name
      const ask = (method: string) =>
        `${method} ${target} HTTP/1.1${crlf}Host: gateway${crlf}Authorization: Bearer ${gateway.key}${crlf}${crlf}`
      const { socket, untilClosed } = open()
      // What follows is read as an answer only if HEAD had no body.
      socket.write(ask('HEAD') + ask('HEAD').replace(crlf, `${crlf}Connection: close${crlf}`))
      const [first, second, rest] = (await untilClosed).split(`${crlf}${crlf}`)
      expect(rest).toBe('')
      expect(statusesOf(first ?? '')).toEqual([status])
      expect(statusesOf(second ?? '')).toEqual([status])
      const [got] = await sendRaw(gateway.baseURL, ask('GET'))
      expect(comparable(toHeaders(first ?? ''))).toEqual(comparable(got?.headers ?? {}))
      expect(Number(got?.headers['content-length'])).toBeGreaterThan(0)
    },
  )

  it('ignores a Range, which only GET has', async () => {
    const response = await recordingFetch(url, { method: 'HEAD', headers: { range: 'bytes=0-9' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-range')).toBeNull()
  })
})

/** The newest generation, once it is accepted and pending. */
async function untilPending(): Promise<string> {
  for (;;) {
    const { body } = await api(gateway, 'GET', '/v2/generations?limit=1&status=pending')
    const [newest] = body.data
    if (newest !== undefined) return newest.id
  }
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
}

function toHeaders(head: string): RawAnswer['headers'] {
  const [, ...lines] = head.split(crlf)
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
}

/** Headers without what differs from answer to answer by design. */
function comparable(headers: RawAnswer['headers']): RawAnswer['headers'] {
  const changing = ['date', 'x-request-id', 'cache-control']
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !changing.includes(name)))
}
