import { startCall, type CallOptions, type Settings } from './call.ts'
import { download, type Downloadable, type DownloadedFile } from './download.ts'
import { toSettings, type FilmgateOptions } from './options.ts'
import { billing, generations, images, models, videos } from './resources.ts'
import type { Clock } from './retry.ts'

/** A client of one server with one key. What a request can fail with is an AnyFilmgateError. */
export class Filmgate {
  readonly #settings: Settings
  readonly images: ReturnType<typeof images>
  readonly videos: ReturnType<typeof videos>
  readonly generations: ReturnType<typeof generations>
  readonly models: ReturnType<typeof models>
  readonly billing: ReturnType<typeof billing>

  /** Throws a TypeError when there is no key, or when the address is none. `clock` is for tests. */
  constructor(options: FilmgateOptions = {}, clock?: Clock) {
    this.#settings = toSettings(options, clock)
    this.images = images(this.#settings)
    this.videos = videos(this.#settings)
    this.generations = generations(this.#settings)
    this.models = models(this.#settings)
    this.billing = billing(this.#settings)
  }

  /** Fetches an output, or the first output of a generation, as a Blob. */
  download(source: Downloadable, target?: undefined, options?: CallOptions): Promise<Blob>
  /** Saves it as a file, or writes it to a web stream, which is closed. A file appears whole or not at all. */
  download(
    source: Downloadable,
    target: string | WritableStream<Uint8Array>,
    options?: CallOptions,
  ): Promise<DownloadedFile>
  download(
    source: Downloadable,
    target?: string | WritableStream<Uint8Array>,
    options?: CallOptions,
  ): Promise<Blob | DownloadedFile> {
    return download(startCall(this.#settings, options), source, target)
  }
}
