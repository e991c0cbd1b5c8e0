/**
 * Sockets and limits. Whatever arrives, a valid request or not, leaves with an answer of the
 * contract: Node's and Fastify's own answers are all replaced here.
 */
import Fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { fail } from '../contract/failure.ts'
import { operationRows } from '../contract/operations.ts'
import { newId } from '../storage/ids.ts'
import type { Logger } from '../telemetry/log.ts'
import { mount } from './mount.ts'
import { factHeaders, requestStateOf } from './request-state.ts'
import { toErrorAnswer, toFailure, toRawErrorAnswer } from './respond-error.ts'
import type { Services } from './services.ts'

/** Room for one reference image of 20 MiB as base64, and the rest of a request. */
const maxBodyBytes = 28 * 1024 * 1024
const maxHeaderBytes = 16 * 1024
const headersTimeoutMs = 10_000
const requestTimeoutMs = 60_000
/** Longer than the idle time-outs of common load balancers, so that they close first. */
const keepAliveTimeoutMs = 75_000

/** An HTTP server that is ready to listen. */
export interface Listener {
  /** Resolves with the port. */
  listen(options: { host: string; port: number }): Promise<number>
  /** Stops accepting, lets requests in progress end, cuts those that still wait after `graceMs`. */
  drain(graceMs: number): Promise<void>
}

export function createListener(services: Services): Listener {
  const waiting = new AbortController()
  let isDraining = false
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: (request) => requestIdOf(request),
    // No path is longer, so an id of any length is looked at, and not found.
    routerOptions: { maxParamLength: maxHeaderBytes },
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: 1000,
      // Node would answer a missing Host with an empty 400 of its own.
      requireHostHeader: false,
    },
    clientErrorHandler: (error, socket) => {
      answerRaw(socket, toRawErrorAnswer(error, services.publicUrl(), newId('req')))
    },
    ...belowPath(services.publicPath),
    frameworkErrors: (error, request, reply) => {
      void respondError(services, request, reply, error)
    },
  })
  acceptAnyBody(app)
  app.setErrorHandler((error, request, reply) => respondError(services, request, reply, error))
  app.setNotFoundHandler(() => {
    throw new Error('unreachable: the hook below answers first')
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    // The router takes `*`, which only OPTIONS may ask for, for the start page.
    if (request.is404 || request.url === '*') throw unknownRoute(request, services.publicUrl())
  })
  app.addHook('onSend', async (request, reply, payload) => {
    reply.headers(factHeaders(requestStateOf(request).facts))
    return payload
  })
  app.addHook('onResponse', async () => {
    if (isDraining) setImmediate(() => app.server.closeIdleConnections())
  })
  replaceNodeAnswers(app, services)
  mount(app, services, waiting.signal)
  logRequests(app, services.log)
  return {
    async listen({ host, port }) {
      await app.listen({ host, port })
      const address = app.server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    async drain(graceMs) {
      const cut = setTimeout(() => waiting.abort(), graceMs)
      // Closing ends only the connections that are idle now; one whose answer is still to come
      // would then be kept open by its client for as long as keep-alive lasts.
      isDraining = true
      await app.close()
      clearTimeout(cut)
    },
  }
}

/** For a proxy that passes the path of the public address on: it is taken off where a request has it. */
function belowPath(path: string): Pick<FastifyHttpOptions<Server>, 'rewriteUrl'> {
  if (path === '') return {}
  return {
    rewriteUrl({ url = '/' }) {
      const rest = url.startsWith(path) ? url.slice(path.length) : url
      if (rest === '' || rest.startsWith('?')) return `/${rest}`
      return rest.startsWith('/') ? rest : url
    },
  }
}

// Bodies are parsed by the operation, which knows what it wants; here they are only bytes.
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

async function respondError(
  { publicUrl, log }: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): Promise<void> {
  const { facts } = requestStateOf(request)
  const ids = { requestId: request.id, generationId: facts.generationId }
  const answer = toErrorAnswer(error, publicUrl(), ids)
  const failure = toFailure(error)
  const level =
    failure.code === 'server_error' && failure.reason !== 'cancelled' ? 'error' : 'debug'
  log[level](
    { ...ids, code: failure.code, reason: failure.reason, note: failure.note, err: failure.cause },
    'refused',
  )
  keepOpenForBody(request, reply)
  await reply
    .code(answer.status)
    .headers({ 'x-request-id': request.id, ...answer.headers })
    .send(answer.body)
}

/**
 * Closing with a body still coming in would reset the connection, and the answer with it. So it
 * stays open while Node reads the rest and drops it, at most until the request's time is over.
 */
function keepOpenForBody({ raw: request }: FastifyRequest, reply: FastifyReply): void {
  if (request.complete) return
  reply.removeHeader('connection')
  if (reply.raw.shouldKeepAlive) return
  reply.raw.shouldKeepAlive = true
  request.once('end', () => request.socket.end())
}

function unknownRoute(request: FastifyRequest, publicUrl: string) {
  const path = request.url.split('?', 1)[0] ?? ''
  const methods = operationRows
    .filter((operation) => matchesPath(operation.path, path))
    .map(({ method }) => method)
  if (methods.length === 0) {
    return fail('not_found', 'route_unknown', {
      message: `There is nothing at this path. The reference at ${publicUrl}/docs lists what there is.`,
    })
  }
  return fail('not_found', 'method_unknown', {
    message: `This path exists for ${[...new Set(methods)].join(', ')}, not for ${request.method}.`,
  })
}

function matchesPath(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith('{') || part === given[index])
  )
}

/** A valid id that the caller sent is kept, so that one id follows a request through all systems. */
function requestIdOf(request: { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.:/+=@-]{1,128}$/.test(given) ? given : newId('req')
}

/** Node answers these on its own, with bodies that are not the contract's. */
function replaceNodeAnswers(app: FastifyInstance, { publicUrl }: Services): void {
  const { server } = app
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
      ...headers,
    })
    response.end(text)
  })
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    const refusal = Object.assign(new Error('CONNECT'), { code: 'CONNECT' })
    answerRaw(socket, toRawErrorAnswer(refusal, publicUrl(), newId('req')))
  })
}

/** How long a refused socket may go on sending before it is cut. */
const lingerMs = 5000

/** Sockets that have their answer. The parser complains again about each packet that follows. */
const refused = new WeakSet<Duplex>()

/**
 * Answers on a socket whose request cannot be parsed. Closing at once, with bytes still coming in,
 * would reset the connection and could take the answer with it; so the rest is read and dropped.
 */
function answerRaw(
  socket: Duplex & { _httpMessage?: { headersSent: boolean } | null },
  answer: string,
): void {
  if (refused.has(socket)) return
  refused.add(socket)
  // An answer has begun: two in one would be worse than none.
  if (!socket.writable || socket._httpMessage?.headersSent === true) {
    socket.destroy()
    return
  }
  socket.removeAllListeners('data')
  socket.on('error', () => socket.destroy())
  socket.end(answer)
  socket.resume()
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

// A request that was received and never answered can be told from one that never came.
function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook('onRequest', async (request) => {
    log.debug({ requestId: request.id, method: request.method }, 'received')
  })
  app.addHook('onResponse', async (request, reply) => {
    const { facts, caller } = requestStateOf(request)
    log.debug(
      {
        requestId: request.id,
        generationId: facts.generationId,
        workspace: caller?.workspaceId,
        method: request.method,
        // Without the query, which can hold a signature.
        path: request.url.split('?', 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'answered',
    )
  })
}
