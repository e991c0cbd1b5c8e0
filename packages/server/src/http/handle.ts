import type { Static, TSchema } from 'typebox'
import type { RateLimitState } from '../admission/rate-limit.ts'
import type { operations, OperationId } from '../contract/operations.ts'
import type { Caller } from '../workspaces/api-keys.ts'
import type { LongTexts } from './open-body.ts'
import type { Preferences } from './prefer.ts'
import type { Services } from './services.ts'

/** Facts that become headers of whatever answer is given, errors included. */
export interface AnswerFacts {
  generationId?: string
  billed?: boolean
  /** The generation had not ended when it was last looked at. */
  isPending?: boolean
  rateLimit?: RateLimitState
  replayed?: boolean
}

type Row<Id extends OperationId> = (typeof operations)[Id]
type Part<Id extends OperationId, Name extends 'body' | 'params' | 'query'> =
  Row<Id> extends Record<Name, infer Schema extends TSchema> ? Static<Schema> : undefined

/** A request that has the form its operation demands, from a caller with a right to make it. */
export interface OperationRequest<Id extends OperationId> {
  body: Part<Id, 'body'>
  /** What of the body is too long for a string. Only for operations that have a body. */
  longTexts: Row<Id> extends { body: TSchema } ? LongTexts : undefined
  params: Part<Id, 'params'>
  query: Part<Id, 'query'>
  /** Only for operations that need a key. */
  caller: Row<Id> extends { auth: 'key' } ? Caller : undefined
  requestId: string
  idempotencyKey: string | undefined
  prefer: Preferences
  /** The query as it came, for operations without a schema for it. */
  rawQuery: Record<string, unknown>
  header(name: string): string | undefined
  facts: AnswerFacts
  /** Only the headers are wanted: those that GET would answer, and no body need be made. */
  isHead: boolean
  /** Aborts when the caller has gone or the server stops waiting. Never ends a generation. */
  signal: AbortSignal
}

/** What a route answers. An object is sent as JSON; text and streams as they are. */
export interface Answer {
  status: 200 | 202 | 206 | 304 | 503
  headers?: Record<string, string>
  body: object | string | NodeJS.ReadableStream | null
}

/** A route: one operation's request in, its answer out, or a thrown failure. */
export type Handler<Id extends OperationId> = (
  request: OperationRequest<Id>,
  services: Services,
) => Promise<Answer>

/** Names the operation that a handler implements. */
export function handle<Id extends OperationId>(_id: Id, handler: Handler<Id>): Handler<Id> {
  return handler
}
