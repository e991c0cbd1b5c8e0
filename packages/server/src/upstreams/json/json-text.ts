import { UnreadableError } from './byte-source.ts'

/** What is kept of a body in memory, under a cap. */
export class JsonText {
  readonly #maxBytes: number
  #buffer = Buffer.allocUnsafe(4096)
  length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(byte: number): void {
    if (this.length === this.#maxBytes) throw new UnreadableError('too_large')
    if (this.length === this.#buffer.length) {
      this.#buffer = Buffer.concat([this.#buffer], 2 * this.length)
    }
    this.#buffer[this.length] = byte
    this.length += 1
  }

  from(start: number): string {
    return this.#buffer.toString('latin1', start, this.length)
  }

  replaceFrom(start: number, text: string): void {
    this.length = start
    for (const byte of Buffer.from(text)) this.push(byte)
  }

  toString(): string {
    return new TextDecoder().decode(this.#buffer.subarray(0, this.length))
  }
}
