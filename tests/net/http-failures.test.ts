import { createServer as createTlsServer } from 'node:tls'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { HttpAnswer } from '../../packages/server/src/net/http-client.ts'
import { freePort, plainAnswer, portOf, type Heard } from './support/lying-server.ts'
import { asking, lyingServer, noAnswer, openClient } from './support/with-client.ts'

const post = { method: 'POST', body: '{}' } as const

test('refused, unknown or not TLS: nothing was sent', async () => {
  const client = openClient()
  const refused = await noAnswer(
    client.request(asking(`http://127.0.0.1:${await freePort()}/`, post)),
  )
  expect([refused.sent, refused.message]).toEqual(['no', expect.stringContaining('ECONNREFUSED')])

  const unknown = await noAnswer(client.request(asking('http://nowhere.invalid/', post)))
  expect(unknown.sent).toBe('no')

  const plain = await lyingServer(({ socket }) => socket.write(plainAnswer('plain')))
  // It answers TLS's first message with bytes that are none of TLS.
  plain.url = plain.url.replace('http:', 'https:')
  const noTls = client.request(asking(plain.url, { ...post, timeoutMs: 5000 }))
  await expect.poll(() => plain.sockets.length).toBe(1)
  plain.sockets[0]?.write('HTTP/1.1 400 Bad Request\r\n\r\n')
  expect((await noAnswer(noTls)).sent).toBe('no')
  expect(plain.heard).toEqual([])

  // Without a certificate the handshake fails.
  const bare = createTlsServer()
  bare.on('tlsClientError', () => undefined)
  bare.listen(0, '127.0.0.1')
  await once(bare, 'listening')
  const url = `https://127.0.0.1:${portOf(bare)}/`
  expect((await noAnswer(client.request(asking(url, post)))).sent).toBe('no')
  bare.close()
})

test.each<[string, (heard: Heard) => void]>([
  ['a reset', ({ socket }) => socket.resetAndDestroy()],
  ['an end', ({ socket }) => socket.end()],
  [
    'half the headers, then a reset',
    ({ socket }) => halfHead(socket, () => socket.resetAndDestroy()),
  ],
  ['half the headers, then an end', ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-')],
  ['something that is not HTTP', ({ socket }) => socket.write('SSH-2.0-OpenSSH_9.9\r\n')],
  ['headers without end', ({ socket }) => endlessHead(socket)],
])('after the request was read, %s leaves open whether it was acted upon', async (_what, lie) => {
  const server = await lyingServer(lie)
  const failure = await noAnswer(openClient().request(asking(server.url, post)))
  expect(failure.sent).toBe('maybe')
  expect(server.heard).toHaveLength(1)
  expect(server.sockets).toHaveLength(1)
})

function halfHead(socket: Heard['socket'], then: () => void): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-', then)
}

function endlessHead(socket: Heard['socket']): void {
  socket.write(`HTTP/1.1 200 OK\r\n${`X-More: ${'x'.repeat(1000)}\r\n`.repeat(64)}`)
}

test('a connection that ends before it reads anything leaves it open, too', async () => {
  const server = await lyingServer(() => undefined)
  const answer = openClient().request(asking(server.url, { ...post, body: 'x'.repeat(50_000_000) }))
  await expect.poll(() => server.sockets.length).toBe(1)
  server.sockets[0]?.resetAndDestroy()
  expect((await noAnswer(answer)).sent).toBe('maybe')
})

test('silence ends at the time limit, before and after half the headers', async () => {
  const server = await lyingServer(({ socket, index }) => {
    if (index === 1) socket.write('HTTP/1.1 200 OK\r\nContent-')
  })
  const client = openClient()
  for (let count = 0; count < 2; count += 1) {
    const failure = await noAnswer(client.request(asking(server.url, { ...post, timeoutMs: 100 })))
    expect([failure.sent, failure.message]).toEqual(['maybe', 'no answer within 100 ms'])
  }
  expect(server.heard).toHaveLength(2)
})

test('the wait for a connection counts, and what never got one was not sent', async () => {
  const server = await lyingServer(() => undefined)
  const client = openClient({ connections: 1 })
  const leave = new AbortController()
  const first = client.request(asking(server.url, { ...post, signal: leave.signal }))
  const second = await noAnswer(client.request(asking(server.url, { ...post, timeoutMs: 100 })))
  expect(second.sent).toBe('no')
  leave.abort(new Error('enough'))
  await expect(first).rejects.toThrow('enough')
  expect(server.heard).toHaveLength(1)
})

test('a body of ours that fails before its first byte sends nothing, later it may have', async () => {
  const server = await lyingServer(() => undefined)
  const client = openClient()
  async function* failing(bytes: number) {
    for (let count = 0; count < bytes; count += 1) yield Buffer.from('x')
    throw new Error('the file is gone')
  }
  for (const [bytes, sent] of [
    [0, 'no'],
    [1, 'maybe'],
  ] as const) {
    const body = () => failing(bytes)
    const failure = await noAnswer(client.request(asking(server.url, { method: 'POST', body })))
    expect([failure.sent, failure.message]).toEqual([sent, 'the file is gone'])
  }
  expect(server.heard).toEqual([])
})

test.each<[string, string]>([
  ['less than its length', 'Content-Length: 100\r\n\r\nhalf'],
  [
    'less than its length, on a connection to be closed',
    'Connection: close\r\nContent-Length: 100\r\n\r\nhalf',
  ],
  ['chunks without an end', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ['half a chunk', 'Transfer-Encoding: chunked\r\n\r\n400\r\nhalf'],
])('a body with %s breaks off, and its status counts', async (_what, rest) => {
  const server = await lyingServer(({ socket }) => socket.end(`HTTP/1.1 200 OK\r\n${rest}`))
  const client = openClient()
  const answer = await client.request(asking(server.url))
  expect(answer.status).toBe(200)
  const { parts, error } = await readAll(answer)
  expect(parts).toBe('half')
  expect(error).toBeInstanceOf(Error)
  const again = await client.request(asking(server.url))
  expect(await again.text(1000)).toEqual({ text: 'half', isCut: true })
})

test('a body without a length ends with its connection, but not by a reset', async () => {
  const server = await lyingServer(({ socket }) => socket.write('HTTP/1.1 200 OK\r\n\r\nhalf'))
  const client = openClient()
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const reading = readAll(await client.request(asking(server.url)), () =>
      server.sockets.at(-1)?.[end](),
    )
    const { parts, error } = await reading
    expect(parts).toBe('half')
    expect(String(error)).toContain(end === 'end' ? 'undefined' : 'ECONNRESET')
  }
})

test.each<[string, (socket: Heard['socket']) => void]>([
  ['closed', (socket) => socket.end()],
  ['reset', (socket) => socket.resetAndDestroy()],
])('a connection that is %s while nobody reads its body harms nobody else', async (_how, end) => {
  const server = await lyingServer(({ socket, index }) => {
    if (index > 0) return socket.write(plainAnswer('as ever'))
    // The first part fills what is held for a consumer, so that the rest has to wait.
    socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${'x'.repeat(66_000)}`)
    return socket.write('y'.repeat(1000), () => end(socket))
  })
  const client = openClient()
  const unread = await client.request(asking(server.url))
  const [socket] = server.sockets
  await expect.poll(() => socket?.writableFinished === true || socket?.destroyed).toBe(true)
  // The client's end hears of it in one of the next turns.
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
  const { parts } = await readAll(unread)
  expect(parts.length).toBeGreaterThan(0)
  expect(await (await client.request(asking(server.url))).text(9)).toMatchObject({
    text: 'as ever',
  })
})

test('a body that falls silent ends, one that is merely slow does not', async () => {
  const server = await lyingServer(({ socket, index }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')
    let sent = 0
    const drip = () => {
      if (sent++ < (index === 0 ? 5 : 2)) socket.write('x', () => setTimeout(drip, 100))
    }
    drip()
  })
  const client = openClient()
  const read = async () => {
    const request = asking(server.url, { timeoutMs: 5000, idleMs: 400 })
    return readAll(await client.request(request))
  }
  expect(await read()).toEqual({ parts: 'xxxxx', error: undefined })
  const { parts, error } = await read()
  expect([parts, String(error)]).toEqual(['xx', 'Error: the body was silent for 400 ms'])
})

test('an endless body is cut, and its connection with it', async () => {
  const server = await lyingServer(({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const flood = () => {
      while (!socket.destroyed && socket.write('x'.repeat(100_000)));
    }
    socket.on('drain', flood)
    flood()
  })
  const client = openClient()
  const closed = async (count: number) => {
    await expect.poll(() => server.sockets[count - 1]?.destroyed).toBe(true)
  }
  const { text, isCut } = await (await client.request(asking(server.url))).text(1000)
  expect([text.length, isCut]).toEqual([1000, true])
  await closed(1)
  for await (const part of (await client.request(asking(server.url))).body()) {
    expect(part.length).toBeGreaterThan(0)
    break
  }
  await closed(2)
  const unwanted = await client.request(asking(server.url))
  unwanted.discard()
  await closed(3)
})

test('a signal ends the request, and the body, at once and with its own reason', async () => {
  const server = await lyingServer(({ socket, index }) => {
    if (index === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
  })
  const client = openClient()
  const early = new AbortController()
  early.abort(new Error('before'))
  const asked = (signal: AbortSignal) => client.request(asking(server.url, { ...post, signal }))
  await expect(asked(early.signal)).rejects.toThrow('before')

  const waiting = new AbortController()
  const unanswered = asked(waiting.signal)
  await expect.poll(() => server.heard.length).toBe(1)
  waiting.abort(new Error('while waiting'))
  await expect(unanswered).rejects.toThrow('while waiting')
  await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)

  const reading = new AbortController()
  const answer = await asked(reading.signal)
  const text = answer.text(1000)
  reading.abort(new Error('while reading'))
  await expect(text).rejects.toThrow('while reading')
  expect(server.heard).toHaveLength(2)
})

async function readAll(answer: HttpAnswer, onPart?: () => void) {
  const parts: Buffer[] = []
  let error: unknown
  try {
    for await (const part of answer.body()) {
      parts.push(Buffer.from(part))
      onPart?.()
    }
  } catch (thrown) {
    error = thrown
  }
  return { parts: Buffer.concat(parts).toString('latin1'), error }
}
