/**
 * Writing to what is no regular file: a pipe, a terminal, /dev/null. Opened so that nothing blocks:
 * a thread that waits in a pipe cannot be called back, and the runtime has four of them for all its
 * files. So whoever does not read yet, or not fast enough, is asked again after a pause.
 */
import type { Call } from './call.ts'
import type { FileHandle, FileSystem } from './file-system.ts'
import { pause } from './retry.ts'
import type { Sink } from './sinks.ts'

const openPauseMs = 50
const writePauseMs = 5

/** A sink that writes on, and can neither begin again nor appear whole. */
export async function deviceSink(call: Call, fs: FileSystem, path: string): Promise<Sink> {
  const { O_WRONLY, O_NONBLOCK = 0 } = fs.constants
  // ENXIO: nobody reads the pipe yet.
  const file = await patiently(call, 'ENXIO', openPauseMs, () =>
    fs.open(path, O_WRONLY | O_NONBLOCK),
  )
  const close = async (): Promise<void> => file.close()
  return {
    write: (chunk) => writeAll(call, file, chunk),
    finish: close,
    discard: () => close().catch(() => {}),
  }
}

async function writeAll(call: Call, file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    // EAGAIN: the pipe is full.
    const { bytesWritten } = await patiently(call, 'EAGAIN', writePauseMs, () =>
      file.write(bytes, at, bytes.length - at, null),
    )
    at += bytesWritten
  }
}

async function patiently<T>(
  call: Call,
  code: string,
  pauseMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const { clock } = call.settings
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isOver = call.signal?.aborted || clock.now() >= call.endsAt
      if ((error as { code?: string }).code !== code || isOver) throw error
      await pause(clock, pauseMs, call.signal)
    }
  }
}
