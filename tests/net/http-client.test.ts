import { expect, test } from 'vitest'
import { createAddressGuard } from '../../packages/server/src/net/address-guard.ts'
import { freePort, plainAnswer } from './support/lying-server.ts'
import { asking, lyingServer, noAnswer, openClient } from './support/with-client.ts'

const kilobytes = (count: number) => 'x'.repeat(count * 1024)

test('what is asked arrives as it was said, and the answer comes back', async () => {
  const server = await lyingServer(({ socket }) =>
    socket.write(plainAnswer('{"a":1}', '201 Created', ['X-Two: 1', 'X-Two: 2'])),
  )
  const answer = await openClient().request(
    asking(`${server.url}a/b?c=%20d`, {
      method: 'POST',
      headers: { Authorization: 'Key k', 'Accept-Encoding': 'gzip' },
      body: 'prompt=é',
    }),
  )
  expect(answer.status).toBe(201)
  expect(answer.headers['x-two']).toEqual(['1', '2'])
  expect(await answer.text(100)).toEqual({ text: '{"a":1}', isCut: false })
  const [heard] = server.heard
  expect(heard?.head).toMatch(/^POST \/a\/b\?c=%20d HTTP\/1\.1/)
  expect(heard?.head).toContain('user-agent: test/1')
  expect(heard?.head).toContain('authorization: Key k')
  expect(heard?.head.match(/accept-encoding: .*/g)).toEqual(['accept-encoding: identity'])
  expect(heard?.head).toContain('content-length: 9')
  expect(Buffer.from(heard?.body ?? '', 'latin1').toString()).toBe('prompt=é')
})

test('a streamed body goes out with its length where it is known, and in chunks elsewhere', async () => {
  const server = await lyingServer(({ socket }) => socket.write(plainAnswer('')))
  const client = openClient()
  async function* body() {
    yield Buffer.from('one')
    yield Buffer.from('two')
  }
  const send = { method: 'PUT', body } as const
  await (await client.request(asking(server.url, { ...send, bodyBytes: 6 }))).text(0)
  await (await client.request(asking(server.url, send))).text(0)
  expect(server.heard[0]?.head).toContain('content-length: 6')
  expect(server.heard[0]?.body).toBe('onetwo')
  expect(server.heard[1]?.head).toContain('transfer-encoding: chunked')
  expect(server.heard[1]?.body).toContain('two')
})

test('a redirect is an answer', async () => {
  const server = await lyingServer(({ socket }) =>
    socket.write(plainAnswer('', '302 Found', ['Location: /elsewhere'])),
  )
  const answer = await openClient().request(asking(server.url))
  expect([answer.status, answer.headers['location']]).toEqual([302, '/elsewhere'])
  expect(await answer.text(10)).toEqual({ text: '', isCut: false })
  expect(server.heard).toHaveLength(1)
})

test('1xx is not the answer', async () => {
  const server = await lyingServer(({ socket }) =>
    socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${plainAnswer('ok')}`),
  )
  const answer = await openClient().request(asking(server.url))
  expect([answer.status, (await answer.text(10)).text]).toEqual([200, 'ok'])
})

test('a text is cut at its limit, never inside a character', async () => {
  const server = await lyingServer(({ socket }) => socket.write(plainAnswer('aé€')))
  const client = openClient()
  const read = async (maxBytes: number) => (await client.request(asking(server.url))).text(maxBytes)
  expect(await read(6)).toEqual({ text: 'aé€', isCut: false })
  expect(await read(5)).toEqual({ text: 'aé', isCut: true })
  expect(await read(2)).toEqual({ text: 'a', isCut: true })
})

test('an encoded body, which was not asked for, is an error text', async () => {
  const server = await lyingServer(({ socket }) =>
    socket.write(plainAnswer('\u001f\u008b', '200 OK', ['Content-Encoding: GZIP'])),
  )
  const client = openClient()
  const { text, isCut } = await (await client.request(asking(server.url))).text(100)
  expect(text).toContain('encoding gzip')
  expect(isCut).toBe(true)
  const answer = await client.request(asking(server.url))
  expect(() => answer.body()).toThrow('encoding gzip')
})

test('a body may be read once', async () => {
  const server = await lyingServer(({ socket }) => socket.write(plainAnswer('once')))
  const answer = await openClient().request(asking(server.url))
  expect((await answer.text(10)).text).toBe('once')
  expect(() => answer.body()).toThrow('has been read')
})

test('a HEAD is answered without a body, whatever length its headers name', async () => {
  const server = await lyingServer(({ socket }) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n'),
  )
  const answer = await openClient().request(asking(server.url, { method: 'HEAD' }))
  expect(answer.headers['content-length']).toBe('5000')
  expect(await answer.text(10)).toEqual({ text: '', isCut: false })
})

test('a large body reaches a consumer who takes his time, and makes the sender wait', async () => {
  const total = 64 * 1024 * 1024
  const chunk = Buffer.from(kilobytes(64))
  let written = 0
  const server = await lyingServer(({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`)
    const fill = () => {
      while (written < total) {
        written += chunk.length
        if (!socket.write(chunk)) return
      }
    }
    socket.on('drain', fill)
    fill()
  })
  const answer = await openClient().request(asking(server.url))
  let read = 0
  let ahead = 0
  for await (const part of answer.body()) {
    read += part.length
    ahead = Math.max(ahead, written - read)
    // A turn of the event loop: the time in which the sender could run away.
    if (read % (1024 * 1024) < part.length) await new Promise(setImmediate)
  }
  expect(read).toBe(total)
  expect(ahead).toBeLessThan(total / 4)
})

test('with a guard, only an address that passed the check is connected to', async () => {
  const server = await lyingServer(({ socket }) => socket.write(plainAnswer('in')))
  const port = Number(new URL(server.url).port)
  const settings = { allowHosts: [], allowedPorts: [port], denyAddresses: [] }
  const asked: string[] = []
  const lookup = (hostname: string) => {
    asked.push(hostname)
    return Promise.resolve(['127.0.0.1'])
  }
  const url = `http://pictures.example:${port}/`
  const strict = openClient({ guard: createAddressGuard(settings), lookup })
  const forbidden = await noAnswer(strict.request(asking(url)))
  expect([forbidden.sent, forbidden.message]).toEqual(['no', 'the name resolves to 127.0.0.1'])
  for (const [address, why] of [
    [`http://127.0.0.1:${port}/`, 'the host is not'],
    ['http://metadata.internal/', 'the host is not'],
    [`http://pictures.example:${port + 1}/`, 'the port is not'],
    ['ftp://pictures.example/', 'neither http nor https'],
    ['http://user:secret@pictures.example/', 'a user name or a password'],
    ['nowhere', 'not a valid'],
  ] as const) {
    const refusal = await noAnswer(strict.request(asking(address)))
    expect([refusal.sent, refusal.message]).toEqual(['no', expect.stringContaining(why)])
  }
  // The control: an address that passes, for the same name.
  const classify = () => 'public' as const
  const lenient = openClient({ guard: createAddressGuard({ ...settings, classify }), lookup })
  const answer = await lenient.request(asking(url))
  expect(await answer.text(10)).toEqual({ text: 'in', isCut: false })
  expect(server.heard[0]?.head).toContain(`host: pictures.example:${port}`)
  expect(asked).toEqual(['pictures.example', 'pictures.example'])
})

test('a closed client sends nothing more', async () => {
  const client = openClient()
  await client.close()
  const { sent } = await noAnswer(client.request(asking(`http://127.0.0.1:${await freePort()}/`)))
  expect(sent).toBe('no')
})
