import type { IncomingMessage } from 'node:http'
import { fail, type Failure } from '../contract/failure.ts'
import type { BodyShare } from './body-budget.ts'
import { BodyShape, type LongTextPlace } from './body-shape.ts'

/** Room for one reference image of 20 MiB as base64, and the rest of a request. */
const maxBodyBytes = 28 * 1024 * 1024
/** What is set aside for a body that does not say how long it is: first, and then again and again. */
const firstRoomBytes = 64 * 1024
const segmentBytes = 512 * 1024

/** A body that has arrived as a whole and is not absurd. */
export interface ReceivedBody {
  bytes: Buffer
  longTexts: readonly LongTextPlace[]
}

/**
 * Reads the body of a request within its share of memory. Throws invalid_parameter when it is too
 * large, absurd or cut off, and rate_limit when there is no memory for it; the rest of it is then
 * read and dropped.
 */
export async function readBody(request: IncomingMessage, share: BodyShare): Promise<ReceivedBody> {
  const declared = request.headers['content-length']
  const room = declared === undefined ? firstRoomBytes : Number(declared)
  if (room > maxBodyBytes) throw tooLarge()
  const body = new GrowingBody(room, share)
  const shape = new BodyShape()
  await forEachChunk(request, (chunk) => {
    body.add(chunk)
    shape.add(chunk)
  })
  shape.end()
  return { bytes: body.take(), longTexts: shape.longTexts }
}

/**
 * Copies what arrives into segments of its own: a list of chunks of one byte would weigh a hundred
 * times as much as the body. Larger and larger copies of one buffer would leave as much garbage.
 */
class GrowingBody {
  readonly #share: BodyShare
  readonly #full: Buffer[] = []
  #segment: Buffer
  /** Bytes in use of the last segment. */
  #used = 0
  #room: number
  #length = 0

  constructor(room: number, share: BodyShare) {
    share.reserve(room)
    this.#share = share
    this.#room = room
    // Takes no memory until something is written to it.
    this.#segment = Buffer.allocUnsafeSlow(room)
  }

  /** All of it; to be asked for once. */
  take(): Buffer {
    const last = this.#segment.subarray(0, this.#used)
    return this.#full.length === 0 ? last : Buffer.concat([...this.#full.splice(0), last])
  }

  add(chunk: Uint8Array): void {
    this.#length += chunk.length
    if (this.#length > maxBodyBytes) throw tooLarge()
    let rest = chunk
    while (rest.length > 0) {
      if (this.#used === this.#segment.length) this.#grow()
      const piece = rest.subarray(0, this.#segment.length - this.#used)
      this.#segment.set(piece, this.#used)
      this.#used += piece.length
      rest = rest.subarray(piece.length)
    }
  }

  #grow(): void {
    this.#room += segmentBytes
    this.#share.reserve(this.#room)
    this.#full.push(this.#segment)
    this.#segment = Buffer.allocUnsafeSlow(segmentBytes)
    this.#used = 0
  }
}

/** Resolves at the end of the body; throws what `take` throws, and when the connection ends before. */
function forEachChunk(request: IncomingMessage, take: (chunk: Uint8Array) => void): Promise<void> {
  // Nobody would tell of an end that has been already.
  if (request.destroyed) return Promise.reject(cutOff())
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onData = (chunk: Uint8Array) => {
      try {
        take(chunk)
      } catch (error) {
        settle(error)
        request.resume()
      }
    }
    const onEnd = () => settle()
    const onClose = () => settle(cutOff())
    // A reset connection is told by `close`, too; without a listener it would end the process.
    request.on('error', () => undefined)
    request.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

function tooLarge(): Failure {
  return fail('invalid_parameter', 'body_too_large', {
    message:
      'The body is larger than 28 MiB. Send reference images as addresses instead of inline data.',
  })
}

function cutOff(): Failure {
  return fail('invalid_parameter', 'malformed_request', {
    message: 'The connection ended before the whole body had arrived. Send the request again.',
  })
}
