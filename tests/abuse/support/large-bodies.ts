import { randomFillSync } from 'node:crypto'

const mebibyte = 1024 ** 2
/** As large as a body may be. */
const largeBytes = 28 * mebibyte

/** A body of nearly 28 MiB, made when it is its turn. */
export interface LargeBody {
  name: string
  make(): Buffer
}

const start = '{"model":"sandbox-image","prompt":'

/** `text` between two others, repeated until the whole is as large as a body may be. */
function fill(before: string, text: string, after: string, bytes = largeBytes): Buffer {
  const body = Buffer.alloc(bytes, text)
  const count = Math.floor((bytes - before.length - after.length) / Buffer.byteLength(text))
  const end = before.length + count * Buffer.byteLength(text)
  body.copy(body, before.length, 0, end - before.length)
  body.write(before, 0)
  body.write(after, end)
  return body.subarray(0, end + after.length)
}

function millionKeys(): Buffer {
  const keys = Array.from(
    { length: 1_200_000 },
    (_, at) => `"key-${String(at).padStart(7, '0')}":0`,
  )
  return Buffer.from(`{${keys.join(',')}}`)
}

function withImage(url: string | Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${start}"a","images":[{"url":"`),
    Buffer.from(url),
    Buffer.from('"}]}'),
  ])
}

/** Valid in every way but one: the picture is noise. */
function noise(toText: (base64: string) => string = (base64) => base64): Buffer {
  const base64 = randomFillSync(Buffer.alloc(19 * mebibyte)).toString('base64')
  return withImage(`data:image/png;base64,${toText(base64)}`)
}

/** Every shape that costs a parser more than it cost its sender. */
export function largeBodies(): LargeBody[] {
  const shape = (name: string, make: () => Buffer) => ({ name, make })
  return [
    shape('zeros where images belong', () => fill(`${start}"a","images":[0`, ',0', ']}')),
    shape('empty lists', () => fill('[[]', ',[]', ']')),
    shape('empty objects', () => fill(`${start}"a","images":[{}`, ',{}', ']}')),
    shape('a million keys', millionKeys),
    shape('empty objects under one key', () => fill('{"a":{}', ',"a":{}', '}')),
    shape('brackets that never close', () => fill('[', '[', '[')),
    shape('blanks', () => fill('{', ' ', '}')),
    shape('one number', () => fill(`${start}"a","seed":`, '9', '}')),
    shape('escaped quotes', () => fill(`${start}"`, '\\"', '"}')),
    shape('escaped letters', () => fill(`${start}"`, '\\u0061', '"}')),
    shape('one text', () => fill(`${start}"`, 'a', '"}')),
    shape('one text that never ends', () => fill(`${start}"`, 'a', 'a')),
    shape('one text with an emoji', () => fill(`${start}"🦊`, 'a', '"}')),
    shape('one text of emoji', () => fill(`${start}"`, '🦊', '"}')),
    shape('a text that is not UTF-8 at its end', () =>
      Buffer.concat([fill(`${start}"`, 'a', '', largeBytes - 10), Buffer.of(0xff, 0x22, 0x7d)]),
    ),
    shape('texts of 64 KiB', () => fill(`${start}"a","x":["`, `${'b'.repeat(65_530)}","`, '"]}')),
    shape('texts of 70 KB', () => fill(`${start}"a","x":["`, `${'b'.repeat(70_000)}","`, '"]}')),
    shape('a key', () => fill(`${start}"a","`, 'k', '":0}')),
    shape('a picture in an unknown parameter', () =>
      fill(`${start}"a","image":"data:,`, 'A', '"}'),
    ),
    shape('a picture of noise', () => noise()),
    shape('a picture of noise, its slashes escaped', () =>
      noise((text) => text.replaceAll('/', '\\/')),
    ),
    shape('a picture of escaped slashes', () =>
      fill(`${start}"a","images":[{"url":"data:image/png;base64,`, '\\/', '"}]}'),
    ),
    shape('an address', () =>
      fill(`${start}"a","images":[{"url":"https://example.com/`, 'a', '"}]}'),
    ),
  ]
}
