import { ImageRefusal, toMegabytes } from './settings.ts'

/** A `data:` URL in UTF-8, to be read when it is its turn. */
export interface InlineSource {
  /** Size of the whole URL. */
  bytes: number
  open(): AsyncIterable<Uint8Array>
}

const acceptedTypes = new Set([
  'image/png',
  'image/jpeg',
  'image/jpg',
  'image/webp',
  'image/gif',
  'image/avif',
])

/** A valid URL's type and encoding end within these bytes. */
const longestHead = 100

/** A `data:` URL that is a text already. */
export function inText(url: string): InlineSource {
  const text = Buffer.from(url)
  return {
    bytes: text.length,
    async *open() {
      yield text
    },
  }
}

/**
 * Bytes of a `data:image/…;base64,…` URL. Throws an `ImageRefusal`; checks the size before decoding.
 * The URL itself, a third larger, is never in memory as a whole.
 */
export async function readDataUrl(source: InlineSource, maxBytes: number): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  let digits: Digits | undefined
  for await (const piece of source.open()) {
    if (digits !== undefined) {
      digits.add(piece)
      continue
    }
    head = Buffer.concat([head, piece])
    if (head.length < longestHead && head.length < source.bytes) continue
    const start = parseHead(head.toString('latin1', 0, longestHead))
    digits = new Digits(source.bytes - start, maxBytes)
    digits.add(head.subarray(start))
  }
  if (digits === undefined) throw malformed()
  return digits.end()
}

/** Where the digits begin. */
function parseHead(head: string): number {
  const comma = head.indexOf(',')
  if (comma === -1) throw malformed()
  const [type = '', ...parameters] = head.slice(5, comma).toLowerCase().split(';')
  if (!acceptedTypes.has(type)) {
    throw new ImageRefusal('is a data URL of another type than PNG, JPEG, WebP, GIF or AVIF')
  }
  if (parameters.at(-1) !== 'base64') throw malformed()
  return comma + 1
}

/** Base64, decoded as it comes in. */
class Digits {
  readonly #count: number
  readonly #maxBytes: number
  readonly #decoded: Buffer
  #length = 0
  #undecoded = ''
  #lastTwo = ''

  constructor(count: number, maxBytes: number) {
    if (toLength(count - 2) > maxBytes) throw tooLarge(maxBytes)
    this.#count = count
    this.#maxBytes = maxBytes
    this.#decoded = Buffer.allocUnsafeSlow(toLength(count))
  }

  add(piece: Uint8Array): void {
    const text = this.#undecoded + Buffer.from(piece).toString('latin1')
    // Four digits are three bytes, so whole fours can be decoded apart from the rest.
    const whole = text.length - (text.length % 4)
    this.#undecoded = text.slice(whole)
    this.#decode(text.slice(0, whole))
  }

  end(): Buffer {
    this.#decode(this.#undecoded)
    const padding = this.#lastTwo === '==' ? 2 : this.#lastTwo.endsWith('=') ? 1 : 0
    const length = toLength(this.#count - padding)
    if (length === 0) throw new ImageRefusal('is empty')
    if (length > this.#maxBytes) throw tooLarge(this.#maxBytes)
    // Node skips characters that are not base64, so foreign ones show as missing bytes.
    if (this.#length !== length) throw malformed()
    return this.#decoded.subarray(0, length)
  }

  #decode(digits: string): void {
    if (digits === '') return
    this.#length += this.#decoded.write(digits, this.#length, 'base64')
    this.#lastTwo = digits.slice(-2)
  }
}

function toLength(digits: number): number {
  return Math.max(0, Math.floor((digits * 3) / 4))
}

function tooLarge(maxBytes: number): ImageRefusal {
  return new ImageRefusal(`is larger than ${toMegabytes(maxBytes)}`)
}

function malformed(): ImageRefusal {
  return new ImageRefusal(
    'is a malformed data URL; the form is data:image/png;base64, followed by base64 without spaces or line breaks',
  )
}
