import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A request as it came over the wire. */
export interface RawRequest {
  line: string
  headers: Map<string, string>
  body: string
}

/** Answers one request, in whatever way; `count` is 1 for the first. */
export type Script = (socket: Socket, request: RawRequest, count: number) => void

/** A TCP server that does to each request what the script says. Connections are never used twice. */
export interface RawServer {
  baseURL: string
  requests: RawRequest[]
  /** The distinct values of a header over all requests. */
  distinct(header: string): string[]
  close(): Promise<void>
}

/** Starts it on a free port. */
export async function startRawServer(script: Script): Promise<RawServer> {
  const requests: RawRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let received = ''
    // A peer that goes away is what these tests are about.
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const request = parseRequest(received)
      if (!request) return
      received = ''
      requests.push(request)
      script(socket, request, requests.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // An address with a port: the server listens on TCP.
  const { port } = server.address() as AddressInfo
  return {
    baseURL: `http://127.0.0.1:${port}`,
    requests,
    distinct: (header) => [...new Set(requests.map(({ headers }) => headers.get(header) ?? ''))],
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function parseRequest(text: string): RawRequest | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [line = '', ...rows] = text.slice(0, end).split('\r\n')
  const headers = new Map(
    rows.map((row) => {
      const colon = row.indexOf(':')
      return [row.slice(0, colon).toLowerCase(), row.slice(colon + 1).trim()] as const
    }),
  )
  const body = text.slice(end + 4)
  return body.length < Number(headers.get('content-length') ?? 0)
    ? undefined
    : { line, headers, body }
}

/** Writes a whole answer and closes. A header given as undefined is left out. */
export function answer(
  socket: Socket,
  status: number,
  body: unknown,
  headers: Record<string, string | undefined> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const all = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(text)),
    Connection: 'close',
    ...headers,
  }
  const rows = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  )
  socket.end(`HTTP/1.1 ${status} Status\r\n${rows.join('')}\r\n${text}`)
}

/** The contract's error body. */
export function errorBody(code: string, message = `Refused: ${code}.`): unknown {
  const docUrl = `http://docs.invalid/${code}`
  return { error: { message, type: 'invalid_request_error', param: null, code, doc_url: docUrl } }
}

/** A finished generation. */
export function completedBody(id: string): unknown {
  const output = { url: 'http://127.0.0.1:1/x', mime_type: 'image/jpeg', deletes_at: '' }
  const usage = { total_cost: 0.04, billable_unit: 'image', unit_price: 0.04, quantity: 1 }
  return { id, status: 'completed', model: 'm', data: [output], usage }
}
