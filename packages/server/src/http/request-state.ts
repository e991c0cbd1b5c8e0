import type { FastifyRequest } from 'fastify'
import type { Caller } from '../workspaces/api-keys.ts'
import type { AnswerFacts } from './handle.ts'

/** What is learnt about a request on its way, kept beside it. */
export interface RequestState {
  caller: Caller | undefined
  facts: AnswerFacts
}

const states = new WeakMap<FastifyRequest, RequestState>()

/** The state of a request, made at first use. */
export function requestStateOf(request: FastifyRequest): RequestState {
  const known = states.get(request)
  if (known !== undefined) return known
  const state: RequestState = { caller: undefined, facts: {} }
  states.set(request, state)
  return state
}

/** The headers that the facts amount to. */
export function factHeaders({
  generationId,
  billed,
  rateLimit,
  replayed,
}: AnswerFacts): Record<string, string> {
  return {
    ...(generationId === undefined ? {} : { 'x-generation-id': generationId }),
    ...(billed === undefined ? {} : { 'x-billed': String(billed) }),
    ...(replayed === true ? { 'idempotent-replayed': 'true' } : {}),
    ...(rateLimit === undefined
      ? {}
      : {
          'x-ratelimit-limit': String(rateLimit.limit),
          'x-ratelimit-remaining': String(rateLimit.remaining),
          'x-ratelimit-reset': String(rateLimit.resetAtSeconds),
        }),
  }
}
