import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'

export type Route = (request: IncomingMessage, response: ServerResponse) => void

/** A web server on 127.0.0.1 whose paths are given by the test. */
export interface PictureHost {
  port: number
  requests: string[]
  /** Connections open right now. */
  openConnections(): number
  close(): Promise<void>
}

export async function startPictureHost(routes: Record<string, Route>): Promise<PictureHost> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    requests.push(path)
    response.on('error', () => undefined)
    const route = routes[path]
    if (route === undefined) response.writeHead(404).end('nothing here')
    else route(request, response)
  })
  const sockets = trackSockets(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(server),
    requests,
    openConnections: () => sockets.size,
    close: () => closeServer(server, sockets),
  }
}

/** A listener on every address of this machine, on one port: whoever connects is counted. */
export interface Tripwire {
  port: number
  connections(): number
  close(): Promise<void>
}

export async function startTripwire(): Promise<Tripwire> {
  let count = 0
  const server = createTcpServer((socket) => {
    count++
    socket.on('error', () => undefined)
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret')
  })
  const sockets = trackSockets(server)
  server.listen(0, '::')
  await once(server, 'listening')
  return {
    port: portOf(server),
    connections: () => count,
    close: () => closeServer(server, sockets),
  }
}

function trackSockets(server: { on(event: 'connection', on: (socket: Socket) => void): unknown }) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return sockets
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}

async function closeServer(
  server: { close(done: () => void): unknown },
  sockets: Set<Socket>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const socket of sockets) socket.destroy()
  await closed
}
