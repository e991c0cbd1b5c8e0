import type { Received } from './answer.ts'
import { notify, type Call } from './call.ts'
import { ConnectionError, GenerationFailedError, NotFoundError, TimeoutError } from './errors.ts'
import { errorCatalog } from './generated/errors.ts'
import type {
  CompletedImage,
  CompletedVideo,
  FailedGeneration,
  PendingGeneration,
} from './generated/types.ts'
import { errorFields } from './read-answer.ts'
import { retryAfterMs, seconds, sleep } from './retry.ts'
import { send, type Request } from './send.ts'

// A held answer stays below the 30 s after which common proxies cut a silent connection. Somebody
// who watches the progress wants news more often than that.
const holdSeconds = 25
const watchedHoldSeconds = 1

const firstPollMs = 1_000
const longestPollMs = 10_000

/** The two kinds of generation. */
export type GenerationType = 'image' | 'video'

/** A finished generation. */
export type CompletedGeneration = CompletedImage | CompletedVideo

/** A generation in any state. */
export type Generation = PendingGeneration | FailedGeneration | CompletedGeneration

/** News of a generation that somebody waits for. */
export interface Progress {
  generationId: string
  state: Generation['status']
  /** Milliseconds since the call began. */
  elapsedMs: number
  /** Share of the work done, 0-1, where the server tells. */
  progress?: number
  /** Jobs ahead of this one, where the server tells. */
  queuePosition?: number
}

/** Somebody to tell of progress. */
export type Watcher = ((progress: Progress) => void) | undefined

/** Path of one generation, or of its kind. */
export function pathOf(type: GenerationType, id?: string): string {
  return `/v2/${type}s/generations${id === undefined ? '' : `/${encodeURIComponent(id)}`}`
}

/**
 * Takes an answer about a generation and waits until the generation has ended. Throws
 * GenerationFailedError when it ended as failed; any other error leaves it running.
 */
export async function finished<T extends CompletedGeneration>(
  call: Call,
  type: GenerationType,
  first: Received<unknown>,
  watch: Watcher,
): Promise<Received<T>> {
  let answer = asGeneration(first)
  let pollMs = firstPollMs
  // The first read goes out at once: a server that can hold its answer need not be left alone first.
  let heldMs = Infinity
  const hold = watch ? watchedHoldSeconds : holdSeconds
  for (;;) {
    report(call, answer.data, watch)
    if (answer.data.status === 'failed') throw failedError(answer, answer.data)
    // The kind asked for is the kind that comes: the path names it.
    if (answer.data.status === 'completed') return answer as Received<unknown> as Received<T>
    const { id } = answer.data
    // A server that held the answer has done the waiting. One that answered at once is asked
    // again when it says, or else ever less often.
    if (heldMs < hold * 1_000 - 50) {
      const asked = retryAfterMs(answer.headers)
      const { clock } = call.settings
      await rest(call, id, asked ?? pollMs * (0.8 + 0.4 * clock.random()))
      pollMs = Math.min(longestPollMs, pollMs * 1.5)
    }
    const askedAt = call.settings.clock.now()
    answer = await read(call, type, id, hold)
    heldMs = call.settings.clock.now() - askedAt
  }
}

/** Reads a generation, and waits until it has ended if it has not. Without a type it finds out which it is. */
export async function resume(
  call: Call,
  type: GenerationType | undefined,
  id: string,
  watch: Watcher,
): Promise<Received<CompletedGeneration>> {
  if (type) return finished(call, type, await read(call, type, id, 0), watch)
  try {
    return await finished(call, 'video', await read(call, 'video', id, 0), watch)
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    const image = await read(call, 'image', id, 0).catch((second: unknown) => {
      // A server without image generations of their own has no such route, and answers anything.
      // That the id is unknown is the truth either way.
      throw second instanceof NotFoundError || second instanceof ConnectionError ? error : second
    })
    return finished(call, 'image', image, watch)
  }
}

// Reads cost nothing and change nothing, so only time limits how often they are repeated.
async function read(
  call: Call,
  type: GenerationType,
  id: string,
  hold: number,
): Promise<Received<Generation>> {
  const request: Request = {
    method: 'GET',
    path: pathOf(type, id),
    generationId: id,
    workMs: hold * 1_000,
    ifLost: goesOn(id),
    ...(hold > 0 && { prefer: `wait=${hold}` }),
  }
  return asGeneration(await send({ ...call, maxRetries: Infinity }, request))
}

function goesOn(id: string): string {
  return `Generation ${id} goes on; generations.wait('${id}') resumes waiting.`
}

async function rest(call: Call, id: string, ms: number): Promise<void> {
  const { clock } = call.settings
  const leftMs = call.endsAt - clock.now()
  await sleep(clock, Math.min(ms, leftMs), call.signal)
  // An abort is noticed by the next request. The end of the time is told here, for that request
  // could only say that nobody answered.
  if (ms < leftMs || call.signal?.aborted) return
  const message = `The generation did not end within ${seconds(call.timeout)} (timeout). ${goesOn(id)}`
  throw new TimeoutError('timeout', message, { generationId: id, retryable: true, attempts: 1 })
}

/** Refuses an answer that is no generation. A status unknown here counts as pending: time limits it. */
export function asGeneration(answer: Received<unknown>): Received<Generation> {
  const { data } = answer
  const { id, status } = data as Partial<Record<string, unknown>>
  if (typeof id === 'string' && typeof status === 'string') {
    const isKnown = status === 'completed' || status === 'failed'
    // Id and status were looked at; the rest is taken on the contract's word.
    return {
      ...answer,
      data: (isKnown ? data : { ...(data as object), status: 'pending' }) as Generation,
    }
  }
  const message = `The answer is no generation: ${JSON.stringify(data).slice(0, 120)}`
  const { status: httpStatus, attempts, requestId } = answer
  throw new ConnectionError('connection_error', message, {
    status: httpStatus,
    attempts,
    requestId,
    generationId: answer.generationId,
    retryable: false,
  })
}

function failedError(
  answer: Received<unknown>,
  generation: FailedGeneration,
): GenerationFailedError {
  const fields = errorFields({ ...generation.error })
  const code = fields.code ?? 'server_error'
  const message = fields.message ?? 'The generation failed; the server does not say why.'
  const { status, requestId, billed, attempts } = answer
  const retryable = errorCatalog[code].retryable
  const details = { ...fields, status, requestId, billed, attempts, retryable }
  return new GenerationFailedError(
    code,
    message,
    { ...details, generationId: generation.id },
    generation,
  )
}

function report(call: Call, generation: Generation, watch: Watcher): void {
  const { id, status } = generation
  const elapsedMs = Math.round(call.settings.clock.now() - call.startedAt)
  const news: Progress = { generationId: id, state: status, elapsedMs }
  if (status === 'completed') news.progress = 1
  if (generation.status === 'pending') {
    const { progress, queue_position: queuePosition } = generation
    if (progress !== undefined) news.progress = progress
    if (queuePosition !== undefined) news.queuePosition = queuePosition
  }
  notify(call, watch, news)
}
