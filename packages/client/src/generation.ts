import type { Exchange, Received } from './answer.ts'
import { toError, type AnyFilmgateError } from './errors.ts'
import { errorCatalog } from './generated/errors.ts'
import type {
  CompletedImage,
  CompletedVideo,
  FailedGeneration,
  PendingGeneration,
} from './generated/types.ts'
import { claim, errorFields } from './read-answer.ts'

/** The two kinds of generation. */
export type GenerationType = 'image' | 'video'

/** A finished generation. */
export type CompletedGeneration = CompletedImage | CompletedVideo

/** A generation in any state. */
export type Generation = PendingGeneration | FailedGeneration | CompletedGeneration

/** Where generations of a kind are made. */
export function createPath(type: GenerationType): string {
  return `/v2/${type}s/generations`
}

/** Path of one generation. Throws a TypeError for an id that would lead elsewhere. */
export function pathOf(type: GenerationType, id: string): string {
  checkId(id)
  return `${createPath(type)}/${encodeURIComponent(id)}`
}

/** Throws a TypeError for what is no id: nothing at all, or a step to another path. */
export function checkId(id: unknown): void {
  if (typeof id === 'string' && /[^.\s]/.test(id)) return
  throw new TypeError(`A generation id is needed, but ${JSON.stringify(id)} was given.`)
}

/** Whether an answer names a generation. */
export function namesGeneration(data: unknown): boolean {
  const { id } = data as Partial<Record<string, unknown>>
  return typeof id === 'string' && /^[!-~]{1,255}$/.test(id)
}

/** Whether an answer tells the state of this generation. The rest of it is taken on the contract's word. */
export function isStateOf(id: string): (data: unknown) => boolean {
  return (data) => {
    const { id: told, status } = data as Partial<Generation>
    // Both were looked at, and a completed one is looked into.
    return told === id && typeof status === 'string' && isWhole(data as Generation)
  }
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

function isWhole(generation: Generation): boolean {
  return generation.status !== 'completed' || Array.isArray(generation.data)
}

/** The error of a generation that was accepted and ended as failed. */
export function failedError(
  answer: Received<unknown>,
  generation: FailedGeneration,
  { idempotencyKey }: { idempotencyKey?: string },
): AnyFilmgateError {
  const fields = errorFields({ ...generation.error })
  const code = fields.code ?? 'server_error'
  const message = fields.message ?? 'The generation failed; the server does not say why.'
  const shouldRetry = claim(answer.headers.get('X-Should-Retry'))
  const retryable = shouldRetry ?? errorCatalog[code].retryable
  const { status, headers, requestId, billed, attempts } = answer
  const facts = {
    status,
    headers,
    requestId,
    billed,
    generationId: generation.id,
    generation,
    idempotencyKey,
  }
  return toError({ ...fields, ...facts, code, message, retryable }, attempts)
}
