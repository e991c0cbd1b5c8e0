import type { AddressGuard } from './address-guard.ts'
import { checkHost } from './check-host.ts'
import { startExchange } from './http-exchange.ts'
import type { Lines } from './http-lines.ts'
import { NoAnswerError } from './no-answer.ts'
import { systemLookup, type Lookup } from './resolve-host.ts'

export { NoAnswerError } from './no-answer.ts'

/** An answer whose headers arrived. A status that arrived counts, whatever becomes of the body. */
export interface HttpAnswer {
  status: number
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>
  /**
   * Streams the body; may be read once. Destroys the connection if the consumer stops early. Throws
   * if it breaks off before its end (content-length not met, chunked without end), if it is silent
   * for too long, and if it is encoded although no encoding was asked for.
   */
  body(): AsyncIterable<Uint8Array>
  /**
   * The body as text, at most maxBytes (the rest is dropped and isCut says so); a body that breaks
   * off gives what came, with isCut true. Never throws for what the upstream does, but for the signal.
   */
  text(maxBytes: number): Promise<{ text: string; isCut: boolean }>
  /** Drops the body, and the connection with it unless the body has ended. */
  discard(): void
}

/** What is sent. Nothing of it is ever sent a second time. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  url: URL | string
  headers?: Record<string, string>
  body?: string | Uint8Array | (() => AsyncIterable<Uint8Array>)
  /** The length of a body that is a stream; without it the body goes out in chunks. */
  bodyBytes?: number
  /** Ends the request, and afterwards the body, at once; both throw its reason. */
  signal: AbortSignal
  /** Until the headers are here, from the call on: a wait for a free connection counts. */
  timeoutMs: number
  /**
   * On the clock of `performance.now()`: a request of which nothing has left by then never leaves,
   * and fails as not sent. A process can be frozen between deciding to send and sending.
   */
  notAfter?: number
  /** Longest silence within the body; `timeoutMs` when omitted. A consumer may take its time. */
  idleMs?: number
}

/**
 * HTTP/1.1 with a pool of connections for each origin. Never follows a redirect, never repeats a
 * request, knows no proxy from the environment.
 */
export interface HttpClient {
  /**
   * Rejects with a `NoAnswerError`, or with the signal's reason. An answer has to be read or
   * discarded: one that is left alone keeps its connection.
   */
  request(request: HttpRequest): Promise<HttpAnswer>
  /** Ends all connections at once; what is under way fails as if they had broken. */
  close(): Promise<void>
}

/** Settings of a client. */
export interface HttpClientOptions {
  /** undefined: any address (the operator's own upstream). */
  guard?: AddressGuard
  /** Most connections to one origin; more requests wait for one of them. */
  connections?: number
  maxHeaderBytes?: number
  userAgent: string
  /** How the guard's addresses are found; replaced in tests only. */
  lookup?: Lookup
}

const defaultConnections = 256
const defaultMaxHeaderBytes = 32 * 1024

/** A client that opens its connections with the first request to each origin. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { guard, userAgent } = options
  let opened: Promise<Lines> | undefined
  let isClosed = false

  return {
    async request(request) {
      request.signal.throwIfAborted()
      const url = toTarget(request.url, guard)
      if (isClosed) throw new NoAnswerError('the client is closed', { sent: 'no' })
      opened ??= openLines(options)
      return startExchange(await opened, {
        ...request,
        url,
        headers: toHeaders(request, userAgent),
        idleMs: request.idleMs ?? request.timeoutMs,
      })
    },
    async close() {
      isClosed = true
      await (await opened)?.close()
    },
  }
}

// Loaded with the first request: the library is a good part of the start.
async function openLines(options: HttpClientOptions): Promise<Lines> {
  const { guard, lookup = systemLookup } = options
  const { createLines } = await import('./http-lines.ts')
  return createLines({
    connections: options.connections ?? defaultConnections,
    maxHeaderBytes: options.maxHeaderBytes ?? defaultMaxHeaderBytes,
    ...(guard === undefined ? {} : { guarded: { guard, lookup } }),
  })
}

function toTarget(given: URL | string, guard: AddressGuard | undefined): URL {
  if (!URL.canParse(String(given))) throw refused('the address is not a valid web address')
  const url = new URL(given)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refused('the address is neither http nor https')
  // They would be dropped without a word; credentials belong into a header.
  if (url.username !== '' || url.password !== '')
    throw refused('the address has a user name or a password in it')
  if (guard === undefined) return url
  const host = checkHost(url, guard)
  if (host === 'host') throw refused('the host is not on the public internet')
  if (host === 'port') throw refused('the port is not one that may be connected to')
  // A certificate never names the trailing dot of an absolute name.
  if (url.hostname.endsWith('.')) url.hostname = host.hostname
  return url
}

function refused(message: string): NoAnswerError {
  return new NoAnswerError(message, { sent: 'no' })
}

function toHeaders({ headers, body, bodyBytes }: HttpRequest, userAgent: string) {
  const named = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return {
    'user-agent': userAgent,
    ...(Object.fromEntries(named) as Record<string, string>), // Of pairs of strings.
    // What comes encoded may grow to a thousand times its size.
    'accept-encoding': 'identity',
    ...(typeof body === 'function' && bodyBytes !== undefined
      ? { 'content-length': String(bodyBytes) }
      : {}),
  }
}
