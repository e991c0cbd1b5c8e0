import {
  isFilmgateError,
  WaitInterruptedError,
  type AnyFilmgateError,
  type CompletedImage,
  type CompletedVideo,
  type CreateOptions,
  type ErrorObject,
  type FailedGeneration,
  type Filmgate,
  type Received,
} from '@filmgate/client'
import { toCallError } from './call-error.ts'
import type { Warning } from './frame.ts'

/** Facts as JSON, in a type that fits every version of the AI SDK. */
type Metadata = Record<string, string | number | boolean | null | undefined>

type Finished = Received<CompletedImage> | Received<CompletedVideo>

/**
 * The bytes of a finished generation. The client fetches them, since the AI SDK refuses links to
 * private addresses, which those of a gateway at home are. `again` is what sending the call again does.
 */
export async function fetchOutput(
  client: Filmgate,
  answer: Finished,
  signal: AbortSignal | undefined,
  again: 'orders' | 'reads',
): Promise<{ bytes: Uint8Array<ArrayBuffer>; mediaType: string }> {
  const output = firstOutput(answer)
  const url = textOf(output.url)
  const mime_type = textOf(output.mime_type)
  try {
    if (!url) throw new TypeError('The answer names no file.')
    const source = { url, ...(mime_type && { mime_type }) }
    const blob = await client.download(source, undefined, { signal })
    const bytes = new Uint8Array(await blob.arrayBuffer())
    return { bytes, mediaType: mime_type || blob.type }
  } catch (error) {
    throw toCallError(withoutFile(answer, error, again), { url: url ?? '', again })
  }
}

// Whatever keeps the file from coming, the generation may have been paid for and must be named.
function withoutFile(
  { data, billed }: Finished,
  error: unknown,
  again: 'orders' | 'reads',
): WaitInterruptedError {
  const known: Partial<AnyFilmgateError> = isFilmgateError(error) ? error : {}
  const { status, headers, requestId, retryAfterMs, retryable = false, attempts = 1 } = known
  const reason = error instanceof Error ? error.message : String(error)
  const message = `Generation ${data.id} is finished, but its file could not be fetched: ${reason}`
  return new WaitInterruptedError('wait_interrupted', message, {
    status,
    headers,
    requestId,
    retryAfterMs,
    attempts,
    billed,
    generationId: data.id,
    retryable: again === 'reads' && retryable,
    cause: error,
  })
}

type Loose<T> = { [K in keyof T]?: T[K] | undefined }

/** What is known of a result besides its bytes. */
export function metadataOf(answer: Finished): Metadata {
  const { mime_type: _, ...output } = firstOutput(answer)
  const { usage } = loose(answer)
  return {
    // Not over what is known otherwise, whatever names a server gives to its fields.
    ...output,
    id: answer.data.id,
    cost: usage?.total_cost,
    billed: answer.billed,
    request_id: answer.requestId,
  }
}

/** A film that ended as failed. The AI SDK keeps the text alone when it polls by itself, so that names all. */
export function failureOf(
  { billed }: Received<unknown>,
  { id, error }: FailedGeneration,
): { status: 'error'; error: string; providerMetadata: { filmgate: Metadata } } {
  // On foreign servers every field may be missing, or be anything.
  const given: Loose<ErrorObject> = error ?? {}
  const code = wordsOf(given.code)
  const message = wordsOf(given.message)
  const param = given.param === null ? null : wordsOf(given.param)
  const doc_url = wordsOf(given.doc_url)
  return {
    status: 'error',
    error: `${message ?? 'The film failed'} (${code ?? 'server_error'}, generation ${id})`,
    providerMetadata: { filmgate: { id, code, message, param, doc_url, billed } },
  }
}

/** `response` of a result. */
export function responseOf(
  { data, headers }: Received<unknown>,
  modelId: string,
  timestamp: Date,
): { timestamp: Date; modelId: string; headers: Record<string, string> } {
  const { model } = data as { model?: unknown }
  return { timestamp, modelId: textOf(model) ?? modelId, headers: Object.fromEntries(headers) }
}

/**
 * Warns of a generation that was there before. Several pictures asked for under one key, for one, are
 * a single picture several times.
 */
export function replayWarnings(
  { headers, attempts }: Received<unknown>,
  { idempotencyKey }: CreateOptions,
): Warning[] {
  // A repeated request of this very call is answered like that as well, and is no news.
  const isReplay = headers.get('Idempotent-Replayed') === 'true' && attempts === 1
  if (!isReplay || idempotencyKey === undefined) return []
  const message = `The idempotency key ${idempotencyKey} was used before: this is what it made then. Nothing new was made or billed.`
  return [{ type: 'other', message }]
}

/** The first output of a finished generation, which has no other. Fields may be missing on foreign servers. */
export function firstOutput(
  answer: Finished,
): Partial<CompletedImage['data'][number] & CompletedVideo['data'][number]> {
  return loose(answer).data?.[0] ?? {}
}

// The client has looked at id and status; the rest is on the server's word, and a picture that was
// paid for must not be lost for a price that is missing.
function loose({ data }: Finished): Partial<CompletedImage | CompletedVideo> {
  return data
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

// On one line, without what steers a terminal, and no longer than somebody reads.
function wordsOf(value: unknown): string | undefined {
  return (
    textOf(value)
      ?.slice(0, 2_000)
      .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ') || undefined
  )
}
