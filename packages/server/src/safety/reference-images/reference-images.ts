import { fail, type Failure } from '../../contract/failure.ts'
import { createFairShare, type Asker } from '../../fair-share.ts'
import { createAddressGuard, type AddressClass } from './address-guard.ts'
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

/** Loads the pictures of a request. One instance per process: what tenants share is its own. */
export interface ReferenceImages {
  /**
   * The pictures in the order of the request; an address that occurs twice is fetched once. Throws
   * `invalid_parameter` (image_unusable) with `param: images[i].url`, or the signal's reason.
   */
  load(images: readonly ReferenceRequest[], asker: Asker): Promise<ReferenceImage[]>
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
  const bufferedBytes = Math.max(settings.maxBufferedBytes, settings.maxBytes)
  // Hosts of strangers take as long as they please: no tenant may have more than a part at a time.
  const buffers = createFairShare({ total: bufferedBytes, perWorkspace: partOf(bufferedBytes) })
  const fetches = createFairShare({
    total: settings.maxConcurrentFetches,
    perWorkspace: partOf(settings.maxConcurrentFetches),
  })
  // A decoder ends its work soon, so taking turns is enough.
  const decoding = createFairShare({ total: settings.maxPixels })
  const smallestShare = Math.ceil(settings.maxPixels / settings.maxConcurrentDecodes)
  const fetchEnvironment: FetchEnvironment = { settings, guard, lookup, buffers }
  // One controller per load: a single long-lived signal would collect a trace of every load.
  const running = new Map<AbortController, Promise<unknown>>()
  let isClosed = false

  const loadOne = async (
    { url, inline }: ReferenceRequest,
    asker: Asker,
  ): Promise<DecodedImage> => {
    const { bytes, release } = isDataUrl(url)
      ? await readInTurn(inline ?? inText(url), asker)
      : await fetchInTurn(url, asker)
    try {
      return await decodeImage(bytes, settings, (pixels) =>
        decoding.take(asker, Math.max(pixels, smallestShare)),
      )
    } finally {
      release()
    }
  }

  const readInTurn = async (source: InlineSource, asker: Asker) => {
    const release = await buffers.take(asker, Math.min(source.bytes, settings.maxBytes))
    try {
      return { bytes: await readDataUrl(source, settings.maxBytes), release }
    } catch (error) {
      release()
      throw error
    }
  }

  const fetchInTurn = async (url: string, asker: Asker) => {
    // The clock starts when it is this picture's turn: a crowd must not make good addresses fail.
    const leave = await fetches.take(asker)
    try {
      // Loaded with the first picture: the HTTP client is a good part of the start.
      const { fetchImage } = await import('./fetch-image.ts')
      return await fetchImage(url, fetchEnvironment, asker)
    } finally {
      leave()
    }
  }

  const loadAll = async (
    images: readonly ReferenceRequest[],
    { tenant, signal: outer }: Asker,
  ): Promise<ReferenceImage[]> => {
    checkForm(images, settings.maxCount, (url) => {
      if (!isDataUrl(url)) parseImageUrl(url, guard)
    })
    // The first picture that cannot be used ends the work on the others.
    const giveUp = new AbortController()
    const signal = AbortSignal.any([outer, giveUp.signal])
    const byUrl = new Map<string, Promise<DecodedImage>>()
    const loaded = images.map(async (request, index): Promise<ReferenceImage> => {
      const { url, role, inline } = request
      const image =
        (inline === undefined ? byUrl.get(url) : undefined) ?? loadOne(request, { tenant, signal })
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
    async load(images, { tenant, signal }) {
      signal.throwIfAborted()
      const stop = new AbortController()
      if (isClosed) throw stopping()
      const work = loadAll(images, { tenant, signal: AbortSignal.any([stop.signal, signal]) })
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

/** What one tenant may hold of it at a time. */
function partOf(total: number): number {
  return Math.ceil(total / 4)
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
      message: `At most ${maxCount} images are allowed; this request has ${images.length}. Leave out ${images.length - maxCount}.`,
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
