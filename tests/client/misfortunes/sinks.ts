import { execFile } from 'node:child_process'
import { constants, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { answer } from '../support/raw-server.ts'
import { quiet } from '../support/virtual-clock.ts'
import { abort, half, runOut } from './acts.ts'
import { film, type Misfortune, type Strike, type World } from './world.ts'

const run = promisify(execFile)

/** What may go wrong with downloads only: in their middle, and where the bytes go. */
export const sinks = {
  ranges: {
    words: 'The connection breaks again and again, and the server knows ranges',
    act: ({ world, socket }) => {
      const { headers } = world.seen.at(-1) ?? {}
      const from = Number(/\d+/.exec(headers?.get('range') ?? '')?.[0] ?? 0)
      const part = film.slice(from, from + Math.ceil((film.length - from) / 2))
      const range = from > 0 && { 'Content-Range': `bytes ${from}-9/10` }
      const length = { 'Content-Length': String(film.length - from) }
      const type = { 'Content-Type': 'video/mp4', ETag: '"a"' }
      answer(socket, range ? 206 : 200, part, { ...type, ...length, ...range })
    },
  },
  changed: {
    words: 'The connection breaks, and the file is another one afterwards',
    act: (strike) => {
      const { socket, world } = strike
      if (world.seen.length === 1) return (half(strike), socket.end())
      answer(socket, 200, film, { 'Content-Type': 'video/mp4', ETag: '"b"' })
    },
  },
  fullDisk: {
    words: 'The disk is full',
    act: ({ socket }) => answer(socket, 200, film.repeat(6_400), { 'Content-Type': 'video/mp4' }),
    async target({ folder, cleanUp }) {
      const disk = join(folder, 'disk')
      await mkdir(disk)
      await run('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk])
      cleanUp.push(async () => void (await run('umount', [disk])))
      return join(disk, 'fox.mp4')
    },
  },
  noFolder: {
    words: 'The folder does not exist',
    target: ({ folder }) => join(folder, 'none', 'fox.mp4'),
  },
  isFolder: { words: 'The path is that of a folder', target: ({ folder }) => folder },
  pipeAbort: {
    words: 'The path is a pipe that nobody reads, and the signal aborts',
    async target(world) {
      const path = await pipe(world)
      void abort({ world })
      return path
    },
  },
  pipeTimeout: {
    words: 'The path is a pipe that nobody reads, and the time of the call is over',
    async target(world) {
      const path = await pipe(world)
      void runOut({ world })
      return path
    },
    isTimeout: true,
  },
  failing: {
    words: 'The stream fails',
    target: () => new WritableStream({ write: () => Promise.reject(broken()) }),
  },
  failsLater: {
    words: 'The stream fails while the server is silent',
    act: async (strike) => {
      half(strike)
      await quiet()
      strike.world.breakStream?.()
    },
    target: (world) =>
      new WritableStream({
        start(controller) {
          world.breakStream = () => controller.error(broken())
        },
      }),
  },
  stuckAbort: {
    words: 'The stream is stuck, and the signal aborts',
    act: endAfter(abort),
    target: stuck,
  },
  stuckTimeout: {
    words: 'The stream is stuck, and the time of the call is over',
    act: endAfter(runOut),
    target: stuck,
    isTimeout: true,
  },
  closed: {
    words: 'The stream is closed already',
    async target() {
      const stream = new WritableStream<Uint8Array>()
      await stream.close()
      return stream
    },
  },
  locked: {
    words: 'Somebody else writes to the stream',
    target() {
      const stream = new WritableStream<Uint8Array>()
      stream.getWriter()
      return stream
    },
  },
  closeFails: {
    words: 'The stream fails when it is closed',
    target: () => new WritableStream({ close: () => Promise.reject(broken()) }),
  },
  closeStuck: {
    words: 'The stream is stuck when it is closed, and the signal aborts',
    act: endAfter(abort),
    target: () => new WritableStream({ close: () => new Promise(() => {}) }),
  },
} satisfies Record<string, Misfortune>

/** Whether this process may mount a disk that is small enough to be filled. */
export async function canMount(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'filmgate-'))
  const mounted = await run('mount', ['-t', 'tmpfs', 'tmpfs', folder]).then(
    () => true,
    () => false,
  )
  if (mounted) await run('umount', [folder])
  await rm(folder, { recursive: true })
  return mounted
}

/** The name of one. */
export type SinkName = keyof typeof sinks

function broken(): Error {
  return new Error('the reader broke')
}

function stuck(): WritableStream<Uint8Array> {
  return new WritableStream({ write: () => new Promise(() => {}) })
}

/** Answers well, and then ends the call. */
function endAfter(end: (strike: Strike) => Promise<void>): (strike: Strike) => Promise<void> {
  return async (strike) => {
    const { status, body, headers } = strike.good
    answer(strike.socket, status, body, headers)
    await end(strike)
  }
}

async function pipe({ folder, cleanUp }: World): Promise<string> {
  const path = join(folder, 'pipe')
  await run('mkfifo', [path])
  // Who opens a pipe waits for the other side, also when nobody waits for him any longer.
  cleanUp.push(async () => {
    const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    await quiet()
    await reader.close()
  })
  return path
}
