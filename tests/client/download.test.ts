import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Filmgate, type DownloadProgress } from '../../packages/client/src/index.ts'
import { answer, errorBody, type Script } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'

const film = 'abcdefghij'.repeat(2_000)
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filmgate-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** Sends the first bytes of an answer that promises all, and breaks the connection. */
function breakOff(socket: Socket, bytes: number, headers = ''): void {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: ${film.length}\r\n${headers}\r\n`
  socket.write(head + film.slice(0, bytes), () => setImmediate(() => socket.destroy()))
}

const etag = '"v1"'
const video = { 'Content-Type': 'video/mp4' }

test('a broken transfer goes on where it stopped, and the file appears whole', async () => {
  const { server, client } = await scripted((socket, { headers }, count) => {
    if (count === 1) return breakOff(socket, 12_000, `ETag: ${etag}\r\n`)
    const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1])
    answer(socket, 206, film.slice(from), {
      ...video,
      ETag: etag,
      'Content-Range': `bytes ${from}-${film.length - 1}/${film.length}`,
    })
  })
  const path = join(folder, 'fox.mp4')
  await writeFile(path, 'an older film')
  const saved = await client.download(server.baseURL, path)
  expect(saved).toEqual({ bytes: film.length, mimeType: 'video/mp4', path })
  expect(await readFile(path, 'utf8')).toBe(film)
  expect(await readdir(folder)).toEqual(['fox.mp4'])
  expect(server.requests[1]?.headers.get('if-range')).toBe(etag)
})

test('a server without ranges sends again what is skipped', async () => {
  const { server, client } = await scripted((socket, _request, count) =>
    count === 1 ? breakOff(socket, 12_000) : answer(socket, 200, film, video),
  )
  expect(await (await client.download(server.baseURL)).text()).toBe(film)
})

test('parts of two different files are never joined: a file starts again', async () => {
  const { server, client } = await scripted((socket, _request, count) =>
    count === 1 ? breakOff(socket, 12_000) : answer(socket, 200, 'another film', video),
  )
  const path = join(folder, 'fox.mp4')
  await client.download(server.baseURL, path)
  expect(await readFile(path, 'utf8')).toBe('another film')
  expect(await readdir(folder)).toEqual(['fox.mp4'])
})

test('parts of two different files are never joined: what a stream was given cannot be taken back', async () => {
  const { server, client } = await scripted((socket, _request, count) =>
    count === 1 ? breakOff(socket, 12_000) : answer(socket, 200, film, video),
  )
  let bytes = 0
  const counter = new WritableStream<Uint8Array>({ write: (chunk) => void (bytes += chunk.length) })
  await expect(client.download(server.baseURL, counter)).rejects.toMatchObject({
    code: 'connection_error',
    message: 'The download broke off, and cannot be continued.',
  })
  expect(bytes).toBe(12_000)
})

test('an expired link is not_found, asked for once', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 404, errorBody('not_found')))
  const error = await caught(client.download(server.baseURL))
  expect(error).toMatchObject({ code: 'not_found', attempts: 1 })
  expect(server.requests).toHaveLength(1)
})

test('a stream that fails is the caller, told as it is and not retried', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const full = new WritableStream<Uint8Array>({
    write: () => {
      throw new Error('disk full')
    },
  })
  await expect(client.download(server.baseURL, full)).rejects.toThrow('disk full')
  expect(server.requests).toHaveLength(1)
})

test('a folder that does not exist is told before anything is fetched', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const path = join(folder, 'none', 'fox.mp4')
  await expect(client.download(server.baseURL, path)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(server.requests).toHaveLength(0)
})

test('an abort in the middle leaves no half file', async () => {
  const abort = new AbortController()
  const { server, client } = await scripted((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${film.length}\r\n\r\nabc`, () =>
      setImmediate(() => abort.abort()),
    )
  })
  const path = join(folder, 'fox.mp4')
  const download = client.download(server.baseURL, path, { signal: abort.signal })
  await expect(download).rejects.toMatchObject({ code: 'aborted' })
  expect(await readdir(folder)).toEqual([])
})

/** A target that never takes a byte. */
const stuck = (): WritableStream<Uint8Array> =>
  new WritableStream({ write: () => new Promise(() => {}) })

test('an abort while the target is slow ends the download', async () => {
  const abort = new AbortController()
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const target = new WritableStream<Uint8Array>({
    write() {
      abort.abort(new Error('the user left'))
      return new Promise(() => {})
    },
  })
  const { signal } = abort
  const error = await caught(client.download(server.baseURL, target, { signal }))
  expect(error).toMatchObject({ code: 'aborted', cause: new Error('the user left') })
})

test('an abort while the target is written to is not lost, though the write succeeds', async () => {
  const abort = new AbortController()
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const target = new WritableStream<Uint8Array>({ write: () => abort.abort() })
  const { signal } = abort
  expect(await caught(client.download(server.baseURL, target, { signal }))).toMatchObject({
    code: 'aborted',
  })
})

test('a target that is stuck ends with the time of the call', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const error = await caught(client.download(server.baseURL, stuck(), { timeout: 100 }))
  expect(error).toMatchObject({ code: 'timeout' })
})

test('a target that closes for ever ends with the time of the call', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const target = new WritableStream<Uint8Array>({ close: () => new Promise(() => {}) })
  const error = await caught(client.download(server.baseURL, target, { timeout: 100 }))
  expect(error).toMatchObject({ code: 'timeout' })
})

test('targets that fail leave no connection open', async () => {
  const closed: Promise<unknown>[] = []
  const server = createServer((socket) => {
    closed.push(new Promise((resolve) => socket.on('close', resolve)))
    // A peer that goes away is what this is about.
    socket.on('error', () => {})
    // More than fits into any buffer on the way, and no end.
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n')
    const more = (): void => void (socket.writable && socket.write(film, more))
    more()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const client = new Filmgate({ apiKey: 'sk_test_x', baseURL: url })
  const failing = (): WritableStream<Uint8Array> =>
    new WritableStream({
      write() {
        throw new Error('disk full')
      },
    })
  await Promise.all(
    Array.from({ length: 20 }, () =>
      expect(client.download(url, failing())).rejects.toThrow('disk full'),
    ),
  )
  expect(closed.length).toBeGreaterThan(0)
  await Promise.all(closed)
  await new Promise((resolve) => server.close(resolve))
})

test('a part that ends early without a length is not whole', async () => {
  const part = (from: number, to: number, total: number | '*') => ({
    ...video,
    ETag: etag,
    'Content-Range': `bytes ${from}-${to}/${total}`,
    'Content-Length': undefined,
  })
  const { server, client } = await scripted((socket, { headers }, count) => {
    if (count === 1) return breakOff(socket, 12_000, `ETag: ${etag}\r\n`)
    const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1])
    // Ends in order, as far as HTTP can tell, 3,000 bytes on.
    answer(socket, 206, film.slice(from, from + 3_000), part(from, film.length - 1, film.length))
  })
  expect(await (await client.download(server.baseURL)).text()).toBe(film)
  expect(server.requests.map(({ headers }) => headers.get('range'))).toEqual([
    undefined,
    'bytes=12000-',
    'bytes=15000-',
    'bytes=18000-',
  ])
})

test('a part that does not say of what is no file', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 206, film.slice(5), video))
  expect(await caught(client.download(server.baseURL))).toMatchObject({ code: 'connection_error' })
})

test('a chunked transfer that was cut starts again', async () => {
  const { server, client } = await scripted((socket, _request, count) => {
    const chunk = `${film.length.toString(16)}\r\n${film}\r\n`
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    )
    if (count === 1) setImmediate(() => socket.destroy())
    else socket.end('0\r\n\r\n')
  })
  const path = join(folder, 'fox.mp4')
  await client.download(server.baseURL, path)
  expect(await readFile(path, 'utf8')).toBe(film)
})

test.each([
  ['no ETag', undefined, undefined],
  ['a weak ETag', 'W/"v1"', 'W/"v1"'],
  ['another ETag', etag, '"v2"'],
])('with %s no range is joined: the file starts again', async (_, first, second) => {
  const other = film.toUpperCase()
  const { server, client } = await scripted((socket, { headers }, count) => {
    if (count === 1) return breakOff(socket, 12_000, first ? `ETag: ${first}\r\n` : '')
    const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1] ?? 0)
    if (from === 0) return answer(socket, 200, other, { ...video, ETag: second })
    // A server that ignores If-Range and sends the rest of another file.
    answer(socket, 206, other.slice(from), {
      ...video,
      ETag: second,
      'Content-Range': `bytes ${from}-${film.length - 1}/${film.length}`,
    })
  })
  const path = join(folder, 'fox.mp4')
  await client.download(server.baseURL, path)
  expect(await readFile(path, 'utf8')).toBe(other)
})

test('a cut between the last byte and the mark of the end has lost nothing', async () => {
  const { server, client } = await scripted((socket, _request, count) => {
    if (count > 1) {
      const range = `bytes */${film.length}`
      return answer(socket, 416, '', { 'Content-Range': range, ETag: etag })
    }
    const head = `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nETag: ${etag}\r\n`
    const chunk = `${film.length.toString(16)}\r\n${film}\r\n`
    socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`)
  })
  const path = join(folder, 'fox.mp4')
  await client.download(server.baseURL, path)
  expect(await readFile(path, 'utf8')).toBe(film)
  const chunks: Uint8Array[] = []
  const stream = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) })
  server.requests.length = 0
  await client.download(server.baseURL, stream)
  expect(Buffer.concat(chunks).toString()).toBe(film)
  expect(server.requests).toHaveLength(2)
})

describe('after a cut, a server that says 416 does not make half a file whole', () => {
  const half = film.slice(0, 8_000)
  const chunk = `${half.length.toString(16)}\r\n${half}\r\n`
  test.each([
    ['a length was told', `Content-Length: ${film.length}\r\n\r\n${half}`, etag],
    ['the file has become another', `Transfer-Encoding: chunked\r\n\r\n${chunk}`, '"v2"'],
    ['nothing tells which file it is', `Transfer-Encoding: chunked\r\n\r\n${chunk}`, undefined],
  ])('where %s', async (_, rest, found) => {
    const { server, client } = await scripted((socket, { headers }) => {
      const head = 'HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n'
      if (!headers.has('range')) return void socket.end(`${head}ETag: ${etag}\r\n${rest}`)
      const range = `bytes */${half.length}`
      answer(socket, 416, '', { 'Content-Range': range, ETag: found })
    })
    const path = join(folder, 'fox.mp4')
    expect(await caught(client.download(server.baseURL, path))).toMatchObject({
      code: 'connection_error',
    })
    expect(await readdir(folder)).toEqual([])
  })
})

test('a server that goes for a while in the middle of a long file is waited for', async () => {
  const long = 'x'.repeat(4 * 2 ** 20)
  const { server, client } = await scripted((socket, { line }) => {
    if (line.includes('models')) return answer(socket, 200, [])
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: ${long.length * 2}\r\nETag: ${etag}\r\n\r\n`,
    )
    socket.write(long, () => setImmediate(() => void server.close()))
  })
  await client.models.list()
  const error = await caught(client.download(server.baseURL, join(folder, 'fox.mp4')))
  expect(error.attempts).toBeGreaterThan(3)
})

test('a file of the API itself, which was reached, is waited for as long as the API is', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, []))
  await client.models.list()
  await server.close()
  const url = `${server.baseURL}/v2/downloads/gen_1/0`
  expect((await caught(client.download(url))).attempts).toBeGreaterThan(3)
})

test('an empty file is none, whatever the server says of its end', async () => {
  const { server, client } = await scripted((socket) =>
    answer(socket, 416, '', { 'Content-Range': 'bytes */0' }),
  )
  expect(await caught(client.download(server.baseURL))).toMatchObject({ status: 416 })
})

test('a server that goes after it has sent half of a file may come back', async () => {
  const { server, client } = await scripted((socket) => {
    breakOff(socket, 12_000, `ETag: ${etag}\r\n`)
    void server.close()
  })
  const error = await caught(client.download(server.baseURL))
  expect(error.attempts).toBeGreaterThan(3)
})

test('a file that became shorter in between starts again', async () => {
  const { server, client } = await scripted((socket, { headers }, count) => {
    if (count === 1) return breakOff(socket, 12_000, `ETag: ${etag}\r\n`)
    if (headers.has('range')) return answer(socket, 416, '')
    answer(socket, 200, 'short', video)
  })
  expect(await (await client.download(server.baseURL)).text()).toBe('short')
})

test('a long download over a poor line may break more often than retries allow', async () => {
  const long = 'x'.repeat(12 * 2 ** 20)
  const { server, client } = await scripted((socket, { headers }) => {
    const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1] ?? 0)
    const range = `Content-Range: bytes ${from}-${long.length - 1}/${long.length}\r\n`
    const head = `HTTP/1.1 206 Part\r\nContent-Type: video/mp4\r\nETag: ${etag}\r\nContent-Length: ${long.length - from}\r\n${range}\r\n`
    socket.end(head + long.slice(from, from + 1.2 * 2 ** 20))
  })
  const blob = await client.download(server.baseURL, undefined, { maxRetries: 1 })
  expect(blob.size).toBe(long.length)
  expect(server.requests.length).toBeGreaterThan(8)
})

test.each<[string, string, string | { url: string; mime_type: string }]>([
  ['a login page', 'text/html; charset=utf-8', 'link'],
  ['an error in JSON', 'application/json', 'link'],
  ['a page instead of a picture', 'text/html', { url: '', mime_type: 'image/jpeg' }],
  ['a film instead of a picture', 'video/mp4', { url: '', mime_type: 'image/jpeg' }],
])('%s does not become a file', async (_, type, source) => {
  const { server, client } = await scripted((socket) =>
    answer(socket, 200, '<html>Log in', { 'Content-Type': type }),
  )
  const path = join(folder, 'fox.mp4')
  const asked = typeof source === 'string' ? server.baseURL : { ...source, url: server.baseURL }
  const error = await caught(client.download(asked, path))
  expect(error).toMatchObject({ code: 'connection_error', status: 200, attempts: 1 })
  expect(error.message).toMatch(/^The link does not lead to a file.*, but to /)
  expect(await readdir(folder)).toEqual([])
  // Who wants it all the same says so.
  const blob = await client.download(asked, undefined, { type: 'any' })
  expect(await blob.text()).toBe('<html>Log in')
})

test.each(['application/octet-stream', 'binary/octet-stream', 'IMAGE/JPEG', undefined])(
  'a picture that comes as %s is taken',
  async (type) => {
    const { server, client } = await scripted((socket) =>
      answer(socket, 200, 'picture', { 'Content-Type': type }),
    )
    const output = { url: server.baseURL, mime_type: 'image/jpeg' }
    expect(await (await client.download(output)).text()).toBe('picture')
  },
)

test('progress is told as the bytes come, and the whole where it is known', async () => {
  const news: DownloadProgress[] = []
  const { server, client } = await scripted((socket, _request, count) =>
    count === 1
      ? breakOff(socket, 12_000, `ETag: ${etag}\r\n`)
      : answer(socket, 200, film, { ...video, ETag: etag }),
  )
  const onProgress = (progress: DownloadProgress): void => void news.push(progress)
  await client.download(server.baseURL, undefined, { onProgress })
  expect(news[0]).toEqual({ bytes: expect.any(Number), totalBytes: film.length })
  expect(news.at(-1)).toEqual({ bytes: film.length, totalBytes: film.length })
  const counts = news.map(({ bytes }) => bytes)
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
})

test('a Response to pass on goes on where the transfer broke', async () => {
  const { server, client } = await scripted((socket, _request, count) =>
    count === 1
      ? breakOff(socket, 12_000, `ETag: ${etag}\r\n`)
      : answer(socket, 200, film, { ...video, ETag: etag }),
  )
  const response = await client.downloadResponse(server.baseURL)
  expect(response.headers.get('content-type')).toBe('video/mp4')
  expect(response.headers.get('content-length')).toBe(String(film.length))
  expect(await response.text()).toBe(film)
})

test('a Response that cannot be opened rejects, and one that breaks for good fails its reader', async () => {
  const { server, client } = await scripted((socket, { line }) =>
    line.includes('/gone') ? answer(socket, 404, errorBody('not_found')) : breakOff(socket, 12_000),
  )
  expect(await caught(client.downloadResponse(`${server.baseURL}/gone`))).toMatchObject({
    code: 'not_found',
  })
  const response = await client.downloadResponse(server.baseURL)
  expect(await caught(response.text())).toMatchObject({ code: 'connection_error' })
})

test('who stops reading a Response ends the transfer', async () => {
  let hungUp = (): void => {}
  const closed = new Promise<void>((resolve) => {
    hungUp = resolve
  })
  const { server, client } = await scripted((socket) => {
    socket.on('close', hungUp)
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n')
    const more = (): void => void (socket.writable && socket.write(film, more))
    more()
  })
  const { body } = await client.downloadResponse(server.baseURL)
  await body?.cancel()
  await closed
})

describe('a file of unknown length, whose end may be a cut', () => {
  /** Chunks, and the end of the connection in the place of the last one, which some runtimes take for it. */
  const half = (socket: Socket, text: string): void => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nETag: ${etag}\r\nConnection: close\r\n`
    socket.end(`${head}\r\n${text}`)
  }

  test.each<[string, Script]>([
    [
      'is sent again whole and longer',
      (socket) => answer(socket, 200, film, { ...video, ETag: etag }),
    ],
    ['has become another', (socket) => answer(socket, 200, film, { ...video, ETag: '"v2"' })],
    [
      'goes on',
      (socket, { headers }) => {
        const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1] ?? 0)
        answer(socket, 206, film.slice(from), {
          ...video,
          ETag: etag,
          'Content-Range': `bytes ${from}-${film.length - 1}/${film.length}`,
        })
      },
    ],
  ])('is asked about: %s', async (_, script) => {
    const { server, client } = await scripted((socket, request, count) =>
      count === 1 ? half(socket, film.slice(0, 8_000)) : script(socket, request, count),
    )
    expect(await (await client.download(server.baseURL)).text()).toBe(film)
  })

  test('that is named, sent on and cut again is not whole before all of it came', async () => {
    const { server, client } = await scripted((socket, { headers }, count) => {
      if (count === 1) return half(socket, film.slice(0, 8_000))
      const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1] ?? 0)
      const to = count === 2 ? from + 1_000 : undefined
      answer(socket, 206, film.slice(from, to), {
        ...video,
        ETag: etag,
        'Content-Range': `bytes ${from}-${film.length - 1}/${film.length}`,
        'Content-Length': undefined,
      })
    })
    expect(await (await client.download(server.baseURL)).text()).toBe(film)
  })

  test('is whole where the server answers 416 to what comes after', async () => {
    const { server, client } = await scripted((socket, _request, count) =>
      count === 1 ? half(socket, film) : answer(socket, 416, ''),
    )
    expect(await (await client.download(server.baseURL)).text()).toBe(film)
    expect(server.requests).toHaveLength(2)
  })

  test('is whole where 416 has an ETag of its own, that of its page', async () => {
    const { server, client } = await scripted((socket, _request, count) =>
      count === 1
        ? half(socket, film)
        : answer(socket, 416, 'no', { ETag: '"page"', 'Content-Range': `bytes */${film.length}` }),
    )
    expect(await (await client.download(server.baseURL)).text()).toBe(film)
    expect(server.requests).toHaveLength(2)
  })

  test('is not taken for whole where the server answers that it is longer', async () => {
    const { server, client } = await scripted((socket, _request, count) => {
      if (count === 1) return half(socket, film.slice(0, 8_000))
      if (count > 2) return answer(socket, 200, film, { ...video, ETag: etag })
      answer(socket, 416, '', { 'Content-Range': `bytes */${film.length}` })
    })
    expect(await (await client.download(server.baseURL)).text()).toBe(film)
  })

  test.each([401, 403, 404])('is not taken for whole where the answer is %i', async (status) => {
    for (const length of ['0', undefined]) {
      const { server, client } = await scripted((socket, _request, count) =>
        count === 1
          ? half(socket, film.slice(0, 8_000))
          : answer(socket, status, '', { 'Content-Length': length }),
      )
      expect(await caught(client.download(server.baseURL))).toMatchObject({ status })
    }
  })

  test('is not taken for whole where the server has another of the same length', async () => {
    const other = film.toUpperCase()
    const { server, client } = await scripted((socket, _request, count) =>
      count === 1 ? half(socket, film) : answer(socket, 200, other, { ...video, ETag: '"v2"' }),
    )
    expect(await (await client.download(server.baseURL)).text()).toBe(other)
  })

  test.each([408, 429, 503])('is asked about again where the answer is %i', async (status) => {
    const { server, client } = await scripted((socket, _request, count) => {
      if (count === 1) return half(socket, film.slice(0, 8_000))
      answer(socket, count === 2 ? status : 200, count === 2 ? '' : film, { ...video, ETag: etag })
    })
    expect(await (await client.download(server.baseURL)).text()).toBe(film)
  })

  test('is read once more where it is sent again without its length', async () => {
    const { server, client } = await scripted((socket, _request, count) =>
      half(socket, count === 1 ? film.slice(0, 8_000) : film),
    )
    expect(await (await client.download(server.baseURL)).text()).toBe(film)
    expect(server.requests.length).toBeLessThan(5)
  })

  test('that always has one byte more is asked for it with pauses, and not for ever', async () => {
    const { server, client } = await scripted((socket, { headers }) => {
      const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1] ?? 0)
      const part = { ETag: etag, 'Content-Range': `bytes ${from}-${from}/*` }
      answer(socket, from ? 206 : 200, 'x', {
        ...video,
        ...(from ? part : { ETag: etag }),
        'Content-Length': undefined,
      })
    })
    expect(await caught(client.download(server.baseURL))).toMatchObject({
      code: 'connection_error',
    })
    expect(server.requests.length).toBeLessThan(20)
  })

  test('of which a part comes that nobody asked for is not whole', async () => {
    const { server, client } = await scripted((socket) =>
      answer(socket, 206, film.slice(0, 100), { ...video, 'Content-Range': 'bytes 0-99/*' }),
    )
    expect(await caught(client.download(server.baseURL))).toMatchObject({ retryable: false })
  })

  test('ends, though the server sends nothing after the end for ever', async () => {
    const { server, client } = await scripted((socket, _request, count) =>
      count === 1
        ? half(socket, film)
        : answer(socket, 206, '', {
            ...video,
            ETag: etag,
            'Content-Range': `bytes ${film.length}-${film.length - 1}/*`,
          }),
    )
    expect(await (await client.download(server.baseURL)).text()).toBe(film)
    expect(server.requests.length).toBeLessThan(4)
  })
})

test.each<[string, Script]>([
  ['no byte', (socket) => answer(socket, 200, '', video)],
  ['no content', (socket) => void socket.end('HTTP/1.1 204 None\r\n\r\n')],
])('%s is no film, and replaces none', async (_, script) => {
  const { server, client } = await scripted(script)
  const path = join(folder, 'fox.mp4')
  await writeFile(path, 'an older film')
  expect(await caught(client.download(server.baseURL, path))).toMatchObject({
    code: 'connection_error',
  })
  expect(await readFile(path, 'utf8')).toBe('an older film')
})

test('a packed answer cannot be proven whole, and is refused', async () => {
  const { server, client } = await scripted((socket) =>
    answer(socket, 200, 'x', { ...video, 'Content-Encoding': 'gzip' }),
  )
  const error = await caught(client.download(server.baseURL))
  expect(error.message).toContain('comes packed')
  expect(server.requests[0]?.headers.get('accept-encoding')).toBe('identity')
})

test.each([
  ['without a type', undefined, undefined],
  ['of no known type', 'application/octet-stream', undefined],
  ['for which the server says anything goes', undefined, 'any/thing'],
  ['of problem+json', 'application/problem+json', undefined],
])('a page %s does not become a file', async (_, type, mime_type) => {
  const { server, client } = await scripted((socket) =>
    answer(socket, 200, '\n <!doctype html>Log in', { 'Content-Type': type }),
  )
  const source = mime_type ? { url: server.baseURL, mime_type } : server.baseURL
  expect(await caught(client.download(source))).toMatchObject({ code: 'connection_error' })
})

test.each([
  ['behind a byte order mark', ['\ufeff<!doctype html>Log in']],
  ['behind a line that comes first', ['\n', '<!doctype html>Log in']],
  ['behind many blanks', [' '.repeat(3_000), ' <!doctype html>Log in']],
  ['of JSON', ['{"error":{"code":"not_found"}}']],
])('a page %s does not become a film', async (_, parts) => {
  // One after the other, so that each is a piece of its own.
  const fetch = async (): Promise<Response> =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
          controller.close()
        },
      }),
    )
  const { server, client } = await scripted(() => {}, { fetch })
  const source = { url: server.baseURL, mime_type: 'video/mp4' }
  expect(await caught(client.download(source))).toMatchObject({ code: 'connection_error' })
})

test.each(['text/javascript', 'application/javascript', 'multipart/x-mixed-replace'])(
  'a bare link to %s is refused',
  async (type) => {
    const { server, client } = await scripted((socket) =>
      answer(socket, 200, 'x', { 'Content-Type': type }),
    )
    expect(await caught(client.download(server.baseURL))).toMatchObject({ retryable: false })
  },
)

test('a fetch whose bodies are streams of Node is read as a whole', async () => {
  const fetch = async (): Promise<Response> => {
    const response = new Response(film, { headers: video })
    return Object.defineProperty(response, 'body', { value: Readable.from([film]) })
  }
  const { server, client } = await scripted(() => {}, { fetch })
  expect(await (await client.download(server.baseURL)).text()).toBe(film)
})

test.each([
  ['a promise', Promise.resolve({ data: [] }), 'await'],
  ['a film that is not finished', { id: 'gen_1', status: 'pending' }, 'generations.wait'],
  ['a list of nothing', { data: [] }, 'no output'],
  ['nothing', undefined, 'nothing to download'],
  ['null', null, 'nothing to download'],
])('%s in the place of a film is told', async (_, source, hint) => {
  const { client } = await scripted(() => {})
  // As JavaScript allows.
  const error = await caught(client.download(source as unknown as string))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain(hint)
})

test('what is larger than it may be is refused on the way', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const error = await caught(client.download(server.baseURL, undefined, { maxBytes: 10_000 }))
  expect(error.message).toContain('larger than 10000 bytes')
})

test.each([
  ['image/png, text/html', 'application/octet-stream'],
  ['image/svg+xml', 'application/octet-stream'],
  ['image/SVG+xml', 'application/octet-stream'],
  ['image/SVG', 'application/octet-stream'],
  ['image/x+xml', 'application/octet-stream'],
  ['image/x-XML', 'application/octet-stream'],
  ['image/png; charset=x', 'image/png'],
])('what comes as %s is passed on as %s', async (type, passed) => {
  const { server, client } = await scripted((socket) =>
    answer(socket, 200, 'picture', { 'Content-Type': type }),
  )
  const { headers } = await client.downloadResponse(server.baseURL)
  expect(headers.get('content-type')).toBe(passed)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test.each<[string, (stream: Writable, done: (error?: Error) => void) => unknown]>([
  ['that fails at its end', (_stream, done) => done(new Error('disk full'))],
  ['that is destroyed at its end', (stream) => stream.destroy(new Error('disk full'))],
])('a stream of Node %s has not taken the film', async (_, end) => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const stream: Writable = new Writable({
    write: (_chunk, _encoding, done) => done(),
    final: (done) => void end(stream, done),
  })
  await expect(client.download(server.baseURL, stream)).rejects.toThrow('disk full')
})

test('a stream of Node that is destroyed with its last byte ends the download at once', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
  const onProgress = ({ bytes }: DownloadProgress): void => {
    if (bytes === film.length) stream.destroy()
  }
  await expect(client.download(server.baseURL, stream, { onProgress })).rejects.toThrow()
})

test('streams of Node take a film, and one that fails is told as it is', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const path = join(folder, 'fox.mp4')
  const { bytes } = await client.download(server.baseURL, createWriteStream(path))
  expect([bytes, await readFile(path, 'utf8')]).toEqual([film.length, film])
  const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) })
  await expect(client.download(server.baseURL, failing)).rejects.toThrow('disk full')
  const stuckForEver = new Writable({ write: () => {} })
  expect(
    await caught(client.download(server.baseURL, stuckForEver, { timeout: 100 })),
  ).toMatchObject({
    code: 'timeout',
  })
  expect(stuckForEver.destroyed).toBe(true)
})

test('options in the place of a target are told', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  // As JavaScript allows.
  const options = { timeout: 100 } as unknown as string
  const error = await caught(client.download(server.baseURL, options))
  expect(error.message).toContain('options come third')
})
