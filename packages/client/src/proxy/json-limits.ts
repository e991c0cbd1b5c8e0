// Far above a request of the API, whose largest part are its texts.
const mostParts = 2_000
const deepest = 32

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c

/**
 * Whether JSON has so many parts, or such deep ones, that reading it would hold up everybody: 30 MB of
 * `{},` take seconds and a gigabyte. Texts cost next to nothing, however long they are.
 */
export function isIntricate(json: Uint8Array): boolean {
  let parts = 0
  let depth = 0
  let isText = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === quote) isText = !isText
    else if (isText && byte === backslash) at++
    if (isText) continue
    if (byte === comma) parts++
    else if (byte === 0x7b || byte === 0x5b) {
      parts++
      depth++
    } else if (byte === 0x7d || byte === 0x5d) depth--
    if (parts > mostParts || depth > deepest) return true
  }
  return false
}
