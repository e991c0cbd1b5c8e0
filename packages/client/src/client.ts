import type { Answer } from './answer.ts'
import { startCall, type CallOptions, type Settings } from './call.ts'
import type { Downloadable, DownloadedFile, DownloadOptions, DownloadTarget } from './download.ts'
import { toSettings, type FilmgateOptions } from './options.ts'
import { ask, billing, generating, generations, images, models, videos } from './resources.ts'
import type { Billing, Generations, Images, Models, Videos } from './resources.ts'
import type { Clock } from './retry.ts'

/** A client of one server with one key. What a request can fail with is an AnyFilmgateError. */
export class Filmgate {
  readonly #options: FilmgateOptions
  readonly #clock: Clock | undefined
  readonly #settings: Settings
  /** Address of the server, without `/v2` and without a slash at its end. */
  readonly baseURL: string
  readonly images: Images
  readonly videos: Videos
  readonly generations: Generations
  readonly models: Models
  readonly billing: Billing

  /** Throws a TypeError when there is no key, or an option that cannot be meant. `clock` is for tests. */
  constructor(options: FilmgateOptions = {}, clock?: Clock) {
    this.#options = options
    this.#clock = clock
    this.#settings = toSettings(options, clock)
    this.baseURL = this.#settings.baseURL
    this.images = images(this.#settings)
    this.videos = videos(this.#settings)
    this.generations = generations(this.#settings)
    this.models = models(this.#settings)
    this.billing = billing(this.#settings)
  }

  /** Another client, which differs in these options. */
  withOptions(options: FilmgateOptions): Filmgate {
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    return new Filmgate({ ...this.#options, ...Object.fromEntries(given) }, this.#clock)
  }

  /** Reads any path of the server, such as `/v2/models`. The answer is what JSON it gives. */
  get<T = unknown>(
    path: string,
    options?: CallOptions & { query?: Record<string, unknown> },
  ): Answer<T> {
    return ask(this.#settings, options, () => ({
      method: 'GET',
      path: checkedPath(path),
      query: options?.query,
    }))
  }

  /** Sends JSON to any path of the server, with retries and an Idempotency-Key as all POSTs have. */
  post<T = unknown>(
    path: string,
    options?: CallOptions & { body?: unknown; idempotencyKey?: string },
  ): Answer<T> {
    return ask(this.#settings, options, async (call) => ({
      method: 'POST',
      path: checkedPath(path),
      body: options?.body,
      ...(await generating()).keyFor(call, options?.idempotencyKey),
    }))
  }

  /** Fetches an output, or the first output of a generation, as a Blob. */
  download(source: Downloadable, target?: undefined, options?: DownloadOptions): Promise<Blob>
  /** Saves it as a file, or writes it to a stream, which is ended. A file appears whole or not at all. */
  download(
    source: Downloadable,
    target: DownloadTarget,
    options?: DownloadOptions,
  ): Promise<DownloadedFile>
  async download(
    source: Downloadable,
    target?: DownloadTarget,
    options?: DownloadOptions,
  ): Promise<Blob | DownloadedFile> {
    return (await loader()).download(startCall(this.#settings, options), source, target, options)
  }

  /**
   * Opens it as a `Response` to pass on, or to read as a stream. Its body goes on where a broken
   * transfer stopped, and fails when it cannot.
   */
  async downloadResponse(source: Downloadable, options?: DownloadOptions): Promise<Response> {
    return (await loader()).downloadResponse(startCall(this.#settings, options), source, options)
  }
}

// Loaded when it is first wanted: a page that shows its pictures by their links never needs it.
const loader = () => import('./download.ts')

function checkedPath(path: string): string {
  if (typeof path === 'string' && path.startsWith('/')) return path
  throw new TypeError(`A path begins with "/", but ${JSON.stringify(path)} was given.`)
}
