/**
 * The shape of a JSON body, watched over its bytes while they arrive. Parsing makes up to fourteen
 * times its size of one, so whatever has more values than any valid request is refused before it is
 * parsed, and before the rest of it was even received. What is allowed to be large is a text: an
 * inline image. Long texts are noted, so that they never have to become strings.
 */
import { fail, type Failure } from '../contract/failure.ts'

/** The longest valid text that is no inline image is a prompt of 4096 characters, each escaped: 48 KiB. */
export const longTextBytes = 64 * 1024

/** A whole request has about 40 values: 8 images with two parameters each, and a dozen others. */
const mostValues = 2000
const mostDepth = 32
/** Twice as many as images are allowed, so that a ninth one is refused as that. */
const mostLongTexts = 16
/** Everything but the long texts. */
const mostOtherBytes = 1024 * 1024

/** Where a long text stands in the body: its bytes between the quotes. */
export interface LongTextPlace {
  start: number
  end: number
  /** Whether it has to be unescaped. */
  hasEscapes: boolean
}

const quote = 0x22
const backslash = 0x5c

/** Watches one body. */
export class BodyShape {
  /** The long texts so far, in their order. */
  readonly longTexts: LongTextPlace[] = []
  #offset = 0
  #otherBytes = 0
  #values = 0
  #depth = 0
  #textStart: number | undefined
  #isEscaped = false
  #hasEscapes = false

  /** Looks at the next bytes; throws invalid_parameter as soon as the shape is absurd. */
  add(bytes: Uint8Array): void {
    let index = 0
    while (index < bytes.length) {
      index =
        this.#textStart === undefined
          ? this.#passStructure(bytes, index)
          : this.#passText(bytes, index)
    }
    this.#offset += bytes.length
    const openBytes = this.#textStart === undefined ? 0 : this.#offset - this.#textStart
    if (this.#otherBytes + Math.min(openBytes, longTextBytes) > mostOtherBytes) {
      throw tooComplex('is larger than 1 MiB even without its inline images')
    }
  }

  /** To be called after the last bytes; throws invalid_parameter when they end within a text. */
  end(): void {
    if (this.#textStart === undefined) return
    throw fail('invalid_parameter', 'body_not_json', {
      message: 'The body is not valid JSON: it ends in the middle of a text. Send the whole of it.',
    })
  }

  /** Up to and including the quote that begins the next text. */
  #passStructure(bytes: Uint8Array, from: number): number {
    let index = from
    while (index < bytes.length) {
      const byte = bytes[index]
      index += 1
      if (byte === quote) {
        this.#textStart = this.#offset + index
        this.#hasEscapes = false
        break
      }
      if (byte === 0x2c) this.#countValue()
      else if (byte === 0x5b || byte === 0x7b) this.#enter()
      else if (byte === 0x5d || byte === 0x7d) this.#depth -= 1
    }
    this.#otherBytes += index - from
    return index
  }

  /** Up to and including the quote that ends the text. */
  #passText(bytes: Uint8Array, from: number): number {
    let isEscaped = this.#isEscaped
    let hasEscapes = this.#hasEscapes
    let index = from
    let isOver = false
    while (index < bytes.length && !isOver) {
      const byte = bytes[index]
      index += 1
      if (isEscaped) isEscaped = false
      else if (byte === backslash) hasEscapes = isEscaped = true
      else isOver = byte === quote
    }
    this.#isEscaped = isEscaped
    this.#hasEscapes = hasEscapes
    if (isOver) this.#endText(this.#offset + index - 1)
    return index
  }

  #endText(end: number): void {
    const start = this.#textStart ?? end
    this.#textStart = undefined
    if (end - start <= longTextBytes) {
      this.#otherBytes += end - start + 1
      return
    }
    this.longTexts.push({ start, end, hasEscapes: this.#hasEscapes })
    if (this.longTexts.length > mostLongTexts) {
      throw tooComplex(`has more than ${mostLongTexts} texts that are longer than 64 KiB`)
    }
  }

  #countValue(): void {
    this.#values += 1
    if (this.#values > mostValues) throw tooComplex(`holds more than ${mostValues} values`)
  }

  #enter(): void {
    this.#countValue()
    this.#depth += 1
    if (this.#depth > mostDepth) throw tooComplex(`is nested deeper than ${mostDepth} levels`)
  }
}

function tooComplex(what: string): Failure {
  return fail('invalid_parameter', 'body_too_complex', {
    message: `The body ${what}, and no request of this API does. Send only the parameters that the reference lists.`,
  })
}
