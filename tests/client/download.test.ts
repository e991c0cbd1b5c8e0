import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Filmgate, type FilmgateError } from '../../packages/client/src/index.ts'
import {
  answer,
  errorBody,
  startRawServer,
  type RawServer,
  type Script,
} from './support/raw-server.ts'
import { skippingClock } from './support/skipping-clock.ts'

const film = 'abcdefghij'.repeat(2_000)
const open: RawServer[] = []
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filmgate-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
  await rm(folder, { recursive: true })
})

async function serve(script: Script) {
  const server = await startRawServer(script)
  open.push(server)
  const options = { apiKey: 'sk_test_x', baseURL: server.baseURL }
  return { server, client: new Filmgate(options, skippingClock()) }
}

/** Sends the first bytes of an answer that promises all, and breaks the connection. */
function breakOff(socket: Socket, bytes: number, headers = ''): void {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: ${film.length}\r\n${headers}\r\n`
  socket.write(head + film.slice(0, bytes), () => setImmediate(() => socket.destroy()))
}

const etag = '"v1"'
const video = { 'Content-Type': 'video/mp4' }

test('a broken transfer goes on where it stopped, and the file appears whole', async () => {
  const { server, client } = await serve((socket, { headers }, count) => {
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
  const { server, client } = await serve((socket, _request, count) =>
    count === 1 ? breakOff(socket, 12_000) : answer(socket, 200, film, video),
  )
  expect(await (await client.download(server.baseURL)).text()).toBe(film)
})

test('parts of two different files are never joined: a file starts again', async () => {
  const { server, client } = await serve((socket, _request, count) =>
    count === 1 ? breakOff(socket, 12_000) : answer(socket, 200, 'another film', video),
  )
  const path = join(folder, 'fox.mp4')
  await client.download(server.baseURL, path)
  expect(await readFile(path, 'utf8')).toBe('another film')
  expect(await readdir(folder)).toEqual(['fox.mp4'])
})

test('parts of two different files are never joined: what a stream was given cannot be taken back', async () => {
  const { server, client } = await serve((socket, _request, count) =>
    count === 1 ? breakOff(socket, 12_000) : answer(socket, 200, film, video),
  )
  let bytes = 0
  const counter = new WritableStream<Uint8Array>({ write: (chunk) => void (bytes += chunk.length) })
  await expect(client.download(server.baseURL, counter)).rejects.toMatchObject({
    code: 'connection_error',
    message: 'The download broke off, and the server cannot continue it.',
  })
  expect(bytes).toBe(12_000)
})

test('an expired link is not_found, asked for once', async () => {
  const { server, client } = await serve((socket) => answer(socket, 404, errorBody('not_found')))
  const error = await client.download(server.baseURL).catch((error: FilmgateError) => error)
  expect(error).toMatchObject({ code: 'not_found', attempts: 1 })
  expect(server.requests).toHaveLength(1)
})

test('a stream that fails is the caller, told as it is and not retried', async () => {
  const { server, client } = await serve((socket) => answer(socket, 200, film, video))
  const full = new WritableStream<Uint8Array>({
    write: () => {
      throw new Error('disk full')
    },
  })
  await expect(client.download(server.baseURL, full)).rejects.toThrow('disk full')
  expect(server.requests).toHaveLength(1)
})

test('a folder that does not exist is told before anything is fetched', async () => {
  const { server, client } = await serve((socket) => answer(socket, 200, film, video))
  const path = join(folder, 'none', 'fox.mp4')
  await expect(client.download(server.baseURL, path)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(server.requests).toHaveLength(0)
})

test('an abort in the middle leaves no half file', async () => {
  const abort = new AbortController()
  const { server, client } = await serve((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${film.length}\r\n\r\nabc`, () =>
      setImmediate(() => abort.abort()),
    )
  })
  const path = join(folder, 'fox.mp4')
  const download = client.download(server.baseURL, path, { signal: abort.signal })
  await expect(download).rejects.toMatchObject({ code: 'aborted' })
  expect(await readdir(folder)).toEqual([])
})
