import { Answer, type Received } from './answer.ts'
import { startCall, type Call, type CallOptions, type Settings } from './call.ts'
import {
  asGeneration,
  finished,
  pathOf,
  resume,
  type CompletedGeneration,
  type Generation,
  type GenerationType,
  type Progress,
} from './generations.ts'
import type {
  Balance,
  Cancellation,
  CompletedImage,
  CompletedVideo,
  Costs,
  CostsQuery,
  CreateImageRequest,
  CreateVideoRequest,
  GenerationList,
  ImageGeneration,
  ListedGeneration,
  ListGenerationsQuery,
  ListModelsQuery,
  ModelList,
  Quote,
  VideoGeneration,
} from './generated/types.ts'
import { send, type Request } from './send.ts'

/** Options of calls that create a generation. */
export interface CreateOptions extends CallOptions {
  /** 1-255 printable ASCII characters; random when omitted. The same key and parameters never make a second generation. */
  idempotencyKey?: string | undefined
}

/** Options of calls that wait for a generation. */
export interface WaitOptions extends CallOptions {
  /** Told of the generation's state, at least when it is accepted and when it ends. */
  onProgress?: ((progress: Progress) => void) | undefined
}

/** Options of calls that create a generation and wait for it. */
export interface GenerateOptions extends CreateOptions, WaitOptions {}

/** What an image is made of: the request body, except that prices are asked for with `images.quote`. */
export type ImageParams = Omit<CreateImageRequest, 'dry_run'>

/** What a film is made of: the request body, except that prices are asked for with `videos.quote`. */
export type VideoParams = Omit<CreateVideoRequest, 'dry_run'>

/** `client.images` */
export function images(settings: Settings) {
  return {
    /** Makes an image. */
    generate(params: ImageParams, options?: GenerateOptions): Answer<CompletedImage> {
      return new Answer(generate(settings, 'image', params, options))
    },

    /** What the image would cost. Only for Filmgate servers: others may generate it. */
    quote(params: ImageParams, options?: CallOptions): Answer<Quote> {
      return ask(settings, creation('image', { ...params, dry_run: true }), options)
    },

    generations: {
      /** Submits without waiting. A server that cannot do that answers when the image is finished. */
      create(params: ImageParams, options?: CreateOptions): Answer<ImageGeneration> {
        return new Answer(create(settings, 'image', params, options, 'respond-async'))
      },
      ...ofOne<ImageGeneration>(settings, 'image'),
    },
  }
}

/** `client.videos` */
export function videos(settings: Settings) {
  return {
    /** Makes a film: submits, waits, and gives it when it is finished. */
    generate(params: VideoParams, options?: GenerateOptions): Answer<CompletedVideo> {
      return new Answer(generate(settings, 'video', params, options))
    },

    /** What the film would cost. Only for Filmgate servers: others may generate it. */
    quote(params: VideoParams, options?: CallOptions): Answer<Quote> {
      return ask(settings, creation('video', { ...params, dry_run: true }), options)
    },

    generations: {
      /** Submits without waiting; `generations.wait(id)` waits. */
      create(params: VideoParams, options?: CreateOptions): Answer<VideoGeneration> {
        return new Answer(create(settings, 'video', params, options))
      },
      ...ofOne<VideoGeneration>(settings, 'video'),
    },
  }
}

function ofOne<T extends Generation>(settings: Settings, type: GenerationType) {
  return {
    /** Its state now. A failed generation is an answer here, not an error. */
    retrieve(id: string, options?: CallOptions): Answer<T> {
      return ask(settings, { method: 'GET', path: pathOf(type, id), generationId: id }, options)
    },

    /** Ends it if the model has not finished, and says what that achieved. */
    cancel(id: string, options?: CallOptions): Answer<Cancellation> {
      const path = `${pathOf(type, id)}/cancel`
      const idempotencyKey = randomKey()
      return ask(settings, { method: 'POST', path, generationId: id, idempotencyKey }, options)
    },
  }
}

/** `client.generations` */
export function generations(settings: Settings) {
  return {
    wait: waiter(settings),

    /** All generations, newest first, fetched page by page (`limit` items each) as they are asked for. */
    async *list(
      query: ListGenerationsQuery = {},
      options?: CallOptions,
    ): AsyncGenerator<ListedGeneration, void, undefined> {
      let after = query.after
      for (;;) {
        const page: GenerationList = await listPage(settings, { ...query, after }, options)
        yield* page.data
        after = page.data.at(-1)?.id
        if (!page.has_more || after === undefined) return
      }
    },

    /** One page, newest first; the id of its last item is the next page's `after`. */
    listPage(query?: ListGenerationsQuery, options?: CallOptions): Answer<GenerationList> {
      return listPage(settings, query, options)
    },
  }
}

/** `client.models` */
export function models(settings: Settings) {
  return {
    /** What the server can run. Servers other than Filmgate give id, name, type and created_at alone. */
    list(query?: ListModelsQuery, options?: CallOptions): Answer<ModelList> {
      return ask(settings, { method: 'GET', path: '/v2/models', query }, options)
    },
  }
}

/** `client.billing` */
export function billing(settings: Settings) {
  return {
    /** What is left to spend. */
    balance(options?: CallOptions): Answer<Balance> {
      return ask(settings, { method: 'GET', path: '/v2/billing/balance' }, options)
    },

    /** What was spent, by UTC date; at most 180 days. */
    costs(query: CostsQuery, options?: CallOptions): Answer<Costs> {
      return ask(
        settings,
        { method: 'GET', path: '/v2/billing/costs', query: { ...query } },
        options,
      )
    },
  }
}

/** Waits for a generation, in whichever process it was submitted. */
export interface Waiter {
  (id: string, options: WaitOptions & { type: 'image' }): Answer<CompletedImage>
  (id: string, options: WaitOptions & { type: 'video' }): Answer<CompletedVideo>
  /** Without a type it finds out which of the two the id is. */
  (id: string, options?: WaitOptions & { type?: GenerationType }): Answer<CompletedGeneration>
}

function waiter(settings: Settings): Waiter {
  const wait = (id: string, options?: WaitOptions & { type?: GenerationType }) =>
    new Answer(resume(startCall(settings, options), options?.type, id, options?.onProgress))
  // The overloads only tell what the type in the options already decides.
  return wait as Waiter
}

function listPage(
  settings: Settings,
  query: object | undefined,
  options: CallOptions | undefined,
): Answer<GenerationList> {
  return ask(settings, { method: 'GET', path: '/v2/generations', query }, options)
}

function ask<T>(settings: Settings, request: Request, options: CallOptions | undefined): Answer<T> {
  // The answer is JSON of the API, or send has thrown; its fields are taken on the contract's word.
  return new Answer(send(startCall(settings, options), request) as Promise<Received<T>>)
}

async function generate<T extends CompletedGeneration>(
  settings: Settings,
  type: GenerationType,
  params: object,
  options: GenerateOptions | undefined,
): Promise<Received<T>> {
  const call = startCall(settings, options)
  return finished(call, type, await submit(call, type, params, options), options?.onProgress)
}

async function create<T extends Generation>(
  settings: Settings,
  type: GenerationType,
  params: object,
  options: CreateOptions | undefined,
  prefer?: string,
): Promise<Received<T>> {
  const answer = await submit(startCall(settings, options), type, params, options, prefer)
  // The kind asked for is the kind that comes: the path names it.
  return answer as Received<T>
}

async function submit(
  call: Call,
  type: GenerationType,
  params: object,
  options: CreateOptions | undefined,
  prefer?: string,
): Promise<Received<Generation>> {
  const request = creation(type, params, options?.idempotencyKey)
  // An image is made before the answer comes. A film is only accepted, and prefers nothing, so
  // that its id is known at once and not after a wait that may break.
  if (type === 'image') request.workMs = call.settings.requestTimeout * 4
  if (prefer) request.prefer = prefer
  const answer = asGeneration(await send(call, request))
  const { id, status } = answer.data
  call.settings.logger.info?.(`filmgate: generation ${id} ${status}`, { generationId: id, status })
  return answer
}

function creation(type: GenerationType, body: object, idempotencyKey = randomKey()): Request {
  const ifLost = `Whether it was accepted is unknown; the same call with idempotencyKey '${idempotencyKey}' joins it and starts no second one.`
  return { method: 'POST', path: pathOf(type), body, idempotencyKey, ifLost }
}

// Not crypto.randomUUID: browsers have that on https pages only, and a gateway at home has none.
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
