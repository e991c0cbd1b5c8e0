/**
 * Why a body could not be read. `cut`: it ended before it was whole. `too_large`: more than is
 * taken. `not_json`: it is something else, or nested without end. `not_base64`: a long string began
 * like a picture and is none.
 */
export type Unreadable = 'cut' | 'too_large' | 'not_json' | 'not_base64'

/** Ends the reading of a body. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError'
  readonly why: Unreadable

  constructor(why: Unreadable) {
    super(why)
    this.why = why
  }
}

/** A body, byte by byte without a promise for each, or piece by piece up to a byte. */
export class ByteSource {
  readonly #body: AsyncIterator<Uint8Array>
  readonly #maxBytes: number
  readonly #signal: AbortSignal
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  #bytes = 0

  constructor(body: AsyncIterable<Uint8Array>, maxBytes: number, signal: AbortSignal) {
    this.#body = body[Symbol.asyncIterator]()
    this.#maxBytes = maxBytes
    this.#signal = signal
  }

  /** Whether a byte can be taken at once. */
  get hasMore(): boolean {
    return this.#at < this.#chunk.length
  }

  /** Waits for the next bytes; false at the end. Throws UnreadableError if they do not come, and the signal's reason. */
  async fill(): Promise<boolean> {
    while (!this.hasMore) {
      const next = await this.#next()
      if (next.done === true) return false
      const { value } = next
      this.#bytes += value.byteLength
      if (this.#bytes > this.#maxBytes) throw new UnreadableError('too_large')
      this.#chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      this.#at = 0
    }
    return true
  }

  take(): number {
    const byte = this.#chunk[this.#at]
    if (byte === undefined) throw new Error('nothing was filled in')
    this.#at += 1
    return byte
  }

  /** What is here before the next `byte`, which is taken as well; `isLast` if it was there. */
  takeUntil(byte: number): { piece: string; isLast: boolean } {
    const end = this.#chunk.indexOf(byte, this.#at)
    const isLast = end !== -1
    const piece = this.#chunk.toString('latin1', this.#at, isLast ? end : this.#chunk.length)
    this.#at = isLast ? end + 1 : this.#chunk.length
    return { piece, isLast }
  }

  /** Lets go of a body that was not read to its end. */
  async close(): Promise<void> {
    try {
      await this.#body.return?.()
    } catch {
      // It is not wanted any more, whatever it says.
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.#body.next()
    } catch {
      this.#signal.throwIfAborted()
      throw new UnreadableError('cut')
    }
  }
}
