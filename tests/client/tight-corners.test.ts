import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Filmgate } from '../../packages/client/src/index.ts'
import { answer, completedBody, errorBody, type Script } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'
import { virtualClock, type VirtualClock } from './support/virtual-clock.ts'

const id = 'gen_1'
const params = { model: 'm', prompt: 'a fox' }
const pending = { id, status: 'pending' }
const film = 'abcdefghij'
const video = { 'Content-Type': 'video/mp4' }

/** A good status whose body is cut. */
function cut(socket: Socket, headers: string): void {
  socket.end(`HTTP/1.1 202 OK\r\nContent-Length: 100\r\nConnection: close\r\n${headers}\r\n{"id`)
}

/** Answers the POST by one script, and each read by the next of the others; the last one stays. */
function inTurn(post: Script, ...reads: Script[]): Script {
  let count = 0
  return (socket, request, all) => {
    const read = reads[Math.min(count, reads.length - 1)]
    if (request.line.startsWith('POST')) return post(socket, request, all)
    count += 1
    read?.(socket, request, all)
  }
}

const lostWithId: Script = (socket) => cut(socket, `X-Generation-Id: ${id}\r\n`)
const accepts: Script = (socket) => answer(socket, 202, pending)
const isPending: Script = (socket) => answer(socket, 200, pending)
const isUnknown: Script = (socket) => answer(socket, 404, errorBody('not_found'))
const isCompleted: Script = (socket) => answer(socket, 200, completedBody(id))

describe('an accepted generation is not lost', () => {
  test('by a server that does not know it yet, after its acceptance was cut off', async () => {
    const { client } = await scripted(inTurn(lostWithId, isUnknown, isUnknown, isCompleted))
    expect(await client.videos.generate(params)).toMatchObject({ id })
  })

  test('by JSON that names it and says no state', async () => {
    const { client } = await scripted(
      inTurn((socket) => answer(socket, 202, { id }), isPending, isCompleted),
    )
    expect(await client.videos.generate(params)).toMatchObject({ id })
  })
})

test('an empty X-Generation-Id is none', async () => {
  const { client } = await scripted((socket) => cut(socket, 'X-Generation-Id:\r\n'))
  const error = await caught(client.videos.generate(params))
  expect(error).toMatchObject({ code: 'connection_error', retryable: false })
  expect(error.message).toContain(error.idempotencyKey)
})

test('the error of a generation that failed names the key that submitted it', async () => {
  const failed = { id, status: 'failed', ...(errorBody('server_error') as object) }
  const { client } = await scripted(inTurn(accepts, (socket) => answer(socket, 200, failed)))
  const options = { idempotencyKey: 'order-1' }
  const error = await caught(client.videos.generate(params, options))
  expect(error).toMatchObject({ code: 'server_error', idempotencyKey: 'order-1' })
})

// Timers of Node run in whole milliseconds, and one may come a part of a millisecond early.
test('the time of the call is over when its timer says so', async () => {
  const { server } = await scripted(
    (socket) => void socket.write('HTTP/1.1 202 OK\r\nContent-Length: 100\r\n\r\n{"id'),
  )
  const clock = virtualClock()
  let limits = 0
  const early: VirtualClock = {
    ...clock,
    after(ms, callback, kind) {
      limits += 1
      // The third is that of the body, after those of the key and the headers.
      if (limits === 3) setImmediate(() => clock.runOut())
      return clock.after(kind === 'limit' ? ms - 0.5 : ms, callback, kind)
    },
  }
  const client = new Filmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL }, early)
  const error = await caught(client.videos.generate(params, { timeout: 10_000 }))
  expect([error.status, error.code]).toEqual([202, 'timeout'])
})

test('nothing is asked once the time of the call is over', async () => {
  const clock = virtualClock()
  const { server } = await scripted((socket) => {
    const head = `HTTP/1.1 202 OK\r\nX-Generation-Id: ${id}\r\nContent-Length: 100\r\n\r\n`
    socket.write(`${head}{"id`)
  })
  // Counted where they begin: one that is given up at once may never reach the server.
  let begun = 0
  const watched: typeof fetch = async (...request) => {
    begun += 1
    const response = await fetch(...request)
    setImmediate(() => clock.runOut())
    return response
  }
  const options = { apiKey: 'sk_test_x', baseURL: server.baseURL, fetch: watched }
  const client = new Filmgate(options, clock)
  const error = await caught(client.videos.generate(params, { timeout: 10_000 }))
  expect([error.code, begun]).toEqual(['wait_interrupted', 1])
})

describe('reads that were answered are at least half a second apart', () => {
  test('at the end of the time', async () => {
    const { client, clock } = await scripted(
      inTurn(accepts, (socket) => answer(socket, 200, pending, { 'Retry-After-Ms': '100' })),
    )
    await caught(client.videos.generate(params, { timeout: 5_000 }))
    expect(Math.min(...clock.waits)).toBeGreaterThanOrEqual(500)
  })

  test('after an acceptance that was cut off', async () => {
    const { client, clock } = await scripted(inTurn(lostWithId, isPending, isPending, isCompleted))
    await client.videos.generate(params)
    expect(clock.waits).toHaveLength(2)
  })

  test('in generations.wait', async () => {
    const { client, clock } = await scripted(inTurn(accepts, isPending, isCompleted))
    await client.generations.wait(id, { type: 'video' })
    expect(clock.waits).toHaveLength(1)
  })
})

test.each(['0', '0.001'])('Retry-After: %s is no leave to hammer the server', async (wait) => {
  const abort = new AbortController()
  const { client, lines } = await scripted(
    inTurn(accepts, (socket, _request, count) => {
      // Two minutes of waiting ever longer are 35 requests.
      if (count > 60) abort.abort()
      answer(socket, 500, errorBody('server_error'), { 'Retry-After': wait })
    }),
  )
  await caught(client.videos.generate(params, { signal: abort.signal }))
  expect(lines().length).toBeLessThan(60)
})

describe('what was downloaded is the whole file, or nothing', () => {
  // Node 20's fetch takes a cut for the end when the connection was to be closed anyway.
  const halfThenCut: Script = (socket) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nETag: "a"\r\nConnection: close\r\n`
    const begun = `${head}Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n`
    socket.write(begun, () => setImmediate(() => socket.destroy()))
  }

  test.each([
    ['the same, by a server without ranges', '"a"', film],
    ['another one in the meantime', '"b"', film.toUpperCase()],
  ])('when the file is %s', async (_, ETag, text) => {
    const { client, server } = await scripted((socket, request, count) =>
      count === 1
        ? halfThenCut(socket, request, count)
        : answer(socket, 200, text, { ...video, ETag }),
    )
    const outcome = await client.download(server.baseURL).then((blob) => blob.text(), String)
    expect(outcome).not.toBe('abcd')
  })

  test('when the server sends less of the rest than it was asked for', async () => {
    const { client, server } = await scripted((socket, request, count) => {
      if (count === 1) return halfThenCut(socket, request, count)
      const from = Number(/bytes=(\d+)-/.exec(request.headers.get('range') ?? '')?.[1] ?? 0)
      if (from >= film.length) return answer(socket, 416, '', { 'Content-Range': 'bytes */10' })
      const range = { 'Content-Range': `bytes ${from}-${from + 1}/*` }
      answer(socket, 206, film.slice(from, from + 2), { ...video, ETag: '"a"', ...range })
    })
    const outcome = await client.download(server.baseURL).then((blob) => blob.text(), String)
    expect(outcome).not.toBe('abcdef')
  })

  test('when the server says that there is no content', async () => {
    const { client, server } = await scripted((socket) =>
      socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'),
    )
    expect((await caught(client.download(server.baseURL))).code).toBe('connection_error')
  })
})

test('a stream that is closed already is told of before anything is fetched', async () => {
  const { client, server } = await scripted((socket) => answer(socket, 200, film, video))
  const stream = new WritableStream<Uint8Array>()
  await stream.close()
  const error = await caught(client.download(server.baseURL, stream))
  expect([error.message.includes('bug in Node.js'), server.requests.length]).toEqual([false, 0])
})

test('more calls than ten may share a signal, and nobody is warned of a leak', async () => {
  const warnings: string[] = []
  const note = ({ name }: Error): void => void warnings.push(name)
  process.on('warning', note)
  const { client } = await scripted((socket) => answer(socket, 200, []))
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 12 }, () => client.models.list({}, { signal })))
  process.off('warning', note)
  expect(warnings).toEqual([])
})
