import type { Arrival } from './authorize.ts'
import { ask } from './hooks.ts'
import { isRecord } from './is-record.ts'
import type { Patience } from './patience.ts'
import { isIntricate } from './json-limits.ts'
import { choiceOf, Refusal } from './refusal.ts'
import type { ProxyCall } from './proxy-options.ts'

/** Reads a body that may be so large. Throws a Refusal when it is larger or does not arrive. */
export async function readBody(
  request: Request,
  maxBytes: number,
  patience: Patience,
): Promise<Uint8Array<ArrayBuffer>> {
  if (request.bodyUsed) throw new TypeError('A hook has read the body; transform gets it.')
  if (Number(request.headers.get('Content-Length')) > maxBytes) throw tooLarge(maxBytes)
  if (!request.body) return new Uint8Array()
  const reader = request.body.getReader()
  try {
    return await patience.race(readAll(reader, maxBytes))
  } catch (error) {
    // What is left is dropped; whether that takes, or fails, changes nothing.
    void reader.cancel().catch(() => undefined)
    if (isOurs(error) && !patience.signal.aborted) throw error
    throw new Refusal(
      'invalid_parameter',
      'The connection ended, or the time was over, before the whole body had arrived.',
    )
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof Refusal || error instanceof UnsendableBody
}

/** That a body parser has left what cannot be sent on, which is for the owner to hear. */
export class UnsendableBody extends TypeError {}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = new GrowingBytes()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return body.take()
    if (body.length + value.length > maxBytes) throw tooLarge(maxBytes)
    body.add(value)
  }
}

// One buffer: a list of chunks of one byte each would weigh a hundred times as much as the body. It
// begins with nothing: thousands of requests may be open whose body never comes.
class GrowingBytes {
  #bytes = new Uint8Array()
  length = 0

  add(chunk: Uint8Array): void {
    const length = this.length + chunk.length
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2))
      larger.set(this.take())
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.length)
    this.length = length
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length)
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(
    'invalid_parameter',
    `The body is larger than ${Math.floor(maxBytes / 1e6)} MB. Send smaller reference images, or their addresses.`,
  )
}

/** What is sent to the gateway in place of a body: the same, or what the owner makes of it. */
export async function ownersBody<Context>(
  { settings, patience }: Pick<Arrival<Context>, 'settings' | 'patience'>,
  bytes: Uint8Array<ArrayBuffer>,
  call: ProxyCall<Context>,
): Promise<Uint8Array<ArrayBuffer> | string> {
  const { transform, allow } = settings
  const { models } = allow
  if (!transform && !models) return bytes
  const sent = parseObject(bytes)
  const body = (transform && (await ask(patience, () => transform(sent, call)))) ?? sent
  if (!isRecord(body)) throw new TypeError('transform must return the body, an object.')
  if (models) refuseOthers(models, body['model'])
  // Written anew, so that the gateway cannot read it in another way than it was read here, as of two
  // fields with one name.
  return toJson(body)
}

/** Throws a Refusal where it is too deep to be written. */
export function toJson(body: unknown): string {
  try {
    return JSON.stringify(body)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw tooIntricate()
  }
}

function tooIntricate(): Refusal {
  const message = 'The body has more fields, or deeper ones, than any request.'
  return new Refusal('invalid_parameter', message)
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  if (isIntricate(bytes)) {
    throw tooIntricate()
  }
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (isRecord(body)) return body
  } catch {
    // Said below, as for other values that are no object.
  }
  throw new Refusal('invalid_parameter', 'The body must be a JSON object in UTF-8.')
}

function refuseOthers(models: readonly string[], model: unknown): void {
  if (typeof model === 'string' && models.includes(model)) return
  const choices = choiceOf(models)
  if (model === undefined)
    throw new Refusal('parameter_missing', `A model is needed. ${choices}`, { param: 'model' })
  throw new Refusal('invalid_parameter', `This model is not offered here. ${choices}`, {
    param: 'model',
  })
}
