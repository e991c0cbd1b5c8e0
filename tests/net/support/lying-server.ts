import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** One request as it came over the wire. */
export interface Heard {
  socket: Socket
  head: string
  body: string
  /** How many requests had come before it, over all connections. */
  index: number
}

/** A server that answers with whatever bytes the test writes, and counts what it was asked. */
export interface LyingServer {
  url: string
  heard: Heard[]
  /** All connections that were ever opened. */
  sockets: Socket[]
  close(): Promise<void>
}

/** Calls `answer` for each request once its head, and as much body as the head promises, is here. */
export async function startLyingServer(answer: (heard: Heard) => void): Promise<LyingServer> {
  const heard: Heard[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let end = endOfRequest(text); end !== undefined; end = endOfRequest(text)) {
        const headEnd = text.indexOf('\r\n\r\n')
        const one = { head: text.slice(0, headEnd), body: text.slice(headEnd + 4, end) }
        text = text.slice(end)
        heard.push({ socket, ...one, index: heard.length })
        const last = heard.at(-1)
        if (last !== undefined) answer(last)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${portOf(server)}/`,
    heard,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address.port
}

function endOfRequest(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const head = text.slice(0, headEnd)
  if (/^transfer-encoding: chunked/im.test(head)) {
    const end = text.indexOf('0\r\n\r\n', headEnd)
    return end === -1 ? undefined : end + 5
  }
  const end = headEnd + 4 + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
  return text.length < end ? undefined : end
}

/** A whole answer with its length. */
export function plainAnswer(
  body: string,
  status = '200 OK',
  headers: readonly string[] = [],
): string {
  const lines = [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
