import type { Exchange } from './answer.ts'
import { within } from './attempt.ts'
import { notify, type Call, type Callback, type CallOptions } from './call.ts'
import { AbortError, failureOfWait, isFilmgateError, TimeoutError } from './errors.ts'
import { createPath } from './generation.ts'
import type { CompletedGeneration, Generation, GenerationType } from './generation.ts'
import { keyFor } from './idempotency-key.ts'
import { namesGeneration, toGeneration } from './outcome.ts'
import { idOf } from './read-answer.ts'
import { inlineImages } from './reference-images.ts'
import { send, type Request } from './send.ts'
import { finished, recovered, stateOf, type Progress } from './wait.ts'

/** A generation that the server has taken on. */
export interface Accepted {
  generationId: string
  /** The key that found it: the same call with it joins the generation. */
  idempotencyKey: string
  type: GenerationType
}

/** Options of calls that create a generation. */
export interface CreateOptions extends CallOptions {
  /** 1-255 printable ASCII characters; random when omitted. For 24 hours the same key and parameters make no second generation. */
  idempotencyKey?: string | undefined
  /**
   * Told of the generation's id, once, as soon as it is known: of a film when it is accepted, of an
   * image with its answer. Keep it: it finds the generation whatever happens.
   */
  onAccepted?: Callback<Accepted>
}

/** Options of calls that wait for a generation. */
export interface WaitOptions extends CallOptions {
  /** Told of the generation's state, at least when it ends, and of a film when it is accepted too. */
  onProgress?: Callback<Progress>
}

/** Options of calls that create a generation and wait for it. */
export interface GenerateOptions extends CreateOptions, WaitOptions {}

/** What a generation is made of, and how. */
export interface Order {
  type: GenerationType
  /** Nobody else's to change. */
  params: object
  options: GenerateOptions
  prefer?: string | undefined
  accept?: (id: string) => void
}

/** Creates a generation and waits for it. */
export async function generate(call: Call, order: Order): Promise<Exchange<CompletedGeneration>> {
  const { type, options } = order
  const submitted = await submit(call, order)
  return typeof submitted === 'string'
    ? recovered(call, type, submitted, options.onProgress)
    : finished(call, type, submitted, options.onProgress)
}

/** Creates a generation without waiting for it. */
export async function create(call: Call, order: Order): Promise<Exchange<Generation>> {
  const submitted = await submit(call, order)
  return typeof submitted === 'string' ? stateOf(call, order.type, submitted) : submitted
}

/** The answer to a submission, or the id alone where the rest of a good one was lost. */
async function submit(call: Call, order: Order): Promise<Exchange<Generation> | string> {
  const { type, options, prefer, accept } = order
  checkNames(options)
  const request = await creationRequest(call, order)
  const { idempotencyKey } = request
  const tell = (id: string): void => {
    accept?.(id)
    const news = { generationId: id, idempotencyKey, type }
    call.settings.logger.info?.(`filmgate: generation ${id} accepted`, news)
    notify(call, options.onAccepted, news)
  }
  // An image is made before the answer comes. A film is only accepted, and prefers nothing, so
  // that its id is known at once and not after a wait that may break.
  if (type === 'image') request.workMs = call.settings.requestTimeout * 3
  if (prefer) request.prefer = prefer
  call.idempotencyKey = idempotencyKey
  try {
    const sent = await send(call, { ...request, isExpected: namesGeneration })
    const id = otherId(sent)
    if (id === undefined) {
      const answer = toGeneration(sent)
      tell(answer.data.id)
      return answer
    }
    tell(id)
    return id
  } catch (error) {
    const id = acceptedId(error)
    if (id === undefined) throw error
    tell(id)
    if (wasStopped(error)) throw failureOfWait(error, id, idempotencyKey)
    // It exists, though the answer that says so did not come whole. From here on it is only read.
    return id
  }
}

/** The generation that the header names, where the body is no generation, whatever id it has. */
function otherId({ data, headers }: Exchange<unknown>): string | undefined {
  const id = idOf(headers.get('X-Generation-Id'))
  const { id: found, status } = Object(data) as { id?: unknown; status?: unknown }
  return status === undefined && id !== found ? id : undefined
}

/** The request that creates a generation, or quotes it. */
export async function creationRequest(
  call: Call,
  { type, params, options }: Order,
): Promise<Request & { idempotencyKey: string }> {
  const keyed = keyFor(call, options.idempotencyKey)
  return {
    method: 'POST',
    path: createPath(type),
    body: await withImages(call, params),
    ...keyed,
  }
}

async function withImages(call: Call, params: object): Promise<object> {
  if (!('images' in params)) return params
  return within(call, () => inlineImages(call, params), 0)
}

/** The id in an error that does not say what became of the generation. */
function acceptedId(error: unknown): string | undefined {
  if (!isFilmgateError(error)) return undefined
  const { status = 0, generationId, billed } = error
  // What is said not to be billed has failed.
  const isThere = wasStopped(error) && billed !== false
  return (status >= 200 && status < 300) || isThere ? generationId : undefined
}

function wasStopped(error: unknown): boolean {
  return error instanceof AbortError || error instanceof TimeoutError
}

const names =
  'signal timeout maxRetries maxElapsed onRetry headers idempotencyKey onAccepted onProgress'.split(
    ' ',
  )

// TypeScript finds these. Without it, a misspelt key would be one that protects nothing.
function checkNames(options: object): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new TypeError(`${name} is not an option. There are ${names.join(', ')}.`)
    }
  }
}
