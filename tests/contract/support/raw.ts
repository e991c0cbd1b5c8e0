import { connect, type Socket } from 'node:net'
import { recordExchange } from '../../support/traffic.ts'

/** An answer as it came over the socket. */
export interface RawAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

export interface RawOptions {
  /** The requests in it, as `GET /healthz`, where they are more than one: so many answers come. */
  targets?: readonly string[]
  /** Reads nothing before everything is written, as blocking clients do. */
  writesFirst?: boolean
}

type Bytes = string | Uint8Array
type Payload = Bytes | Iterable<Bytes>

/**
 * Sends bytes as they are and resolves with the answers; the socket stays open until they are
 * there. Rejects if the server closes it without them.
 */
export async function sendRaw(
  baseURL: string,
  payload: Payload,
  { targets, writesFirst = false }: RawOptions = {},
): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(baseURL)
  const socket = connect({ host: hostname, port: Number(port) })
  const sent = targets === undefined ? [firstLine(payload)] : targets.map(parseTarget)
  const count = sent.length
  const reader = new AnswerReader(sent[0]?.method === 'HEAD')
  // A reset while writing is only a fault if it takes the answer with it, which the reader tells.
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  if (!writesFirst) socket.on('data', (data) => reader.add(data))
  const writing = writeAll(socket, payload)
  if (writesFirst) {
    await writing
    socket.on('data', (data) => reader.add(data))
  }
  await Promise.race([reader.until(count), closed])
  socket.destroy()
  const { answers } = reader
  if (answers.length < count) {
    throw new Error(
      `closed after ${answers.length} of ${count} answers: ${reader.rest.slice(0, 200)}`,
    )
  }
  for (const [index, answer] of answers.entries()) {
    recordExchange({ ...(sent[index] ?? unparsable), ...answer })
  }
  return answers
}

async function writeAll(socket: Socket, payload: Payload): Promise<void> {
  for (const part of toParts(payload)) {
    if (!socket.writable) return
    if (socket.write(part)) continue
    await new Promise<void>((resolve) => {
      const go = () => {
        socket.off('drain', go)
        socket.off('close', go)
        resolve()
      }
      socket.on('drain', go)
      socket.on('close', go)
    })
  }
}

const unparsable = { method: '?', path: null }

/** Method and path of what is sent, as far as it is a request at all. */
function firstLine(payload: Payload): { method: string; path: string | null } {
  let start = ''
  for (const part of toParts(payload)) {
    start += Buffer.from(part).toString('latin1', 0, 300)
    if (start.length >= 300) break
  }
  const [line = ''] = start.split('\r\n', 1)
  const target = /^([A-Z]+ \S+) HTTP\/1\.[01]$/.exec(line)?.[1]
  return target === undefined ? unparsable : parseTarget(target)
}

function parseTarget(target: string): { method: string; path: string | null } {
  const [method = '?', address = ''] = target.split(' ')
  const path = address.replace(/^https?:\/\/[^/]*/, '').split('?', 1)[0] ?? ''
  return { method, path: path.startsWith('/') ? path : null }
}

function toParts(payload: Payload): Iterable<Bytes> {
  return typeof payload === 'string' || payload instanceof Uint8Array ? [payload] : payload
}

/** Splits what arrives into answers. */
class AnswerReader {
  readonly answers: RawAnswer[] = []
  readonly #isHead: boolean
  #bytes = Buffer.alloc(0)
  #wanted = 0
  #reached: () => void = () => {}

  constructor(isHead: boolean) {
    this.#isHead = isHead
  }

  get rest(): string {
    return this.#bytes.toString('latin1')
  }

  add(data: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, data])
    while (this.#takeAnswer());
    if (this.answers.length >= this.#wanted) this.#reached()
  }

  until(count: number): Promise<void> {
    this.#wanted = count
    if (this.answers.length >= count) return Promise.resolve()
    return new Promise((resolve) => {
      this.#reached = resolve
    })
  }

  #takeAnswer(): boolean {
    const headEnd = this.#bytes.indexOf('\r\n\r\n')
    if (headEnd < 0) return false
    const [statusLine = '', ...lines] = this.#bytes.toString('latin1', 0, headEnd).split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1])
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const bodyStart = headEnd + 4
    const isInterim = status >= 100 && status < 200
    const length = isInterim || this.#isHead ? 0 : Number(headers['content-length'] ?? 0)
    if (this.#bytes.length < bodyStart + length) return false
    const body = this.#bytes.toString('utf8', bodyStart, bodyStart + length)
    this.#bytes = this.#bytes.subarray(bodyStart + length)
    if (!isInterim) this.answers.push({ status, headers, body })
    return true
  }
}
