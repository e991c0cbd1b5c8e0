import { fail, type Failure } from '../../contract/failure.ts'
import { createFairShare, type Asker, type Release } from '../../fairness/fair-share.ts'
import { createAddressGuard, type AddressClass } from '../../net/address-guard.ts'
import { systemLookup, type Lookup } from '../../net/resolve-host.ts'
import { isDataUrl } from '../../contract/images.ts'
import { inText, readDataUrl, type InlineSource } from './data-url.ts'
import { decodeImage, restrictDecoders, type DecodedImage } from './decode-image.ts'
import type { FetchEnvironment } from './fetch-image.ts'
import { parseImageUrl } from './parse-image-url.ts'
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
  /** The same; their memory counts as in use until `use` has ended. */
  withLoaded<Result>(
    images: readonly ReferenceRequest[],
    asker: Asker,
    use: (loaded: ReferenceImage[]) => Promise<Result>,
  ): Promise<Result>
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
  // Hosts of strangers take as long as they please: no workspace may have more than a part at a
  // time, and its live and test keys leave each other something of it.
  const heldBytes = Math.max(settings.maxHeldBytes, settings.maxBytes)
  const memory = createFairShare({
    total: heldBytes,
    perWorkspace: Math.ceil(heldBytes / 2),
    perMode: Math.ceil(heldBytes / 4),
  })
  const fetches = createFairShare({
    total: settings.maxConcurrentFetches,
    perWorkspace: Math.ceil(settings.maxConcurrentFetches / 4),
    perMode: Math.ceil((settings.maxConcurrentFetches * 3) / 16),
  })
  const admit = admission(settings)
  const fetchEnvironment: FetchEnvironment = { settings, guard, lookup }
  // One controller per load: a single long-lived signal would collect a trace of every load.
  const running = new Map<AbortController, Promise<unknown>>()
  let isClosed = false

  const loadOne = async (
    { url, inline }: ReferenceRequest,
    asker: Asker,
  ): Promise<DecodedImage> => {
    const bytes = isDataUrl(url)
      ? await readDataUrl(inline ?? inText(url), settings.maxBytes)
      : await fetchInTurn(url, asker)
    return decodeImage(bytes, settings, (pixels) => admit(pixels, asker))
  }

  const fetchInTurn = async (url: string, asker: Asker) => {
    // The clock starts when it is this picture's turn: a crowd must not make good addresses fail.
    const leave = await fetches.take(asker)
    try {
      // Loaded with the first picture: the HTTP client is a good part of the start.
      const { fetchImage } = await import('./fetch-image.ts')
      return await fetchImage(url, fetchEnvironment, asker.signal)
    } finally {
      leave()
    }
  }

  const loadAll = async (
    images: readonly ReferenceRequest[],
    { tenant, signal: outer }: Asker,
    giveBack: Release,
  ): Promise<ReferenceImage[]> => {
    // The first picture that cannot be used ends the work on the others.
    const giveUp = new AbortController()
    const signal = AbortSignal.any([outer, giveUp.signal])
    const byUrl = new Map<string, Promise<DecodedImage>>()
    const loaded = images.map(async (request, index): Promise<ReferenceImage> => {
      const { url, role, inline } = request
      const image =
        (inline === undefined ? byUrl.get(url) : undefined) ?? loadOne(request, { tenant, signal })
      const isFirst = !byUrl.has(url) || inline !== undefined
      if (inline === undefined) byUrl.set(url, image)
      try {
        const loaded = { role, ...(await image) }
        giveBack(isFirst ? settings.maxBytes - loaded.bytes.length : settings.maxBytes)
        return loaded
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

  // All of the memory before anything else: whoever holds some never waits for more.
  const loadInTurn = async <Result>(
    images: readonly ReferenceRequest[],
    asker: Asker,
    use: (loaded: ReferenceImage[]) => Promise<Result>,
  ): Promise<Result> => {
    checkForm(images, settings.maxCount, (url) => {
      if (!isDataUrl(url)) parseImageUrl(url, guard)
    })
    const giveBack = await memory.take(asker, images.length * settings.maxBytes)
    try {
      return await use(await loadAll(images, asker, giveBack))
    } finally {
      giveBack()
    }
  }

  const withLoaded: ReferenceImages['withLoaded'] = async (images, { tenant, signal }, use) => {
    signal.throwIfAborted()
    const stop = new AbortController()
    if (isClosed) throw stopping()
    const asker = { tenant, signal: AbortSignal.any([stop.signal, signal]) }
    const work = loadInTurn(images, asker, use)
    running.set(stop, work)
    return await work.finally(() => running.delete(stop))
  }

  return {
    withLoaded,
    load: (images, asker) => withLoaded(images, asker, (loaded) => Promise.resolve(loaded)),
    async close() {
      isClosed = true
      for (const stop of running.keys()) stop.abort(stopping())
      await Promise.allSettled(running.values())
    },
  }
}

/** A picture of so many pixels waits for its turn at a decoder. */
function admission({
  maxPixels,
  maxConcurrentDecodes,
}: ReferenceImageSettings): (pixels: number, asker: Asker) => Promise<Release> {
  const decoding = createFairShare({ total: maxPixels })
  const smallestShare = Math.ceil(maxPixels / maxConcurrentDecodes)
  // Small ones need little memory and time, so they do not wait for the end of a large one.
  const decodingSmall = createFairShare({ total: maxConcurrentDecodes })
  return (pixels, asker) =>
    pixels <= maxPixels / 10
      ? decodingSmall.take(asker)
      : decoding.take(asker, Math.max(pixels, smallestShare))
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
