/** Bytes that are dropped are not counted by whoever limits a file, so they have a limit of their own. */
const maxSkippedBytes = 64 * 1024 * 1024

/** Reads a stream piece by piece without holding more of it than a piece. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)
  #skippedBytes = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next bytes, which stay; fewer only at the end of the stream. */
  async peek(bytes: number): Promise<Buffer> {
    while (this.#held.byteLength < bytes) {
      const more = await this.#source.next()
      if (more.done === true) break
      this.#held = Buffer.concat([this.#held, more.value])
    }
    return this.#held.subarray(0, bytes)
  }

  /** The next bytes; fewer only at the end of the stream. */
  async take(bytes: number): Promise<Buffer> {
    const taken = await this.peek(bytes)
    this.#held = this.#held.subarray(taken.byteLength)
    return taken
  }

  /** Streams so many bytes, or as many as come. */
  async *copy(bytes: number): AsyncGenerator<Uint8Array> {
    let left = bytes
    while (left > 0) {
      const piece = await this.#next(left)
      if (piece === undefined) return
      left -= piece.byteLength
      yield piece
    }
  }

  /** Drops so many bytes, or as many as come. Throws if too many were dropped by now. */
  async skip(bytes: number): Promise<void> {
    for await (const piece of this.copy(bytes)) {
      this.#skippedBytes += piece.byteLength
      if (this.#skippedBytes > maxSkippedBytes) throw new Error('the file is mostly metadata')
    }
  }

  /** Streams nothing in the place of so many bytes; fewer if fewer come. */
  async *blank(bytes: number): AsyncGenerator<Uint8Array> {
    for await (const piece of this.copy(bytes)) yield Buffer.alloc(piece.byteLength)
  }

  /** Streams all that is left. */
  rest(): AsyncGenerator<Uint8Array> {
    return this.copy(Infinity)
  }

  /** Ends the stream, wherever it is. */
  async close(): Promise<void> {
    await this.#source.return?.()
  }

  async #next(most: number): Promise<Buffer | undefined> {
    if (this.#held.byteLength === 0) {
      const more = await this.#source.next()
      if (more.done === true) return undefined
      this.#held = Buffer.from(more.value.buffer, more.value.byteOffset, more.value.byteLength)
    }
    const piece = this.#held.subarray(0, most)
    this.#held = this.#held.subarray(piece.byteLength)
    return piece
  }
}
