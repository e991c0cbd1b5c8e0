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
import type { Server } from 'node:http'
import { fail } from '../contract/failure.ts'
import { operationRows, type Operation } from '../contract/operations.ts'
import { capConnections } from './cap-connections.ts'
import { createCors, type Cors } from './cors.ts'
import { logRequests } from './log-requests.ts'
import { mount } from './mount.ts'
import { OpenRequests } from './open-requests.ts'
import { answerClientError, replaceNodeAnswers } from './raw-answers.ts'
import { requestIdOf } from './request-id.ts'
import { factHeaders, requestStateOf } from './request-state.ts'
import { logRefusal, toErrorAnswer, toFailure } from './respond-error.ts'
import type { Services } from './services.ts'
import { turnOf } from './turns.ts'

const maxHeaderBytes = 16 * 1024
const headersTimeoutMs = 10_000
const requestTimeoutMs = 60_000

/** How long an answer that nobody takes keeps its connection, beyond the time that an answer may need. */
const untakenMs = 10_000

/** How long a stopping server writes the answers of those who waited, before it cuts them off. */
const lastAnswersMs = 2000

/** An HTTP server that is ready to listen. */
export interface Listener {
  /** Resolves with the port. */
  listen(options: { host: string; port: number }): Promise<number>
  /**
   * Stops accepting and lets requests in progress end. After `graceMs` those that wait for a
   * generation are answered, and a moment later whoever still does not take its answer is cut off.
   */
  drain(graceMs: number): Promise<void>
}

export function createListener(services: Services): Listener {
  const open = new OpenRequests()
  const cors = createCors(services.corsOrigins)
  const refuse: Refuse = (request, reply, error) =>
    respondError({ ...services, cors }, request, reply, error)
  let isDraining = false
  const app = Fastify({
    logger: false,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: services.keepAliveMs,
    // Closes a connection on which nothing moves, in or out. A stranger who asks and never reads
    // would otherwise hold it for ever, and all connections with a few hundred requests.
    connectionTimeout: services.longestAnswerMs + untakenMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Each GET of the table answers HEAD itself: Fastify's own way reads a whole file to drop it.
    exposeHeadRoutes: false,
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
      answerClientError(error, socket, services.publicUrl())
    },
    ...belowPath(services.publicPath),
    frameworkErrors: (error, request, reply) => {
      void refuse(request, reply, error)
    },
  })
  leaveBodiesUnread(app)
  // Node would drop those beyond the 2,000th in silence, an Idempotency-Key among them. Their bytes are bounded.
  app.server.maxHeadersCount = 0
  capConnections(app.server, services.limits.connections, services.log)
  app.setErrorHandler((error, request, reply) => refuse(request, reply, error))
  app.setNotFoundHandler(() => {
    throw new Error('unreachable: the hook below answers first')
  })
  app.addHook('onRequest', async (request, reply) => {
    await turnOf(request.raw, reply.raw)
    reply.headers(standingHeaders(request, cors))
    if (request.method === 'OPTIONS') {
      const allowed = cors.preflight(request, methodsOf(pathOf(request)))
      if (allowed !== undefined) return reply.code(204).headers(allowed).send()
    }
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
  replaceNodeAnswers(app, { publicUrl: services.publicUrl, cors })
  mount(app, services, open)
  logRequests(app, services.log)
  return {
    async listen({ host, port }) {
      await app.listen({ host, port })
      const address = app.server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    async drain(graceMs) {
      const stopWaiting = setTimeout(() => open.stopWaiting(), graceMs)
      const cut = setTimeout(() => app.server.closeAllConnections(), graceMs + lastAnswersMs)
      // Closing ends only the connections that are idle now; one whose answer is still to come
      // would then be kept open by its client for as long as keep-alive lasts.
      isDraining = true
      await app.close()
      clearTimeout(stopWaiting)
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

// The operation reads its body itself (read-body.ts); those without one never do.
function leaveBodiesUnread(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
}

type Refuse = (request: FastifyRequest, reply: FastifyReply, error: unknown) => Promise<void>

/** On every answer to a request, whatever becomes of it. */
function standingHeaders(request: FastifyRequest, cors: Cors): Record<string, string> {
  return {
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    ...cors.headersFor(request),
  }
}

async function respondError(
  { publicUrl, log, cors }: Services & { cors: Cors },
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): Promise<void> {
  const { facts } = requestStateOf(request)
  const ids = { requestId: request.id, generationId: facts.generationId }
  const failure = toFailure(error)
  const answer = toErrorAnswer(failure, publicUrl(), ids)
  // How a generation ends that goes on is not known, and neither is whether it will be charged.
  if (facts.isPending === true) delete facts.billed
  logRefusal(log, failure, ids)
  clearHeaders(reply)
  keepOpenForBody(request, reply)
  await reply
    .code(answer.status)
    .headers({ ...standingHeaders(request, cors), ...answer.headers })
    .send(answer.body)
}

/** What was on its way when it failed has left headers, Fastify's and Node's, that are not true of an error. */
function clearHeaders(reply: FastifyReply): void {
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
  if (reply.raw.headersSent) return
  for (const name of reply.raw.getHeaderNames()) reply.raw.removeHeader(name)
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
  const path = pathOf(request)
  const methods = methodsOf(path)
  if (methods.length === 0 && path.endsWith('/') && methodsOf(path.slice(0, -1)).length > 0) {
    return fail('not_found', 'route_unknown', {
      message:
        'There is nothing at this path, but there is at the same path without the slash at its end.',
    })
  }
  if (methods.length === 0) {
    return fail('not_found', 'route_unknown', {
      message: `There is nothing at this path. The reference at ${publicUrl}/docs lists what there is.`,
    })
  }
  const asksForList = request.method === 'GET' && path.endsWith('/generations')
  const hint = asksForList ? ' Generations of both types are listed at /v2/generations.' : ''
  return fail('not_found', 'method_unknown', {
    message: `This path exists for ${[...new Set(methods)].join(', ')}, not for ${request.method}.${hint} The reference at ${publicUrl}/docs shows how.`,
  })
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? ''
}

function methodsOf(path: string): Operation['method'][] {
  return operationRows
    .filter((operation) => matchesPath(operation.path, path))
    .map(({ method }) => method)
}

function matchesPath(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, index) =>
      part.startsWith('{') ? given[index] !== '' : part === given[index],
    )
  )
}
