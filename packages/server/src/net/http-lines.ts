import type { Socket } from 'node:net'
import { Agent, buildConnector, Client, Pool, type Dispatcher } from 'undici'
import type { AddressGuard } from './address-guard.ts'
import { checkHost } from './check-host.ts'
import { within } from './deadline.ts'
import { pinnedConnector } from './pinned-connector.ts'
import { resolveHost, type Lookup } from './resolve-host.ts'

/**
 * One connection of a pool. Undici holds a body back by pausing its parser, and version 7 crashes the
 * process when the other side closes or resets a connection whose parser is paused. So we never pause
 * it; the socket gives it nothing to parse instead. Lifts with undici 8, which needs Node 22.
 */
export interface Line {
  /** Stops reading, so that the sender has to wait. */
  hold(): void
  release(): void
}

export interface LineRequest extends Dispatcher.DispatchOptions {
  /** Told which line the request goes to, before anything of it is sent. */
  onLine(line: Line): void
}

/** The connections of a client, a pool for each origin. */
export interface Lines {
  dispatch(request: LineRequest, handler: Dispatcher.DispatchHandler): void
  close(): Promise<void>
}

export interface LineSettings {
  connections: number
  maxHeaderBytes: number
  /** Addresses are found and checked for each connection; absent, the system finds them. */
  guarded?: { guard: AddressGuard; lookup: Lookup }
}

const connectTimeoutMs = 10_000

export function createLines({ connections, maxHeaderBytes, guarded }: LineSettings): Lines {
  const connector = guarded === undefined ? openConnector() : guardedConnector(guarded)
  const sockets = new Set<Socket>()
  let isClosed = false

  const connect: buildConnector.connector = (options, callback) => {
    connector(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      if (isClosed) {
        socket.destroy()
        return callback(new Error('the client is closed'), null)
      }
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      socket.prependListener('error', asBroken)
      callback(null, socket)
    })
  }
  const agent = new Agent({
    connections,
    pipelining: 1,
    maxHeaderSize: maxHeaderBytes,
    // Each exchange has its own clocks.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
    factory: (origin, options) => new Pool(origin, { ...options, factory: createLine }),
  })

  return {
    dispatch: (request, handler) => void agent.dispatch(request, handler),
    async close() {
      isClosed = true
      await agent.destroy()
      // A pool forgets the lines whose connection once failed.
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A client of undici for one connection at a time, which tells each request its line. */
function createLine(origin: URL, { connect, ...options }: LineOptions): Client {
  let gate: Line | undefined
  const line: Line = { hold: () => gate?.hold(), release: () => gate?.release() }
  const client = new Client(origin, {
    ...options,
    connect: (target, callback) =>
      connect(target, (...result) => {
        const [error, socket] = result
        if (error === null) gate = gateOf(socket)
        callback(...result)
      }),
  })
  const dispatch = client.dispatch.bind(client)
  client.dispatch = (request, handler) => {
    // Whatever the pools hand on came from `dispatch` above.
    ;(request as LineRequest).onLine(line)
    return dispatch(request, handler)
  }
  return client
}

interface LineOptions extends Omit<Client.Options, 'connect'> {
  connect: buildConnector.connector
}

/** The parser takes what it wants by `read`, and asks again when it hears `readable`. */
function gateOf(socket: Socket): Line {
  const read = socket.read.bind(socket)
  let isHeld = false
  // As Node's own types have it: whatever is read from a socket is any.
  socket.read = (size?: number): ReturnType<Socket['read']> => (isHeld ? null : read(size))
  return {
    hold: () => {
      isHeld = true
    },
    release() {
      if (!isHeld) return
      isHeld = false
      // Later, since the parser may be at work right now, and must not be entered twice.
      queueMicrotask(() => {
        if (!isHeld && !socket.destroyed) socket.emit('readable')
      })
    },
  }
}

// Undici takes a reset for the end of a body that has no length; and one that strikes between two
// requests would fail the next, though nothing of it was sent.
function asBroken(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'UND_ERR_SOCKET'
}

function openConnector(): buildConnector.connector {
  return buildConnector({ autoSelectFamily: true, timeout: connectTimeoutMs, allowH2: false })
}

function guardedConnector({ guard, lookup }: { guard: AddressGuard; lookup: Lookup }) {
  const open = async (options: buildConnector.Options): Promise<buildConnector.connector> => {
    const { protocol, hostname, port } = options
    const bracketed = hostname.includes(':') ? `[${hostname}]` : hostname
    const host = checkHost(new URL(`${protocol}//${bracketed}:${port}`), guard)
    if (typeof host === 'string') throw new Error(`the ${host} is refused`)
    const addresses = await within(connectTimeoutMs, undefined, (signal) =>
      resolveHost(host, { guard, lookup, signal }),
    )
    const isAllowed = (address: string) => guard.isAllowedAddress(address, host.isListed)
    return pinnedConnector(addresses, { timeoutMs: connectTimeoutMs, isAllowed })
  }
  const connect = async (options: buildConnector.Options, callback: buildConnector.Callback) => {
    let connector: buildConnector.connector
    try {
      connector = await open(options)
    } catch (error) {
      return callback(error instanceof Error ? error : new Error(String(error)), null)
    }
    connector(options, callback)
  }
  const connector: buildConnector.connector = (...given) => void connect(...given)
  return connector
}
