import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { callbackify } from 'node:util'
import type { ByteRange, OpenFile } from './media-store.ts'

const chunkBytes = 64 * 1024

/** A file on local disk that is open already: nothing but reading itself can fail from here on. */
export function toOpenFile(handle: FileHandle, bytes: number): OpenFile {
  return {
    bytes,
    read: (range = { start: 0, end: bytes - 1 }) => new FileStream(handle, range),
    close: () => handle.close(),
  }
}

/**
 * The bytes of a range, and not one less: Node's own stream ends where the file does, and whoever
 * was promised a length by its head would take a part of it for the whole.
 */
class FileStream extends Readable {
  readonly #handle: FileHandle
  #position: number
  readonly #end: number

  constructor(handle: FileHandle, { start, end }: ByteRange) {
    super({ highWaterMark: chunkBytes })
    this.#handle = handle
    this.#position = start
    this.#end = end
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(toError(error)),
    )
  }

  async #next(): Promise<Buffer | null> {
    const left = this.#end - this.#position + 1
    if (left <= 0) return null
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, left))
    const { bytesRead } = await this.#handle.read(chunk, 0, chunk.length, this.#position)
    if (bytesRead === 0) throw new Error(`the file ends ${left} bytes early`)
    this.#position += bytesRead
    return chunk.subarray(0, bytesRead)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    callbackify(() => this.#handle.close())((closing) => done(error ?? closing))
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
