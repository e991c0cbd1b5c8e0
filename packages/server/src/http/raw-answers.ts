/**
 * Answers on sockets that Fastify never sees: bytes that are no HTTP request, requests that come
 * too slowly, and the two that Node would answer by itself. The rule for all of them: an error is
 * told only to the request it is about. A request that is complete and waits for its answer may be
 * accepted and paid for, and must not be told that what came after it was malformed.
 */
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { fail } from '../contract/failure.ts'
import { newId } from '../storage/ids.ts'
import type { Cors } from './cors.ts'
import { requestIdOf } from './request-id.ts'
import { toErrorAnswer, toRawErrorAnswer } from './respond-error.ts'

/** A socket of Node's server. */
type ClientSocket = Duplex & {
  bytesRead?: number
  /** Node's own: the answer that is due next on this connection. */
  _httpMessage?: (ServerResponse & { req: IncomingMessage }) | null
}

/** How long a refused socket may go on sending before it is cut. */
const lingerMs = 5000

/** Sockets that have their answer. The parser complains again about each packet that follows. */
const refused = new WeakSet<Duplex>()

/** Answers what the HTTP parser could not make a request of, or closes where nobody asked anything. */
export function answerClientError(
  error: Error & { code?: string },
  socket: ClientSocket,
  publicUrl: string,
): void {
  if (refused.has(socket)) return
  refused.add(socket)
  const due = socket._httpMessage ?? undefined
  if (due?.req.complete === true) {
    endAfter(due, socket)
    return
  }
  // A connection that never sent anything asked nothing. And where an answer has begun, a second
  // one in its middle would be worse than none.
  const isSilent = socket.bytesRead === 0
  if (!socket.writable || isSilent || due?.headersSent === true) {
    socket.destroy()
    return
  }
  answer(socket, toRawErrorAnswer(error, publicUrl, newId('req')))
}

/** Lets a request have its own answer, drops whatever else the socket sends, and closes it then. */
function endAfter(due: ServerResponse, socket: Duplex): void {
  due.shouldKeepAlive = false
  due.once('close', () => end(socket))
  drop(socket)
}

/**
 * Answers on a socket whose request cannot be parsed. Closing at once, with bytes still coming in,
 * would reset the connection and could take the answer with it; so the rest is read and dropped.
 */
function answer(socket: Duplex, text: string): void {
  drop(socket)
  end(socket, text)
}

function end(socket: Duplex, text = ''): void {
  socket.end(text)
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

function drop(socket: Duplex): void {
  socket.removeAllListeners('data')
  socket.on('error', () => socket.destroy())
  socket.resume()
}

/** Node answers these on its own, with bodies that are not the contract's. */
export function replaceNodeAnswers(
  { server }: FastifyInstance,
  { publicUrl, cors }: { publicUrl: () => string; cors: Cors },
): void {
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const requestId = requestIdOf(request)
    const failure = fail('invalid_parameter', 'expectation_unsupported', {
      message: 'The Expect header asks for something that this server does not do. Remove it.',
    })
    const { status, headers, body } = toErrorAnswer(failure, publicUrl(), { requestId })
    const text = JSON.stringify(body)
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
      ...cors.headersFor(request),
      ...headers,
    })
    response.end(text)
  })
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    const refusal = Object.assign(new Error('CONNECT'), { code: 'CONNECT' })
    answerClientError(refusal, socket, publicUrl())
  })
}
