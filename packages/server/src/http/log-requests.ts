import type { FastifyInstance } from 'fastify'
import { operationRows } from '../contract/operations.ts'
import type { Logger } from '../telemetry/log.ts'
import { requestStateOf } from './request-state.ts'

/**
 * Logs at the level `debug` that a request was received, and how it was answered: a request that
 * never was answered can be told from one that never came.
 */
export function logRequests(app: FastifyInstance, log: Logger): void {
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
        path: toSafePath(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'answered',
    )
  })
}

const paths = operationRows.map(({ path }) => path.split('/'))

/**
 * The path as far as its words are ours, and how many others there are. What a caller puts into a
 * path may be anything: the signature of a link whose question mark was lost, a key, a prompt.
 */
export function toSafePath(url: string): string {
  const words = (url.split('?', 1)[0] ?? '').split('/')
  const known = words.findIndex((_, index) => !paths.some((path) => begins(path, words, index)))
  if (known === -1) return words.join('/')
  const others = words.length - known
  return `${words.slice(0, known).join('/')}/… (${others} more)`
}

function begins(path: readonly string[], words: readonly string[], last: number): boolean {
  return words.slice(0, last + 1).every((word, index) => path[index] === word)
}
