import sharp from 'sharp'

export type Colour = readonly [red: number, green: number, blue: number]

/** Loud colours that the sandbox does not paint with of its own accord. */
export const magenta: Colour = [255, 0, 255]
export const green: Colour = [0, 255, 0]

/** A picture of one colour. */
export function solid([r, g, b]: Colour, width = 64, height = 64): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer()
}

export function toDataUrl(picture: Buffer, type = 'image/png'): string {
  return `data:${type};base64,${picture.toString('base64')}`
}

/** Share of a picture's pixels that have about this colour, 0 to 1. */
export async function shareOf(colour: Colour, picture: Uint8Array): Promise<number> {
  const { data, info } = await sharp(picture)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  let matching = 0
  for (let at = 0; at < data.length; at += info.channels) {
    if (distance(colour, [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0]) < 60) matching++
  }
  return matching / (info.width * info.height)
}

/** Largest difference in a channel. */
function distance(one: Colour, other: Colour): number {
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? 0))))
}
