import { createRequire } from 'node:module'
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas'

export type Brush = SKRSContext2D
export type { Canvas }

const require = createRequire(import.meta.url)

const addon = await import('@napi-rs/canvas').catch((cause: unknown) => {
  // The cause goes into the text: as an object it does not survive the way from the thread to the caller.
  const reason = cause instanceof Error ? cause.message : String(cause)
  throw new Error(
    'The sandbox cannot draw: the prebuilt addon of @napi-rs/canvas did not load on ' +
      `${process.platform}-${process.arch} (${reason.split('\n')[0]}). Reinstall with optional dependencies on ` +
      '(npm install --include=optional) for the platform that runs the gateway, or route test traffic to another upstream.',
  )
})

// Everyone takes these from here, so that a missing addon is always told in the words above.
const { GlobalFonts, Image, ImageData, Path2D, createCanvas } = addon
export { Image, ImageData, Path2D, createCanvas }
export type Path2D = InstanceType<typeof addon.Path2D>

export const fontFamily = 'Filmgate Inter'
export const fontFile =
  require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf')

// The registry belongs to the process, not to the thread, so a second worker finds the font there.
if (!GlobalFonts.has(fontFamily)) GlobalFonts.registerFromPath(fontFile, fontFamily)

export function font(pixels: number): string {
  return `${pixels}px "${fontFamily}"`
}

/** A box in picture pixels. */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export function unite(a: Box, b: Box): Box {
  const x = Math.min(a.x, b.x)
  const y = Math.min(a.y, b.y)
  const right = Math.max(a.x + a.width, b.x + b.width)
  const bottom = Math.max(a.y + a.height, b.y + b.height)
  return { x, y, width: right - x, height: bottom - y }
}
