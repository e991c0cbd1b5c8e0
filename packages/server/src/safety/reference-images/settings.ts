import type { FailureDetails } from '../../contract/failure.ts'

/** Limits on reference images. Sizes are bytes unless named otherwise, times are milliseconds. */
export interface ReferenceImageSettings {
  /** Largest picture read, whether fetched or given as a `data:` URL. */
  maxBytes: number
  /** Largest width times height that is decoded; anything above is refused from its header alone. */
  maxPixels: number
  /** Smallest width and height that is of any use to a model. */
  minSide: number
  /** Longer side after re-encoding; larger pictures are shrunk to it. */
  maxSide: number
  /** Most pictures in one request. */
  maxCount: number
  /** Total time to fetch one picture: look-ups, connections, every redirect and the body. */
  timeoutMs: number
  /**
   * Longest time for decoding one picture and encoding it afresh. Decoders of AVIF cannot be
   * stopped, so one may take that long and what it still needs.
   */
  decodeTimeoutMs: number
  /** Redirects followed before giving up; each hop is checked like the first. */
  maxRedirects: number
  /** Ports that may be fetched from. Others could be used to talk to services that are not web servers. */
  allowedPorts: readonly number[]
  /**
   * The operator's own hosts: `media.internal` or `media.internal:9000` (which also allows that port).
   * They may resolve to loopback and private addresses, never to link-local or metadata ones.
   */
  allowHosts: readonly string[]
  /**
   * The operator's own public addresses, or ranges such as `203.0.113.0/24`, that strangers must not
   * reach through this server. Not even a host of `allowHosts` may resolve to one.
   */
  denyAddresses: readonly string[]
  /** Pictures being fetched at once, over all requests, and a quarter of it for one workspace; more wait their turn. */
  maxConcurrentFetches: number
  /**
   * Bytes of pictures in memory, as files and made afresh, over all requests, and half of it for one
   * workspace. A request takes `maxBytes` for each of its pictures before it begins, and gives back
   * what a picture turned out not to need. At least `maxCount` times `maxBytes`.
   */
  maxHeldBytes: number
  /**
   * Pictures being decoded at once, as long as they have no more than `maxPixels` together. Decoding
   * takes up to 9 bytes per pixel for a moment, AVIF up to 18. As many small ones, of a tenth of
   * `maxPixels` at most, are decoded beside them.
   */
  maxConcurrentDecodes: number
  /** What the fetcher calls itself; some hosts turn away clients without a name. */
  userAgent: string
}

/** Defaults for a server with two gigabytes of memory. */
export const defaultReferenceImageSettings: ReferenceImageSettings = {
  maxBytes: 20 * 1024 * 1024,
  maxPixels: 40_000_000,
  minSide: 16,
  maxSide: 4096,
  maxCount: 8,
  timeoutMs: 10_000,
  decodeTimeoutMs: 12_000,
  maxRedirects: 3,
  allowedPorts: [80, 443, 8080, 8443],
  allowHosts: [],
  denyAddresses: [],
  maxConcurrentFetches: 64,
  maxHeldBytes: 640 * 1024 * 1024,
  maxConcurrentDecodes: 2,
  userAgent: 'Filmgate/0.1 (reference image fetcher)',
}

/**
 * Why one picture cannot be used. `message` finishes the sentence "The image …" and reaches the
 * client; `note` goes to the log only.
 */
export class ImageRefusal extends Error {
  override readonly name = 'ImageRefusal'
  readonly note: string | undefined

  constructor(message: string, details: Pick<FailureDetails, 'note' | 'cause'> = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause })
    this.note = details.note
  }
}

/** Said by the fetcher of a body that begins as none, and by the decoder. */
export function notAPicture(cause?: unknown): ImageRefusal {
  return new ImageRefusal('is not a PNG, JPEG, WebP, GIF or AVIF picture', { cause })
}

/** `20971520` as `20 MB`, `40000000` pixels as `40 million`: for messages. */
export function toMegabytes(bytes: number): string {
  const megabytes = bytes / (1024 * 1024)
  return megabytes >= 1 ? `${Math.floor(megabytes * 10) / 10} MB` : `${bytes} bytes`
}
