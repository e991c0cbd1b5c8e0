import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TObject } from 'typebox'
import { fail } from '../contract/failure.ts'
import { operationRows, type Operation, type OperationId } from '../contract/operations.ts'
import type { Caller } from '../workspaces/api-keys.ts'
import { authenticate, requireScope } from '../workspaces/authenticate.ts'
import type { Answer, AnswerFacts, OperationRequest } from './handle.ts'
import type { OpenRequests } from './open-requests.ts'
import { parseBody, parseQuery, parseValue } from './parse-request.ts'
import { parsePrefer } from './prefer.ts'
import { requestStateOf } from './request-state.ts'
import { routes } from './routes/index.ts'
import type { Services } from './services.ts'

/** Any operation's handler, as the table calls it: with a request that was checked against its row. */
type AnyHandler = (request: OperationRequest<OperationId>, services: Services) => Promise<Answer>

/** Mounts every operation of the contract. `open` has the requests that wait for an end. */
export function mount(app: FastifyInstance, services: Services, open: OpenRequests): void {
  for (const operation of operationRows) {
    // A handler accepts exactly what its own row lets through, which the types cannot say here.
    const handler: AnyHandler = routes[operation.id]
    app.route({
      method: operation.method === 'GET' ? ['GET', 'HEAD'] : operation.method,
      url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      onRequest: async (request) => {
        // Before the body is read: a stranger does not get to send 28 MiB.
        if (operation.auth === 'key') {
          const { authorization } = request.headers
          const now = services.clock()
          const caller = await authenticate(services.database.read, authorization, now)
          services.keyUse.record(caller.keyId)
          requireScope(caller, operation.scopes)
          requestStateOf(request).caller = caller
        }
      },
      handler: async (request, reply) => {
        const operationRequest = toOperationRequest(operation, request, () =>
          open.signalOf(reply.raw),
        )
        return send(reply, await handler(operationRequest, services))
      },
    })
  }
}

function toOperationRequest(
  operation: Operation,
  request: FastifyRequest,
  signalOf: () => AbortSignal,
): OperationRequest<OperationId> {
  const state = requestStateOf(request)
  const parsed = {
    body: operation.body === undefined ? undefined : checkedBody(operation.body, request),
    params: operation.params === undefined ? undefined : checkedParams(operation.params, request),
    query: operation.query === undefined ? undefined : checkedQuery(operation.query, request),
    caller: state.caller satisfies Caller | undefined,
    requestId: request.id,
    idempotencyKey:
      operation.body === undefined
        ? undefined
        : parseIdempotencyKey(headerOf(request, 'idempotency-key')),
    prefer: parsePrefer(headerOf(request, 'prefer')),
    rawQuery: request.query as Record<string, unknown>,
    header: (name: string) => headerOf(request, name),
    facts: state.facts satisfies AnswerFacts,
    isHead: request.method === 'HEAD',
    // Made when a handler first asks for it: most requests never wait.
    get signal() {
      return signalOf()
    },
  }
  // body, params and query were just checked against the row; the caller is there if it asks for one.
  return parsed as unknown as OperationRequest<OperationId>
}

function checkedBody(schema: TObject, request: FastifyRequest): unknown {
  const body = parseBody(request.body, request.headers['content-type'])
  parseValue(schema, body)
  return body
}

// An id of the wrong form names nothing that exists, so it is not found rather than invalid.
function checkedParams(schema: TObject, request: FastifyRequest): unknown {
  try {
    parseValue(schema, request.params)
  } catch (error) {
    throw fail('not_found', 'resource_unknown', {
      message: 'There is nothing with this id. Check that it was copied whole.',
      param: 'id',
      cause: error,
    })
  }
  return request.params
}

function checkedQuery(schema: TObject, request: FastifyRequest): unknown {
  const query = parseQuery(schema, request.query as Record<string, unknown>)
  parseValue(schema, query)
  return query
}

function parseIdempotencyKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw fail('invalid_parameter', 'idempotency_key_invalid', {
    message: 'The Idempotency-Key must be 1 to 255 printable ASCII characters.',
    param: 'Idempotency-Key',
  })
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status).headers(answer.headers ?? {})
  if (answer.body === null) return reply.send()
  return reply.send(answer.body)
}
