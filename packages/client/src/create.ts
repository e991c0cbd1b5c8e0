import { Answer, type Exchange } from './answer.ts'
import { within } from './attempt.ts'
import { notify, startCall, type Call, type Callback, type CallOptions } from './call.ts'
import type { Settings } from './call.ts'
import { isFilmgateError } from './errors.ts'
import { createPath, isGeneration, toGeneration } from './generation.ts'
import type { CompletedGeneration, Generation, GenerationType } from './generation.ts'
import { send, type Request } from './send.ts'
import { finished, orInterrupted, read, type Progress } from './wait.ts'

/** A generation that the server has taken on. */
export interface Accepted {
  generationId: string
  /** The key that found it: the same call with it joins the generation. */
  idempotencyKey: string
  type: GenerationType
}

/** Options of calls that create a generation. */
export interface CreateOptions extends CallOptions {
  /** 1-255 printable ASCII characters; random when omitted. The same key and parameters never make a second generation. */
  idempotencyKey?: string | undefined
  /** Told of the generation's id, once, as soon as it is known. Keep it: it finds the generation whatever happens. */
  onAccepted?: Callback<Accepted>
}

/** Options of calls that wait for a generation. */
export interface WaitOptions extends CallOptions {
  /** Told of the generation's state, at least when it is accepted and when it ends. */
  onProgress?: Callback<Progress>
}

/** Options of calls that create a generation and wait for it. */
export interface GenerateOptions extends CreateOptions, WaitOptions {}

/** A promise of a finished generation, with its id ahead of it. */
export class GenerationAnswer<T extends CompletedGeneration> extends Answer<T> {
  readonly #accepted: Promise<string>

  /** Made by the methods of a client. */
  constructor(exchange: Promise<Exchange<T>>, accepted: Promise<string>) {
    super(exchange)
    this.#accepted = accepted
  }

  /** The generation's id, as soon as it is accepted. Rejects as the call does, if it never was. */
  get id(): Promise<string> {
    return Promise.race([this.#accepted, this.then((generation) => generation.id)])
  }
}

/** Creates a generation and waits for it. */
export function generate<T extends CompletedGeneration>(
  settings: Settings,
  type: GenerationType,
  params: object,
  options: GenerateOptions = {},
): GenerationAnswer<T> {
  let accept = (_id: string): void => {}
  const accepted = new Promise<string>((resolve) => {
    accept = resolve
  })
  const work = async (): Promise<Exchange<T>> => {
    const call = startCall(settings, options)
    const first = await submit(call, { type, params, options, accept })
    return finished(call, type, first, options.onProgress)
  }
  return new GenerationAnswer(work(), accepted)
}

/** Creates a generation without waiting for it. */
export async function create<T extends Generation>(
  settings: Settings,
  type: GenerationType,
  params: object,
  options: CreateOptions = {},
  prefer?: string,
): Promise<Exchange<T>> {
  const answer = await submit(startCall(settings, options), { type, params, options, prefer })
  // The kind asked for is the kind that comes: the path names it.
  return answer as Exchange<unknown> as Exchange<T>
}

/** The request that creates a generation, or quotes it. */
export async function creation(
  call: Call,
  type: GenerationType,
  params: object,
  chosenKey?: string,
): Promise<Request & { idempotencyKey: string }> {
  const idempotencyKey = checkedKey(chosenKey ?? headerOf(call, 'idempotency-key') ?? randomKey())
  return {
    method: 'POST',
    path: createPath(type),
    body: await withImages(call, params),
    creates: true,
    idempotencyKey,
    ifLost: `Whether it was accepted is unknown; the same call with idempotencyKey '${idempotencyKey}' joins it.`,
  }
}

async function withImages(call: Call, params: object): Promise<object> {
  if (!(params as { images?: unknown }).images) return params
  // Loaded when it is first wanted, as the rest of the client does without it.
  const { inlineImages } = await import('./reference-images.ts')
  return within(call, () => inlineImages(call, params))
}

interface Submission {
  type: GenerationType
  params: object
  options: CreateOptions
  accept?: (id: string) => void
  prefer?: string | undefined
}

async function submit(
  call: Call,
  { type, params, options, accept, prefer }: Submission,
): Promise<Exchange<Generation>> {
  const request = await creation(call, type, params, options.idempotencyKey)
  request.isExpected = isGeneration
  // An image is made before the answer comes. A film is only accepted, and prefers nothing, so
  // that its id is known at once and not after a wait that may break.
  if (type === 'image') request.workMs = call.settings.requestTimeout * 4
  if (prefer) request.prefer = prefer
  const { idempotencyKey } = request
  call.idempotencyKey = idempotencyKey
  const tell = (id: string): void => {
    accept?.(id)
    const news = { generationId: id, idempotencyKey, type }
    call.settings.logger.info?.(`filmgate: generation ${id} accepted`, news)
    notify(call, options.onAccepted, news)
  }
  try {
    const answer = toGeneration(await send(call, request))
    tell(answer.data.id)
    return answer
  } catch (error) {
    const id = acceptedId(error)
    if (id === undefined) throw error
    tell(id)
    // It exists, though the answer that says so did not come whole. From here on it is only read.
    return orInterrupted(call, id, () => read(call, type, id))
  }
}

function acceptedId(error: unknown): string | undefined {
  const isAccepted = isFilmgateError(error) && error.status && error.status < 300
  return isAccepted ? error.generationId : undefined
}

function headerOf(call: Call, name: string): string | undefined {
  const own = Object.entries(call.headers).find(([each]) => each.toLowerCase() === name)
  return own?.[1] ?? undefined
}

function checkedKey(key: string): string {
  if (typeof key === 'string' && /^[ -~]{1,255}$/.test(key)) return key
  throw new TypeError('idempotencyKey must be 1 to 255 printable ASCII characters.')
}

/** A key that nobody else has. */
// Not crypto.randomUUID: browsers have that on https pages only, and a gateway at home has none.
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
