import { toPixels } from '../../models/pixels.ts'
import { StartupError } from '../../storage/startup-error.ts'
import type { Json } from '../upstream.ts'

/** The sizes of a model that has only some: the same aspect ratios in each resolution. */
export interface Sizes {
  resolutions: readonly string[]
  aspectRatios: readonly string[]
  /** Such as `1536x1024`. */
  sizeOf(resolution: string, aspectRatio: string): string | undefined
}

/**
 * The wire's word for a picture's size: from the route's own table where it has one, else the pixels
 * that every model of this server gives. Undefined if the table has no such size.
 */
export function toSize(
  sizes: Sizes | undefined,
  { resolution, aspectRatio }: { resolution: string; aspectRatio: string },
): string | undefined {
  if (sizes !== undefined) return sizes.sizeOf(resolution, aspectRatio)
  const { width, height } = toPixels(resolution, aspectRatio)
  return `${width}x${height}`
}

/** Reads `params.sizes`: by resolution, then by aspect ratio. Throws StartupError. */
export function parseSizes(table: Json): Sizes {
  const rows = Object.entries(toRecord(table, 'params.sizes')).map(
    ([resolution, row]) => [resolution, parseRow(resolution, row)] as const,
  )
  const byResolution = new Map(rows)
  const aspectRatios = [...(rows[0]?.[1].keys() ?? [])]
  for (const [resolution, sizes] of rows) {
    const odd =
      aspectRatios.find((ratio) => !sizes.has(ratio)) ??
      [...sizes.keys()].find((ratio) => !aspectRatios.includes(ratio))
    if (odd !== undefined) {
      throw new StartupError(
        `params.sizes["${resolution}"]: every resolution needs the same aspect ratios, and ${odd} is not in all of them.`,
      )
    }
  }
  return {
    resolutions: [...byResolution.keys()],
    aspectRatios,
    sizeOf: (resolution, aspectRatio) => byResolution.get(resolution)?.get(aspectRatio),
  }
}

function parseRow(resolution: string, row: Json): Map<string, string> {
  const where = `params.sizes["${resolution}"]`
  if (!/^[1-9]\d?K$/u.test(resolution)) {
    throw new StartupError(`${where}: a resolution is named like 1K or 2K.`)
  }
  const sizes = Object.entries(toRecord(row, where)).map(([aspectRatio, size]) => {
    const cell = `${where}["${aspectRatio}"]`
    if (!/^[1-9]\d?:[1-9]\d?$/u.test(aspectRatio)) {
      throw new StartupError(`${cell}: an aspect ratio is named like 3:2.`)
    }
    if (typeof size !== 'string' || !/^[1-9]\d{1,4}x[1-9]\d{1,4}$/u.test(size)) {
      throw new StartupError(`${cell}: a size is written like "1536x1024".`)
    }
    return [aspectRatio, size] as const
  })
  return new Map(sizes)
}

function toRecord(value: Json, where: string): Record<string, Json> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    if (Object.keys(value).length > 0) return value
  }
  throw new StartupError(
    `${where}: a table is wanted here, such as { "1K": { "1:1": "1024x1024", "3:2": "1536x1024" } } for sizes.`,
  )
}
