/**
 * Decodes base64 as it stands in a JSON string, in pieces cut anywhere: with the escapes that some
 * serializers write for `/` and `+`, with line breaks, in either alphabet, padded or not.
 */
export interface Base64Decoder {
  /** The bytes that are complete with this piece. Throws NotBase64Error. */
  write(piece: string): Uint8Array
  /** The last bytes. Throws NotBase64Error if the text ends within a byte. */
  end(): Uint8Array
}

/** A string is something else. */
export class NotBase64Error extends Error {
  override readonly name = 'NotBase64Error'
}

/** Bytes of a whole base64 string; undefined if it is something else. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const decoder = createBase64Decoder()
  try {
    return Buffer.concat([decoder.write(text.replace(dataPrefix, '')), decoder.end()])
  } catch (error) {
    if (error instanceof NotBase64Error) return undefined
    throw error
  }
}

/** What comes before the base64 in a `data:` URL. */
export const dataPrefix = /^data:[\w/+.;=-]{0,100};base64,/iu

export function createBase64Decoder(): Base64Decoder {
  /** Half of an escape. */
  let escape = ''
  /** At most three characters that make no whole byte yet. */
  let rest = ''
  let padding = 0

  const decode = (text: string): Uint8Array => {
    const whole = rest + text
    const length = whole.length - (whole.length % 4)
    rest = whole.slice(length)
    return Buffer.from(whole.slice(0, length), 'base64')
  }

  return {
    write(piece) {
      const [plain, half] = unescape(escape + piece)
      escape = half
      const text = plain.replaceAll(/[\r\n]/gu, '')
      const digits = text.replace(/={1,2}$/u, '')
      if (!/^[\w+/-]*$/u.test(digits))
        throw new NotBase64Error('a character that is none of base64')
      if (padding > 0 && digits !== '') throw new NotBase64Error('more after the padding')
      padding += text.length - digits.length
      if (padding > 2) throw new NotBase64Error('too much padding')
      return decode(digits)
    },
    end() {
      if (escape !== '' || rest.length === 1) throw new NotBase64Error('ends within a byte')
      if (padding > 0 && rest.length + padding !== 4) throw new NotBase64Error('wrong padding')
      return Buffer.from(rest, 'base64')
    },
  }
}

/** The text without escapes, and the half escape at its end. */
function unescape(text: string): [plain: string, half: string] {
  if (!text.includes('\\')) return [text, '']
  const half = /\\(?:u[\da-fA-F]{0,3})?$/u.exec(text)?.[0] ?? ''
  // Other escapes stay as they are, and are no base64.
  const plain = text
    .slice(0, text.length - half.length)
    .replaceAll(/\\(?:u00([\da-fA-F]{2})|([/nr]))/gu, (_, code?: string, letter?: string) =>
      code === undefined ? toCharacter(letter) : String.fromCharCode(Number.parseInt(code, 16)),
    )
  return [plain, half]
}

function toCharacter(letter = ''): string {
  return letter === '/' ? '/' : '\n'
}
