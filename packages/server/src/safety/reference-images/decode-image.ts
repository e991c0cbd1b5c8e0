import { createHash } from 'node:crypto'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { encodeToFit, type Step, type TargetType } from './encode-picture.ts'
import { notAPicture, ImageRefusal, type ReferenceImageSettings } from './settings.ts'
import { sniffImage, type SourceType } from './sniff-image.ts'

/** A picture made afresh from its pixels: upright, sRGB, without metadata. */
export interface DecodedImage {
  bytes: Uint8Array
  mimeType: 'image/png' | 'image/jpeg' | 'image/webp'
  width: number
  height: number
  /** Of `bytes`, in hexadecimal. Equal input gives equal bytes on the same version of the codecs. */
  sha256: string
}

/**
 * Leaves sharp with the five decoders that are needed, for the whole process. SVG (which can refer
 * to files and hosts), PDF, TIFF, ImageMagick's hundred formats and the rest fail to load from then
 * on, wherever in the process they turn up. Encoders and raw pixels are not affected.
 */
export function restrictDecoders(): void {
  // No two pictures of strangers are the same, and the cache would keep up to 50 MB of them.
  sharp.cache(false)
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({
    operation: [
      'VipsForeignLoadJpeg',
      'VipsForeignLoadPng',
      'VipsForeignLoadWebp',
      'VipsForeignLoadNsgif',
      'VipsForeignLoadHeif',
    ],
  })
}

/** Waits until so many pixels may be decoded; what it answers ends the permission. */
export type Admit = (pixels: number) => Promise<() => void>

/**
 * Decodes and encodes afresh, on sharp's threads. Throws an `ImageRefusal`. The header is read
 * first, and `admit` asked with the size it tells; the clock starts once it has admitted.
 */
export async function decodeImage(
  bytes: Uint8Array,
  settings: ReferenceImageSettings,
  admit: Admit = () => Promise.resolve(() => undefined),
): Promise<DecodedImage> {
  if (bytes.length === 0) throw new ImageRefusal('is empty')
  const source = sniffImage(bytes)
  if (source === undefined) throw notAPicture()
  checkDeclaredSize(bytes, source, settings.maxPixels)
  const input = sharp(bytes, {
    // One above, because the size is judged below, with a message of its own.
    limitInputPixels: settings.maxPixels + 1,
    failOn: 'error',
    sequentialRead: true,
    animated: false,
  })
  const metadata = await readHeader(input, source, settings)
  const finish = await admit(metadata.width * metadata.height)
  try {
    return await makeAfresh(input, source, targetType(source, metadata), settings)
  } finally {
    finish()
  }
}

/**
 * Sizes beyond what libvips can even represent make it complain on standard error, where strangers
 * have no business to write. Only PNG and AVIF have 32 bits for them.
 */
function checkDeclaredSize(bytes: Uint8Array, source: SourceType, maxPixels: number): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const offset of sizeOffsets(view, source)) {
    if (offset + 8 > view.length) continue
    const pixels = view.readUInt32BE(offset) * view.readUInt32BE(offset + 4)
    if (pixels > maxPixels) throw tooManyPixels(maxPixels)
  }
}

/** Where a file says its width, followed by its height. */
function sizeOffsets(view: Buffer, source: SourceType): number[] {
  if (source === 'png') return [16]
  if (source !== 'avif') return []
  // The `ispe` boxes stand among the metadata, before the pixels.
  const head = view.subarray(0, 16 * 1024)
  const offsets: number[] = []
  for (let at = head.indexOf('ispe'); at !== -1; at = head.indexOf('ispe', at + 4)) {
    offsets.push(at + 8)
  }
  return offsets
}

async function readHeader(
  input: Sharp,
  source: SourceType,
  settings: ReferenceImageSettings,
): Promise<Metadata> {
  const metadata = await input.metadata().catch((cause: unknown) => {
    if (isPixelLimit(cause)) throw tooManyPixels(settings.maxPixels)
    throw damaged(source, cause)
  })
  const { width, height } = metadata
  if (width * height > settings.maxPixels) throw tooManyPixels(settings.maxPixels)
  if (Math.min(width, height) < settings.minSide) {
    throw new ImageRefusal(
      `is ${width} × ${height} pixels; both sides have to be at least ${settings.minSide}`,
    )
  }
  return metadata
}

async function makeAfresh(
  input: Sharp,
  source: SourceType,
  target: TargetType,
  { maxSide, maxBytes, decodeTimeoutMs }: ReferenceImageSettings,
): Promise<DecodedImage> {
  const step = stepsWithin(decodeTimeoutMs)
  const pipeline = input
    .autoOrient()
    .resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true })
    // From any profile, CMYK and wide gamut too, and keeps none; sharp drops EXIF by itself.
    .toColourspace('srgb')
  const encoded = await encodeToFit(pipeline, target, { maxBytes, step }).catch(
    (cause: unknown) => {
      throw cause instanceof ImageRefusal ? cause : damaged(source, cause)
    },
  )
  const { data, type, width, height } = encoded
  const sha256 = createHash('sha256').update(data).digest('hex')
  return { bytes: data, mimeType: `image/${type}`, width, height, sha256 }
}

/** The time limit is for all steps together. */
function stepsWithin(limitMs: number): Step {
  const endsAt = performance.now() + limitMs
  return async (pipeline) => {
    const leftMs = endsAt - performance.now()
    if (leftMs <= 0) throw tooSlow()
    const work = pipeline.timeout({ seconds: Math.ceil(leftMs / 1000) })
    const [outcome] = await Promise.allSettled([work.toBuffer({ resolveWithObject: true })])
    // A codec that is stopped complains of anything, or answers what it has as if it were all.
    if (performance.now() > endsAt) throw tooSlow()
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }
}

function tooSlow(): ImageRefusal {
  return new ImageRefusal('takes too long to decode; send a smaller or simpler picture')
}

/** What was lossless stays lossless, transparency is kept, and the rest becomes JPEG. */
function targetType(source: SourceType, metadata: Metadata): TargetType {
  if (source === 'png' || source === 'gif') return 'png'
  if (!metadata.hasAlpha) return 'jpeg'
  return source === 'webp' ? 'webp' : 'png'
}

function isPixelLimit(cause: unknown): boolean {
  return cause instanceof Error && cause.message.includes('exceeds pixel limit')
}

function tooManyPixels(maxPixels: number): ImageRefusal {
  return new ImageRefusal(
    `has more than ${Math.round(maxPixels / 1e6)} million pixels; scale it down`,
  )
}

function damaged(source: SourceType, cause: unknown): ImageRefusal {
  const name = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP', gif: 'GIF', avif: 'AVIF' }[source]
  const note = cause instanceof Error ? cause.message : String(cause)
  return new ImageRefusal(`is a damaged or incomplete ${name} file`, { note, cause })
}
