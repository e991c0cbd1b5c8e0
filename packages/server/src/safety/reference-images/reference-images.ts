import { fail, type Failure } from '../../contract/failure.ts'
import { createAddressGuard, type AddressClass } from './address-guard.ts'
import { createBudget } from './budget.ts'
import { isDataUrl } from '../../contract/images.ts'
import { inText, readDataUrl, type InlineSource } from './data-url.ts'
import { decodeImage, restrictDecoders, type DecodedImage } from './decode-image.ts'
import type { FetchEnvironment } from './fetch-image.ts'
import { parseImageUrl } from './parse-image-url.ts'
import { systemLookup, type Lookup } from './resolve-host.ts'
import {
  defaultReferenceImageSettings,
  ImageRefusal,
  type ReferenceImageSettings,
} from './settings.ts'

export type ReferenceRole = 'reference_image' | 'first_frame' | 'last_frame'

/** One entry of `images[]` as the client sent it. */
export interface ReferenceRequest {
  url: string
  role: ReferenceRole
  /** Where the bytes of a `data:` URL are, if not in `url`. */
  inline?: InlineSource
}

/** A picture that is safe to hand on: fetched, decoded once, made afresh. */
export interface ReferenceImage extends DecodedImage {
  role: ReferenceRole
}

/** Replaceable in tests. */
export interface ReferenceImageEnvironment {
  lookup?: Lookup
  classify?: (address: string) => AddressClass
}

/** Loads the pictures of a request. One instance per process: the memory budgets are its own. */
export interface ReferenceImages {
  /**
   * The pictures in the order of the request; an address that occurs twice is fetched once. Throws
   * `invalid_parameter` (image_unusable) with `param: images[i].url`, or the signal's reason.
   */
  load(
    images: readonly ReferenceRequest[],
    options?: { signal?: AbortSignal },
  ): Promise<ReferenceImage[]>
  /** Aborts what is under way and refuses what comes after. */
  close(): Promise<void>
}

/** Also takes every decoder but PNG, JPEG, WebP, GIF and AVIF out of sharp, for the whole process. */
export function createReferenceImages(
  partial: Partial<ReferenceImageSettings> = {},
  { lookup = systemLookup, classify }: ReferenceImageEnvironment = {},
): ReferenceImages {
  restrictDecoders()
  const settings = { ...defaultReferenceImageSettings, ...partial }
  const guard = createAddressGuard(classify === undefined ? settings : { ...settings, classify })
  const buffers = createBudget(Math.max(settings.maxBufferedBytes, settings.maxBytes))
  const fetches = createBudget(settings.maxConcurrentFetches)
  const decoding = createBudget(settings.maxPixels)
  const smallestShare = Math.ceil(settings.maxPixels / settings.maxConcurrentDecodes)
  const fetchEnvironment: FetchEnvironment = { settings, guard, lookup, buffers }
  // One controller per load: a single long-lived signal would collect a trace of every load.
  const running = new Map<AbortController, Promise<unknown>>()
  let isClosed = false

  const loadOne = async (
    { url, inline }: ReferenceRequest,
    signal: AbortSignal,
  ): Promise<DecodedImage> => {
    const { bytes, release } = isDataUrl(url)
      ? await readInTurn(inline ?? inText(url), signal)
      : await fetchInTurn(url, signal)
    try {
      return await decodeImage(bytes, settings, (pixels) =>
        decoding.take(Math.max(pixels, smallestShare), signal),
      )
    } finally {
      release()
    }
  }

  const readInTurn = async (source: InlineSource, signal: AbortSignal) => {
    const release = await buffers.take(Math.min(source.bytes, settings.maxBytes), signal)
    try {
      return { bytes: await readDataUrl(source, settings.maxBytes), release }
    } catch (error) {
      release()
      throw error
    }
  }

  const fetchInTurn = async (url: string, signal: AbortSignal) => {
    // The clock starts when it is this picture's turn: a crowd must not make good addresses fail.
    const leave = await fetches.take(1, signal)
    try {
      // Loaded with the first picture: the HTTP client is a good part of the start.
      const { fetchImage } = await import('./fetch-image.ts')
      return await fetchImage(url, fetchEnvironment, signal)
    } finally {
      leave()
    }
  }

  const loadAll = async (images: readonly ReferenceRequest[], outer: AbortSignal) => {
    checkForm(images, settings.maxCount, (url) => {
      if (!isDataUrl(url)) parseImageUrl(url, guard)
    })
    // The first picture that cannot be used ends the work on the others.
    const giveUp = new AbortController()
    const signal = AbortSignal.any([outer, giveUp.signal])
    const byUrl = new Map<string, Promise<DecodedImage>>()
    const loaded = images.map(async (request, index): Promise<ReferenceImage> => {
      const { url, role, inline } = request
      const image = (inline === undefined ? byUrl.get(url) : undefined) ?? loadOne(request, signal)
      if (inline === undefined) byUrl.set(url, image)
      try {
        return { role, ...(await image) }
      } catch (error) {
        const failure = error instanceof ImageRefusal ? toFailure(error, index) : error
        if (!signal.aborted) giveUp.abort(failure)
        throw failure
      }
    })
    const settled = await Promise.allSettled(loaded)
    if (giveUp.signal.aborted) throw giveUp.signal.reason
    outer.throwIfAborted()
    return settled.map((entry) => {
      if (entry.status === 'rejected') throw entry.reason
      return entry.value
    })
  }

  return {
    async load(images, { signal } = {}) {
      signal?.throwIfAborted()
      const stop = new AbortController()
      if (isClosed) throw stopping()
      const work = loadAll(
        images,
        signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]),
      )
      running.set(stop, work)
      return await work.finally(() => running.delete(stop))
    },
    async close() {
      isClosed = true
      for (const stop of running.keys()) stop.abort(stopping())
      await Promise.allSettled(running.values())
    },
  }
}

function stopping(): Failure {
  return fail('server_error', 'shutting_down', {
    message: 'The server is stopping. Send the request again in a moment.',
  })
}

/** What can be said without fetching anything is said about the first picture that has it. */
function checkForm(
  images: readonly ReferenceRequest[],
  maxCount: number,
  checkUrl: (url: string) => void,
): void {
  if (images.length > maxCount) {
    throw fail('invalid_parameter', 'out_of_range', {
      message: `At most ${maxCount} images are allowed; this request has ${images.length}.`,
      param: 'images',
    })
  }
  for (const [index, { url }] of images.entries()) {
    try {
      checkUrl(url)
    } catch (error) {
      throw error instanceof ImageRefusal ? toFailure(error, index) : error
    }
  }
}

function toFailure(refusal: ImageRefusal, index: number): Failure {
  const { message, note, cause } = refusal
  return fail('invalid_parameter', 'image_unusable', {
    message: `The image at images[${index}].url ${message}.`,
    param: `images[${index}].url`,
    ...(note === undefined ? {} : { note }),
    ...(cause === undefined ? {} : { cause }),
  })
}
