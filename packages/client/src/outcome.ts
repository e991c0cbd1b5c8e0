/** What an answer about a generation comes to. */
import type { Exchange } from './answer.ts'
import { toError, type AnyFilmgateError } from './errors.ts'
import { errorCatalog } from './generated/errors.ts'
import type { FailedGeneration } from './generated/types.ts'
import { isWhole, type Generation } from './generation.ts'
import { claim, errorFields, idOf, isRecord } from './read-answer.ts'

/** Whether an answer names a generation. */
export function namesGeneration(data: unknown): boolean {
  return idOf((data as Partial<Record<string, unknown>>).id) !== undefined
}

/**
 * An answer that names a generation. One that is said to be completed and has no outputs, or has a
 * status that is unknown here, counts as pending: reading it tells more, and time limits that.
 */
export function toGeneration(answer: Exchange<unknown>): Exchange<Generation> {
  // The request had somebody look at it.
  const data = answer.data as Generation
  const isKnown = data.status === 'completed' || data.status === 'failed'
  return { ...answer, data: isKnown && isWhole(data) ? data : { ...data, status: 'pending' } }
}

/** The error of a generation that was accepted and ended as failed. */
export function failedError(
  answer: Exchange<unknown>,
  generation: FailedGeneration,
  { idempotencyKey }: { idempotencyKey?: string },
): AnyFilmgateError {
  const { hide } = answer
  const error: unknown = generation.error
  // Words, that is, and no data of anybody's.
  const told: unknown = JSON.parse(JSON.stringify(error ?? {}), (_name, value: unknown) =>
    typeof value === 'string' ? hide(value) : value,
  )
  const fields = errorFields(isRecord(told) ? told : {}, hide)
  const code = fields.code ?? 'server_error'
  const message = fields.message ?? 'The generation failed; the server does not say why.'
  const shouldRetry = claim(answer.headers.get('X-Should-Retry'))
  const { status, headers, requestId, billed, attempts } = answer
  // The next one would be paid for as well.
  const retryable = !billed && (shouldRetry ?? errorCatalog[code].retryable)
  const facts = {
    status,
    headers,
    requestId,
    billed,
    generationId: generation.id,
    // Of whatever kind it is.
    generation: { ...generation, error: told as FailedGeneration['error'] },
    idempotencyKey,
  }
  return toError({ ...fields, ...facts, code, message, retryable }, attempts)
}
