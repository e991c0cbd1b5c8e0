import type { IncomingBody } from './http-body.ts'
import type { HttpAnswer } from './http-client.ts'

interface Arrived extends Pick<HttpAnswer, 'status' | 'headers'> {
  body: IncomingBody
  signal: AbortSignal
}

/** What arrived, as a caller reads it. */
export function toAnswer({ status, headers, body, signal }: Arrived): HttpAnswer {
  const encoding = encodingOf(headers['content-encoding'])
  const isEncoded = `the body has the encoding ${encoding}, which was not asked for`
  return {
    status,
    headers,
    body() {
      if (encoding === undefined) return body.chunks()
      body.discard()
      throw new Error(isEncoded)
    },
    async text(maxBytes) {
      if (encoding === undefined) return readText(body, maxBytes, signal)
      body.discard()
      return { text: isEncoded, isCut: true }
    },
    discard: () => body.discard(),
  }
}

function encodingOf(header: string | string[] | undefined): string | undefined {
  const encoding = [header ?? []].flat().join(', ').trim().toLowerCase()
  return encoding === '' || encoding === 'identity' ? undefined : encoding.slice(0, 50)
}

async function readText(body: IncomingBody, maxBytes: number, signal: AbortSignal) {
  const parts: Uint8Array[] = []
  let room = maxBytes
  let isCut = false
  try {
    for await (const chunk of body.chunks()) {
      parts.push(chunk.subarray(0, room))
      isCut = chunk.length > room
      room -= chunk.length
      if (isCut) break
    }
  } catch {
    signal.throwIfAborted()
    isCut = true
  }
  // As a stream, it leaves out the character that the cut went through.
  const text = new TextDecoder().decode(Buffer.concat(parts), { stream: isCut })
  return { text, isCut }
}
