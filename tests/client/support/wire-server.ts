import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A request as it came over the wire. */
export interface WireRequest {
  method: string
  path: string
  headers: Map<string, string>
  body: string
}

/** A TCP server that knows what became of its connections. They may be used again. */
export interface WireServer {
  baseURL: string
  /**
   * Connections that have had a request and were neither closed nor given back. Others do not count:
   * Node's fetch opens one ahead after it has given one up.
   */
  busy(): number
  /** From now on nobody listens at the address. */
  refuse(): void
  /** Resolves when no connection is busy any longer. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** Answers one request in whatever way. A connection that is to be used again is given back by `done`. */
export type WireHandler = (request: WireRequest, socket: Socket, done: () => void) => void

/** Starts it on a free port. */
export async function startWireServer(handle: WireHandler): Promise<WireServer> {
  const open = new Set<Socket>()
  const busy = new Set<Socket>()
  let onSettled = (): void => {}
  const finish = (socket: Socket): void => {
    busy.delete(socket)
    if (busy.size === 0) onSettled()
  }
  const server = createServer((socket) => {
    open.add(socket)
    // A peer that goes away is what these tests are about.
    socket.on('error', () => {})
    socket.on('close', () => {
      open.delete(socket)
      finish(socket)
    })
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const request = parseRequest(received)
      if (!request) return
      received = ''
      busy.add(socket)
      handle(request, socket, () => finish(socket))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // An address with a port: the server listens on TCP.
  const { port } = server.address() as AddressInfo
  return {
    baseURL: `http://127.0.0.1:${port}`,
    busy: () => busy.size,
    refuse: () => void server.close(),
    settled: () =>
      new Promise((resolve) => {
        onSettled = resolve
        if (busy.size === 0) resolve()
      }),
    async close() {
      for (const socket of open) socket.destroy()
      // It may be closed already.
      await new Promise<unknown>((resolve) => server.close(resolve))
    },
  }
}

function parseRequest(text: string): WireRequest | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [line = '', ...rows] = text.slice(0, end).split('\r\n')
  const [method = '', path = ''] = line.split(' ')
  const headers = new Map(
    rows.map((row) => {
      const colon = row.indexOf(':')
      return [row.slice(0, colon).toLowerCase(), row.slice(colon + 1).trim()] as const
    }),
  )
  const body = text.slice(end + 4)
  const isWhole = body.length >= Number(headers.get('content-length') ?? 0)
  return isWhole ? { method, path, headers, body } : undefined
}
