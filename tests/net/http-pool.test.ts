import { expect, test } from 'vitest'
import { NoAnswerError } from '../../packages/server/src/net/http-client.ts'
import { freePort, plainAnswer } from './support/lying-server.ts'
import { asking, lyingServer, noAnswer, openClient } from './support/with-client.ts'

const post = { method: 'POST', body: '{}' } as const

test('a connection serves one request after the other', async () => {
  const server = await lyingServer(({ socket, index }) => socket.write(plainAnswer(`${index}`)))
  const client = openClient({ connections: 1 })
  for (const expected of ['0', '1', '2']) {
    const answer = await client.request(asking(server.url, post))
    expect((await answer.text(10)).text).toBe(expected)
  }
  expect(server.sockets).toHaveLength(1)
})

test('a POST after the server closed the idle connection goes out once, on a new one', async () => {
  const server = await lyingServer(({ socket, index }) => socket.write(plainAnswer(`${index}`)))
  const client = openClient({ connections: 1 })
  for (const end of ['end', 'resetAndDestroy'] as const) {
    await (await client.request(asking(server.url, post))).text(10)
    const before = server.heard.length
    server.sockets.at(-1)?.[end]()
    // In the same turn: the client cannot have heard of it.
    const answer = await client.request(asking(server.url, post))
    expect(answer.status).toBe(200)
    expect((await answer.text(10)).text).toBe(`${before}`)
    expect(server.heard).toHaveLength(before + 1)
  }
})

test('a POST that met the closing server is never sent again, and owns up to it', async () => {
  // Every second request finds its connection closed in the moment in which it arrives.
  const server = await lyingServer(({ socket, index }) => {
    if (index % 2 === 0) socket.write(plainAnswer('first'))
    else if (index % 4 === 1) socket.resetAndDestroy()
    else socket.end()
  })
  const client = openClient({ connections: 1 })
  for (let round = 0; round < 100; round += 1) {
    await (await client.request(asking(server.url, post))).text(10)
    const failure = await noAnswer(client.request(asking(server.url, post)))
    expect(failure.sent).toBe('maybe')
    expect(server.heard).toHaveLength(2 * (round + 1))
    expect(server.sockets).toHaveLength(round + 1)
  }
})

test('bytes nobody asked for are not taken for the next answer', async () => {
  const server = await lyingServer(({ socket, index }) => {
    socket.write(plainAnswer(`${index}`) + (index === 0 ? plainAnswer('forged') : ''))
  })
  const client = openClient({ connections: 1 })
  expect((await (await client.request(asking(server.url, post))).text(10)).text).toBe('0')
  expect((await (await client.request(asking(server.url, post))).text(10)).text).toBe('1')
})

test('10,000 requests at once with one signal cause no warning of a leak', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error) => warnings.push(warning)
  process.on('warning', warned)
  const server = await lyingServer(({ socket }) => socket.write(plainAnswer('small')))
  const client = openClient({ connections: 50 })
  const { signal } = new AbortController()
  const one = async () => (await client.request(asking(server.url, { ...post, signal }))).text(10)
  const texts = await Promise.all(Array.from({ length: 10_000 }, one))
  expect(texts.every(({ text, isCut }) => text === 'small' && !isCut)).toBe(true)
  expect(server.heard).toHaveLength(10_000)
  expect(server.sockets.length).toBeLessThanOrEqual(50)
  await new Promise(setImmediate)
  process.off('warning', warned)
  expect(warnings).toEqual([])
})

test('a thousand requests to a port where nobody listens all fail, unsent', async () => {
  const url = `http://127.0.0.1:${await freePort()}/`
  const client = openClient({ connections: 4 })
  const failures = await Promise.all(
    Array.from({ length: 1000 }, () => noAnswer(client.request(asking(url, post)))),
  )
  expect(failures.every(({ sent }) => sent === 'no')).toBe(true)
  expect(failures.filter(({ message }) => message.includes('within'))).toEqual([])
})

test('what waits for a connection is not lost with the answers before it', async () => {
  const server = await lyingServer(({ socket, index }) =>
    index % 3 === 0 ? socket.destroy() : socket.write(plainAnswer('small')),
  )
  const client = openClient({ connections: 2 })
  const outcomes = await Promise.all(
    Array.from({ length: 300 }, () =>
      client.request(asking(server.url, post)).then(
        async (answer) => (await answer.text(10)).text,
        (error: unknown) => (error instanceof NoAnswerError ? error.sent : error),
      ),
    ),
  )
  expect(server.heard).toHaveLength(300)
  expect(outcomes.filter((outcome) => outcome === 'small')).toHaveLength(200)
  expect(outcomes.filter((outcome) => outcome === 'maybe')).toHaveLength(100)
})

test('closing ends what is under way, with what is known of it', async () => {
  const server = await lyingServer(() => undefined)
  const client = openClient({ connections: 1 })
  const running = noAnswer(client.request(asking(server.url, post)))
  const waiting = noAnswer(client.request(asking(server.url, post)))
  await expect.poll(() => server.heard.length).toBe(1)
  await client.close()
  expect((await running).sent).toBe('maybe')
  expect((await waiting).sent).toBe('no')
})
