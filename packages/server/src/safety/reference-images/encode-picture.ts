import sharp, { type OutputInfo, type Sharp } from 'sharp'

export interface EncodedPicture {
  data: Buffer
  type: TargetType
  width: number
  height: number
}

export type TargetType = 'png' | 'jpeg' | 'webp'

/** Runs one step of the work on a picture within the time that is left for all of them. */
export type Step = (pipeline: Sharp) => Promise<{ data: Buffer; info: OutputInfo }>

/** The most that a picture may be encoded in, and what it is done with. */
interface Fit {
  maxBytes: number
  step: Step
}

/** A picture as bare pixels, 8 bits each, row after row. */
interface Pixels {
  data: Buffer
  info: Pick<OutputInfo, 'width' | 'height' | 'channels'>
}

/**
 * Encodes in `target`, in no more than `maxBytes`. What would be larger as PNG becomes lossy WebP,
 * and what would be larger as JPEG or WebP is shrunk. The picture is decoded once.
 */
export async function encodeToFit(
  input: Sharp,
  target: TargetType,
  fit: Fit,
): Promise<EncodedPicture> {
  if (target !== 'jpeg') return encodePixels(await fit.step(input.raw()), target, fit)
  // Quick whatever it shows, so it is done at once, without all pixels in memory.
  const picture = await encode(input, target, fit.step)
  if (picture.data.length <= fit.maxBytes) return picture
  return shrinkToFit(await fit.step(sharp(picture.data).raw()), picture, fit)
}

/**
 * How large it would be is told from a part of its rows first: noise takes seconds to encode, only
 * to find out that it does not fit.
 */
async function encodePixels(
  pixels: Pixels,
  target: 'png' | 'webp',
  fit: Fit,
): Promise<EncodedPicture> {
  const estimated = await estimateBytes(pixels, target, fit)
  if (estimated <= fit.maxBytes * tolerance) {
    const picture = await encode(fromPixels(pixels), target, fit.step)
    if (picture.data.length <= fit.maxBytes) return picture
    if (target === 'webp') return shrinkToFit(pixels, picture, fit)
  }
  if (target === 'png') return encodePixels(pixels, 'webp', fit)
  return shrinkToFit(pixels, { type: target, data: { length: estimated } }, fit)
}

/** How far an estimate may be above the limit for the whole to be tried: rows differ. */
const tolerance = 1.25

/** Bands of rows, spread over the picture, that an estimate is made from. */
const bands = 16
const rowsPerBand = 32

async function estimateBytes(
  { data, info }: Pixels,
  target: TargetType,
  { maxBytes, step }: Fit,
): Promise<number> {
  const { width, height, channels } = info
  // No codec makes more of pixels than they are.
  if (data.length <= maxBytes || height <= bands * rowsPerBand) return 0
  const rowBytes = width * channels
  const parts = Array.from({ length: bands }, (_, band) => {
    const start = Math.floor((band * (height - rowsPerBand)) / (bands - 1)) * rowBytes
    return data.subarray(start, start + rowsPerBand * rowBytes)
  })
  const rows = bands * rowsPerBand
  const sample = { data: Buffer.concat(parts), info: { width, height: rows, channels } }
  const { data: encoded } = await encode(fromPixels(sample), target, step)
  return (encoded.length * height) / rows
}

/** Shrinks until it fits, each time from the pixels that are there. */
async function shrinkToFit(
  pixels: Pixels,
  { type, data }: { type: TargetType; data: { length: number } },
  { maxBytes, step }: Fit,
): Promise<EncodedPicture> {
  const { width, height } = pixels.info
  const factor = Math.sqrt(maxBytes / data.length) * 0.9
  const smaller = await step(
    fromPixels(pixels)
      .resize({
        width: Math.max(1, Math.floor(width * factor)),
        height: Math.max(1, Math.floor(height * factor)),
        fit: 'fill',
      })
      .raw(),
  )
  const picture = await encode(fromPixels(smaller), type, step)
  if (picture.data.length <= maxBytes || width * height === 1) return picture
  return shrinkToFit(smaller, picture, { maxBytes, step })
}

async function encode(input: Sharp, type: TargetType, step: Step): Promise<EncodedPicture> {
  const encoded = {
    jpeg: () => input.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
    webp: () => input.webp({ quality: 95, alphaQuality: 100, effort: 2 }),
    // From level 5 on, noise of few colours takes five times as long for 4 % less.
    png: () => input.png({ compressionLevel: 4 }),
  }[type]()
  const { data, info } = await step(encoded)
  return { data, type, width: info.width, height: info.height }
}

function fromPixels({ data, info: { width, height, channels } }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels } })
}
