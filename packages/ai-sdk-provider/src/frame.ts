import type { SharedV3Warning } from '@ai-sdk/provider'

/** A warning that both specifications of the AI SDK know. */
export type Warning = SharedV3Warning

/** What a call of the AI SDK says of the format of a picture or film. */
interface Format {
  /** `WIDTHxHEIGHT`; the AI SDK calls it `size` for images and `resolution` for films. */
  size: string | undefined
  aspectRatio: string | undefined
}

/** The same in the API's words. */
export interface Frame {
  fields: { aspect_ratio?: string; resolution?: string }
  warnings: Warning[]
  /** The size to compare the result with. */
  expected?: string
}

const ratios = '1:1 16:9 9:16 4:3 3:4 3:2 2:3 5:4 4:5 21:9 9:21 2:1 1:2'.split(' ')

interface Kind {
  /** The AI SDK's name of the size. */
  feature: string
  /** Names of resolutions, and the side that each of them gives in pixels. */
  sides: Record<string, number>
  side: (...sides: number[]) => number
}

// As the models of Filmgate have it: 1K is the longer side of a picture, 720p the shorter of a film.
const kinds: Record<'image' | 'video', Kind> = {
  image: { feature: 'size', sides: { '1K': 1024, '2K': 2048, '4K': 4096 }, side: Math.max },
  video: {
    feature: 'resolution',
    sides: { '480p': 480, '720p': 720, '1080p': 1080, '1440p': 1440, '2160p': 2160 },
    side: Math.min,
  },
}

/**
 * The API takes a ratio and a named resolution, the AI SDK also a number of pixels. What maps exactly
 * is mapped; of the rest the caller is warned, here or when the result has another size.
 */
export function toFrame(type: 'image' | 'video', { size, aspectRatio }: Format): Frame {
  const { feature } = kinds[type]
  if (size === undefined) return ofRatio(aspectRatio)
  const { width, height } = pixels(size)
  const named = exactly(kinds[type], width, height, aspectRatio)
  if (named) return { fields: named, warnings: [], expected: size }
  const ratio = ratios.find((text) => isRatio(text, width, height))
  if (ratio && (aspectRatio ?? ratio) === ratio) {
    return { fields: { aspect_ratio: ratio }, warnings: [], expected: size }
  }
  const details = Number.isNaN(width)
    ? `${size} is no size in pixels, and was left out; use providerOptions.filmgate.resolution.`
    : ratio
      ? `${size} is not ${aspectRatio}, and was left out.`
      : `${size} is none of the ratios ${ratios.join(', ')}, and was left out; use aspectRatio and providerOptions.filmgate.resolution.`
  const rest = ofRatio(aspectRatio)
  return { ...rest, warnings: [...rest.warnings, { type: 'unsupported', feature, details }] }
}

/** A warning where a result is not of the size that was asked for. */
export function sizeWarnings(
  type: 'image' | 'video',
  expected: string | undefined,
  output: { width?: unknown; height?: unknown } | undefined,
): Warning[] {
  const { width, height } = output ?? {}
  // A server that leaves them out, or says what is no number, says nothing of the size.
  if (typeof width !== 'number' || typeof height !== 'number' || !width || !height) return []
  if (expected === undefined || expected === `${width}x${height}`) return []
  const details = `${expected} was asked for, and the result is ${width}x${height}.`
  return [{ type: 'compatibility', feature: kinds[type].feature, details }]
}

function ofRatio(aspectRatio: string | undefined): Frame {
  if (aspectRatio === undefined) return { fields: {}, warnings: [] }
  if (aspectRatio !== 'adaptive') return { fields: { aspect_ratio: aspectRatio }, warnings: [] }
  const details = 'adaptive was left out; the model takes its default ratio.'
  return { fields: {}, warnings: [{ type: 'unsupported', feature: 'aspectRatio', details }] }
}

function pixels(size: string): { width: number; height: number } {
  const [width = Number.NaN, height = Number.NaN] = /^[1-9]\d*x[1-9]\d*$/.test(size)
    ? size.split('x').map(Number)
    : []
  return { width, height }
}

function isRatio(text: string, width: number, height: number): boolean {
  const [across = 1, down = 1] = text.split(':').map(Number)
  return width * down === height * across
}

/** The ratio and the named resolution whose pixels are these. */
function exactly(
  { sides, side }: Kind,
  width: number,
  height: number,
  aspectRatio: string | undefined,
): Frame['fields'] | undefined {
  const named = Object.entries(sides).find(([, length]) => length === side(width, height))
  if (!named) return undefined
  const [resolution, length] = named
  const ratio = (aspectRatio === undefined ? ratios : [aspectRatio]).find((text) => {
    const [across = 1, down = 1] = text.split(':').map(Number)
    const scale = length / side(across, down)
    return toEven(across * scale) === width && toEven(down * scale) === height
  })
  return ratio === undefined ? undefined : { aspect_ratio: ratio, resolution }
}

// Sides are even, as the common video formats want them: 480p in 16:9 is 854x480.
function toEven(length: number): number {
  return Math.round(length / 2) * 2
}
