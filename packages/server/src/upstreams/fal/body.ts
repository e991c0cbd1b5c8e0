import { randomUUID } from 'node:crypto'
import type { HttpRequest } from '../../net/http-client.ts'
import type { Json, UpstreamImage } from '../upstream.ts'

/** Images of a job go inside its request up to this many bytes together; larger ones are uploaded. */
export const maxInlineBytes = 8 * 1024 * 1024

/**
 * The request as JSON in which each image stands as a data URI, encoded while it is sent, so that
 * memory holds none of them.
 */
export function withImages(
  images: readonly UpstreamImage[],
  toInput: (urls: readonly string[]) => Record<string, Json>,
): Required<Pick<HttpRequest, 'body' | 'bodyBytes'>> {
  // No prompt can hold a name that was made up just now.
  const mark = randomUUID()
  const text = JSON.stringify(toInput(images.map((_, index) => `${mark}:${index}:`)))
  const [head = '', ...rest] = text.split(mark)
  const parts = rest.map((part) => toPart(part, images))
  const bodyBytes = parts.reduce(
    (sum, { prefix, image, tail }) =>
      sum + prefix.length + toBase64Length(image.bytes) + Buffer.byteLength(tail),
    Buffer.byteLength(head),
  )
  if (parts.length === 0) return { body: head, bodyBytes }
  return { body: () => stream(head, parts), bodyBytes }
}

interface Part {
  prefix: string
  image: UpstreamImage
  tail: string
}

function toPart(text: string, images: readonly UpstreamImage[]): Part {
  const [, index = '', ...tail] = text.split(':')
  const image = images[Number(index)]
  if (image === undefined) throw new Error(`there is no image ${index}`)
  return { prefix: `data:${image.mimeType};base64,`, image, tail: tail.join(':') }
}

function toBase64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

async function* stream(head: string, parts: readonly Part[]): AsyncIterable<Uint8Array> {
  yield Buffer.from(head)
  for (const { prefix, image, tail } of parts) {
    yield Buffer.from(prefix)
    yield* toBase64(image.open())
    yield Buffer.from(tail)
  }
}

// Three bytes are four characters, so what is left of a chunk waits for the next one.
async function* toBase64(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let left: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    const bytes = Buffer.concat([left, chunk])
    const whole = bytes.length - (bytes.length % 3)
    if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole), 'latin1')
    left = bytes.subarray(whole)
  }
  if (left.length > 0) yield Buffer.from(left.toString('base64'), 'latin1')
}
