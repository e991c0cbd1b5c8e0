import { Answer, GenerationAnswer, type Exchange } from './answer.ts'
import { startCall, type Call, type CallOptions, type Settings } from './call.ts'
import type { CreateOptions, GenerateOptions, Order, WaitOptions } from './create.ts'
import type {
  Balance,
  Cancellation,
  CompletedImage,
  CompletedVideo,
  Costs,
  CostsQuery,
  CreateImageRequest,
  CreateVideoRequest,
  ImageGeneration,
  ListGenerationsQuery,
  ListModelsQuery,
  ModelList,
  Quote,
  VideoGeneration,
} from './generated/types.ts'
import {
  isStateOf,
  pathOf,
  type CompletedGeneration,
  type Generation,
  type GenerationType,
} from './generation.ts'
import { page, PageAnswer } from './list.ts'
import { snapshot } from './params.ts'
import { randomKey } from './random-key.ts'
import type { ImageSource } from './reference-images.ts'
import { send, type Request } from './send.ts'

/** A request body whose reference images may also be local, and which asks for no price. */
type WithSources<Body extends { images?: { url: string }[] }> = OrUndefined<
  Omit<Body, 'images' | 'dry_run'>
> & {
  /** Reference images, at most 8. What is not on the web is sent along, at most 20 MB together. */
  images?: (Omit<NonNullable<Body['images']>[number], 'url'> & { url: ImageSource })[] | undefined
}

/** What may be left out may also be undefined, as values from a form often are. */
type OrUndefined<T> = { [K in keyof T]: T[K] | (object extends Pick<T, K> ? undefined : never) }

/** What an image is made of: the request body, except that prices are asked for with `images.quote`. */
export type ImageParams = WithSources<CreateImageRequest>

/** What a film is made of: the request body, except that prices are asked for with `videos.quote`. */
export type VideoParams = WithSources<CreateVideoRequest>

/** `client.images` */
export type Images = ReturnType<typeof images>

export function images(settings: Settings) {
  return {
    /** Makes an image. */
    generate(params: ImageParams, options?: GenerateOptions): GenerationAnswer<CompletedImage> {
      return generate(settings, 'image', params, options)
    },

    /** What the image would cost. Only for Filmgate servers: others may generate it. */
    quote(params: ImageParams, options?: CallOptions): Answer<Quote> {
      return quote(settings, 'image', params, options)
    },

    generations: {
      /** Submits without waiting. A server that cannot do that answers when the image is finished. */
      create(params: ImageParams, options?: CreateOptions): Answer<ImageGeneration> {
        return create(settings, 'image', params, options, 'respond-async')
      },
      ...ofOne<ImageGeneration>(settings, 'image'),
    },
  }
}

/** `client.videos` */
export type Videos = ReturnType<typeof videos>

export function videos(settings: Settings) {
  return {
    /** Makes a film: submits, waits, and gives it when it is finished. */
    generate(params: VideoParams, options?: GenerateOptions): GenerationAnswer<CompletedVideo> {
      return generate(settings, 'video', params, options)
    },

    /** What the film would cost. Only for Filmgate servers: others may generate it. */
    quote(params: VideoParams, options?: CallOptions): Answer<Quote> {
      return quote(settings, 'video', params, options)
    },

    generations: {
      /** Submits without waiting; `generations.wait(id)` waits. */
      create(params: VideoParams, options?: CreateOptions): Answer<VideoGeneration> {
        return create(settings, 'video', params, options)
      },
      ...ofOne<VideoGeneration>(settings, 'video'),
    },
  }
}

function ofOne<T extends Generation>(settings: Settings, type: GenerationType) {
  return {
    /** Its state now. A failed generation is an answer here, not an error. */
    retrieve(id: string, options?: CallOptions): Answer<T> {
      return ask(settings, options, () => ({
        method: 'GET',
        path: pathOf(type, id),
        generationId: id,
        isExpected: isStateOf(id),
      }))
    },

    /** Ends it if the model has not finished, and says what that achieved. */
    cancel(id: string, options?: CallOptions): Answer<Cancellation> {
      return ask(settings, options, () => ({
        method: 'POST',
        path: `${pathOf(type, id)}/cancel`,
        generationId: id,
        idempotencyKey: randomKey(),
        isExpected: (data) => has(data, 'id', id) && has(data, 'cancellation'),
      }))
    },
  }
}

/** `client.generations` */
export type Generations = ReturnType<typeof generations>

export function generations(settings: Settings) {
  return {
    wait: waiter(settings),

    /**
     * Generations, newest first: awaited, the first page of `limit` items; iterated, all of them,
     * fetched page by page as they are asked for.
     */
    list(query: ListGenerationsQuery = {}, options?: CallOptions): PageAnswer {
      return new PageAnswer(page(settings, query, options))
    },
  }
}

/** `client.models` */
export type Models = ReturnType<typeof models>

export function models(settings: Settings) {
  return {
    /** What the server can run. Servers other than Filmgate give id, name, type and created_at alone. */
    list(query?: ListModelsQuery, options?: CallOptions): Answer<ModelList> {
      return ask(settings, options, () => ({
        method: 'GET',
        path: '/v2/models',
        query,
        isExpected: Array.isArray,
      }))
    },
  }
}

/** `client.billing` */
export type Billing = ReturnType<typeof billing>

export function billing(settings: Settings) {
  return {
    /** What is left to spend. */
    balance(options?: CallOptions): Answer<Balance> {
      return ask(settings, options, () => ({
        method: 'GET',
        path: '/v2/billing/balance',
        isExpected: (data) => has(data, 'balance'),
      }))
    },

    /** What was spent, by UTC date; at most 180 days. */
    costs(query: { [K in keyof CostsQuery]: string | Date }, options?: CallOptions): Answer<Costs> {
      return ask(settings, options, () => ({
        method: 'GET',
        path: '/v2/billing/costs',
        query,
        isExpected: (data) => has(data, 'total_cost'),
      }))
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
  const wait = (id: string, options?: WaitOptions & { type?: GenerationType }) => {
    const work = async (): Promise<Exchange<CompletedGeneration>> => {
      const call = startCall(settings, options)
      const { resume } = await generating()
      return resume(call, options?.type, id, options?.onProgress)
    }
    return new Answer(work())
  }
  // The overloads only tell what the type in the options already decides.
  return wait as Waiter
}

// Loaded before the first generation is ordered: most pages are opened without one.
export const generating = () => import('./generating.ts')

function generate<T extends CompletedGeneration>(
  settings: Settings,
  type: GenerationType,
  params: object,
  options: GenerateOptions = {},
): GenerationAnswer<T> {
  let accept = (_id: string): void => {}
  const accepted = new Promise<string>((resolve) => {
    accept = resolve
  })
  const made = make(settings, 'generate', { type, params, options, accept })
  // The kind asked for is the kind that comes: the path names it.
  return new GenerationAnswer(made as Promise<Exchange<T>>, accepted)
}

function create<T extends Generation>(
  settings: Settings,
  type: GenerationType,
  params: object,
  options: CreateOptions = {},
  prefer?: string,
): Answer<T> {
  const made = make(settings, 'create', { type, params, options, prefer })
  // As above.
  return new Answer(made as Promise<Exchange<T>>)
}

async function make(
  settings: Settings,
  how: 'generate' | 'create',
  order: Order,
): Promise<Exchange<unknown>> {
  const call = startCall(settings, order.options)
  // Taken before the first pause: later changes are not meant for this call.
  const taken = { ...order, params: snapshot(order.params), options: { ...order.options } }
  return (await generating())[how](call, taken)
}

function quote(
  settings: Settings,
  type: GenerationType,
  params: object,
  options: CallOptions = {},
): Answer<Quote> {
  const work = async (): Promise<Exchange<unknown>> => {
    const call = startCall(settings, options)
    const taken = { ...snapshot(params), dry_run: true }
    const { creationRequest } = await generating()
    const request = await creationRequest(call, { type, params: taken, options })
    // A server that knows no quotes makes the thing, and its answer tells so.
    const isExpected = (data: unknown): boolean => has(data, 'usage') && !has(data, 'status')
    return send(call, { ...request, isExpected })
  }
  // The answer is JSON of the API, or send has thrown; its fields are taken on the contract's word.
  return new Answer(work() as Promise<Exchange<Quote>>)
}

/** One request and its answer. A mistake in the arguments rejects, like all else. */
export function ask<T>(
  settings: Settings,
  options: CallOptions | undefined,
  toRequest: (call: Call) => Request | Promise<Request>,
): Answer<T> {
  const work = async (): Promise<Exchange<unknown>> => {
    const call = startCall(settings, options)
    return send(call, await toRequest(call))
  }
  // As above.
  return new Answer(work() as Promise<Exchange<T>>)
}

/** Whether an answer has a field, and that with a value where one is given. */
function has(data: unknown, name: string, value?: unknown): boolean {
  const found = (data as Record<string, unknown>)[name]
  return value === undefined ? found !== undefined : found === value
}
