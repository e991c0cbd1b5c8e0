import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type, { type TObject } from 'typebox'
import { fail } from '../contract/failure.ts'
import { operationRows, type Operation, type OperationId } from '../contract/operations.ts'
import type { Caller } from '../workspaces/api-keys.ts'
import { authenticate, requireScope } from '../workspaces/authenticate.ts'
import { createBodyBudget, type BodyBudget } from './body-budget.ts'
import { checkContentHeaders } from './content-headers.ts'
import type { Answer, AnswerFacts, OperationRequest } from './handle.ts'
import { openBody, type OpenBody } from './open-body.ts'
import type { OpenRequests } from './open-requests.ts'
import { parseQuery, parseValue } from './parse-request.ts'
import { parsePrefer } from './prefer.ts'
import { requestStateOf } from './request-state.ts'
import { routes } from './routes/index.ts'
import type { Services } from './services.ts'

/** Any operation's handler, as the table calls it: with a request that was checked against its row. */
type AnyHandler = (request: OperationRequest<OperationId>, services: Services) => Promise<Answer>

/** Mounts every operation of the contract. `open` has the requests that wait for an end. */
export function mount(app: FastifyInstance, services: Services, open: OpenRequests): void {
  const budget = createBodyBudget(services.limits)
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
        const body = await receiveBody(operation, request, budget)
        try {
          const signalOf = () => open.signalOf(reply.raw)
          const operationRequest = toOperationRequest(operation, { request, body, signalOf })
          return send(reply, await handler(operationRequest, services))
        } finally {
          body?.longTexts.release()
        }
      },
    })
  }
}

/** The body of an operation that has one; nothing is read for the others. */
async function receiveBody(
  { body: schema }: Operation,
  request: FastifyRequest,
  budget: BodyBudget,
): Promise<OpenBody | undefined> {
  if (schema === undefined) return undefined
  checkContentHeaders(request.headers)
  const { caller } = requestStateOf(request)
  const body = await openBody(
    request.raw,
    budget.open(`${caller?.workspaceId ?? ''} ${caller?.mode ?? ''}`),
  )
  try {
    parseValue(schema, body.value)
  } catch (error) {
    body.longTexts.release()
    throw error
  }
  return body
}

function toOperationRequest(
  operation: Operation,
  {
    request,
    body,
    signalOf,
  }: { request: FastifyRequest; body: OpenBody | undefined; signalOf: () => AbortSignal },
): OperationRequest<OperationId> {
  const state = requestStateOf(request)
  const parsed = {
    body: body?.value,
    longTexts: body?.longTexts,
    params: operation.params === undefined ? undefined : checkedParams(operation.params, request),
    query: checkedQuery(operation, request),
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

// An id of the wrong form names nothing that exists, so it is not found rather than invalid.
function checkedParams(schema: TObject, request: FastifyRequest): unknown {
  try {
    parseValue(schema, request.params)
  } catch (error) {
    throw fail('not_found', 'resource_unknown', {
      message: Object.values(request.params as Record<string, string>).includes('')
        ? 'The path ends where an id belongs. Write the id after the last slash.'
        : 'There is nothing with this id. Check that it was copied whole.',
      param: 'id',
      cause: error,
    })
  }
  return request.params
}

const noQuery = Type.Object({}, { additionalProperties: false })

// Nothing that a client of the API sends is silently ignored. Links that people open are another
// matter: mail programs and trackers add parameters of their own to them.
function checkedQuery({ auth, query }: Operation, request: FastifyRequest): unknown {
  if (query === undefined && auth === 'none') return undefined
  return parseQuery(query ?? noQuery, request.query as Record<string, unknown>)
}

function parseIdempotencyKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw fail('invalid_parameter', 'idempotency_key_invalid', {
    message:
      'The Idempotency-Key must be 1 to 255 printable ASCII characters; a UUID is a good one.',
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
