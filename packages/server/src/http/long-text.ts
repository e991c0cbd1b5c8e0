/** Bytes parsed before the event loop gets its turn: about 3 ms. */
const sliceBytes = 1024 * 1024

const backslash = 0x5c
const letterU = 0x75

/**
 * Takes the escapes out of a JSON string that is too long to be parsed at once, in place: the text
 * is never longer than its escaped form. Answers its UTF-8; undefined if it is not valid JSON.
 */
export async function unescapeLongText(escaped: Buffer): Promise<Buffer | undefined> {
  let [from, to] = [0, 0]
  while (from < escaped.length) {
    const end = endOfSlice(escaped, from)
    const text = parseText(escaped.toString('utf8', from, end))
    if (text === undefined) return undefined
    to += escaped.write(text, to, 'utf8')
    from = end
    await new Promise((resolve) => setImmediate(resolve))
  }
  return escaped.subarray(0, to)
}

/** Never within an escape, and never within a character. */
function endOfSlice(escaped: Buffer, from: number): number {
  const least = Math.min(escaped.length, from + sliceBytes)
  let end = from
  while (end < least) {
    if (escaped[end] !== backslash) end += 1
    else end += escaped[end + 1] === letterU ? 6 : 2
  }
  while (isContinuation(escaped[end])) end += 1
  return Math.min(end, escaped.length)
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

function parseText(escaped: string): string | undefined {
  try {
    // A JSON string is all that fits between two quotes.
    return JSON.parse(`"${escaped}"`) as string
  } catch {
    return undefined
  }
}

/** The beginning of a text, at most so many bytes, never half a character. */
export function headOf(text: Buffer, mostBytes: number): string {
  let end = Math.min(text.length, mostBytes)
  while (end > 0 && isContinuation(text[end])) end -= 1
  return text.toString('utf8', 0, end)
}
