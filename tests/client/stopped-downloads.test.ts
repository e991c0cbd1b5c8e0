import { execFileSync } from 'node:child_process'
import { constants } from 'node:fs'
import { mkdtemp, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { answer } from './support/raw-server.ts'
import { caught, scripted } from './support/scripted.ts'

const handles: FileHandle[] = []
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filmgate-'))
})
afterEach(async () => {
  // A writer that is stuck in a pipe gets free when nobody is left to read it.
  await Promise.all(handles.splice(0).map((handle) => handle.close()))
  await rm(folder, { recursive: true })
})

const video = { 'Content-Type': 'video/mp4' }
const film = 'abcdefghij'

/** Far more turns of the file system than anything that was begun before still needs. */
async function filesAreQuiet(): Promise<'going on'> {
  for (let turn = 0; turn < 200; turn++) await stat(folder)
  return 'going on'
}

function makePipe(): string {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  return path
}

async function openPipe(path: string, flags: number): Promise<FileHandle> {
  const handle = await open(path, flags | constants.O_NONBLOCK)
  handles.push(handle)
  return handle
}

test('a download that was aborted before it began leaves no part of a file', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const signal = AbortSignal.abort()
  const error = await caught(client.download(server.baseURL, join(folder, 'f'), { signal }))
  expect([error.code, server.requests.length]).toEqual(['aborted', 0])
  await filesAreQuiet()
  expect(await readdir(folder)).toEqual([])
})

test('a download that is aborted while its file is opened leaves no part of a file', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const abort = new AbortController()
  const download = client.download(server.baseURL, join(folder, 'f'), { signal: abort.signal })
  const ended = caught(download)
  // That import is what the client does first; the file system comes next.
  await import('../../packages/client/src/download.ts')
  abort.abort()
  expect((await ended).code).toBe('aborted')
  await filesAreQuiet()
  expect(await readdir(folder)).toEqual([])
})

test('a pipe that was given up before somebody read it is closed once it opens', async () => {
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video))
  const path = makePipe()
  const abort = new AbortController()
  const ended = caught(client.download(server.baseURL, path, { signal: abort.signal }))
  await filesAreQuiet()
  abort.abort()
  expect((await ended).code).toBe('aborted')
  const reader = await openPipe(path, constants.O_RDONLY)
  await filesAreQuiet()
  // It throws EAGAIN as long as somebody holds the other end.
  const { bytesRead } = await reader.read(Buffer.alloc(16))
  expect(bytesRead).toBe(0)
})

test('an abort ends a download into a pipe that nobody empties', async () => {
  const path = makePipe()
  const pipe = await openPipe(path, constants.O_RDWR)
  await fill(pipe)
  const abort = new AbortController()
  let cameHere = (): void => {}
  const came = new Promise<void>((resolve) => {
    cameHere = resolve
  })
  const watched: typeof fetch = async (...request) => {
    const response = await fetch(...request)
    const told = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk)
        cameHere()
      },
    })
    return new Response(response.body?.pipeThrough(told) ?? null, response)
  }
  const { server, client } = await scripted((socket) => answer(socket, 200, film, video), {
    fetch: watched,
  })
  const ended = caught(client.download(server.baseURL, path, { signal: abort.signal }))
  await came
  await filesAreQuiet()
  abort.abort()
  const outcome = await Promise.race([ended, filesAreQuiet()])
  expect(outcome).toMatchObject({ code: 'aborted' })
})

async function fill(pipe: FileHandle): Promise<void> {
  for (const size of [4_096, 1]) {
    for (let isFull = false; !isFull;) {
      isFull = await pipe.write(Buffer.alloc(size)).then(
        () => false,
        () => true,
      )
    }
  }
}

const chunked = 'HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nTransfer-Encoding: chunked\r\n'
const etag = 'ETag: "a"\r\n'

test('a part that ends before the byte it announced is not the whole file', async () => {
  const { server, client } = await scripted((socket, { headers }, count) => {
    if (count === 1) {
      const begun = `${chunked}${etag}\r\n4\r\nabcd\r\n`
      socket.write(begun, () => setImmediate(() => socket.destroy()))
      return
    }
    const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1] ?? 0)
    // No length but that in the range: the end of the connection is the end of the answer.
    const part = film.slice(from, count === 2 ? from + 2 : undefined)
    const head = `HTTP/1.1 206 Part\r\nContent-Type: video/mp4\r\nConnection: close\r\n${etag}`
    socket.end(`${head}Content-Range: bytes ${from}-9/*\r\n\r\n${part}`)
  })
  const blob = await client.download(server.baseURL)
  expect(await blob.text()).toBe(film)
})

// Node 20's fetch takes a cut for the end when the connection was to be closed anyway, also where
// the last chunk is missing (mended by https://github.com/nodejs/undici/pull/5308).
test('half a file is not taken for a whole one when its connection was to close after it', async () => {
  const { server, client } = await scripted((socket, { headers }, count) => {
    if (count === 1) {
      const begun = `${chunked}${etag}Connection: close\r\n\r\n4\r\nabcd\r\n`
      socket.write(begun, () => setImmediate(() => socket.destroy()))
      return
    }
    const from = Number(/bytes=(\d+)-/.exec(headers.get('range') ?? '')?.[1] ?? 0)
    const range = { ...video, ETag: '"a"', 'Content-Range': `bytes ${from}-9/10` }
    if (from < film.length) return answer(socket, 206, film.slice(from), range)
    answer(socket, 416, '', { 'Content-Range': 'bytes */10' })
  })
  const outcome = await client.download(server.baseURL).then((blob) => blob.text(), String)
  expect(outcome).not.toBe('abcd')
})

test('a reader that turns away ends the connection, also while the server is silent', async () => {
  let hungUp = (): void => {}
  const gone = new Promise<string>((resolve) => {
    hungUp = () => resolve('closed')
  })
  const { server, client } = await scripted((socket) => {
    socket.on('close', hungUp)
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 10\r\n\r\nab`)
  })
  const reader = (await client.downloadResponse(server.baseURL)).body?.getReader()
  await reader?.read()
  await reader?.cancel('enough')
  expect(await Promise.race([gone, filesAreQuiet()])).toBe('closed')
})
