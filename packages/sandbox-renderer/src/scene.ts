import type { Brief } from './brief.ts'
import type { Box, Brush } from './canvas.ts'
import type { Palette } from './palette.ts'
import type { Random } from './random.ts'
import type { Hour, Place, Weather } from './words.ts'

/** How a cut-out moves by itself in a film, on top of the camera. A still picture shows second 0. */
export interface Motion {
  /** Pixels up and down, and degrees to and fro, once in `seconds`. */
  bob?: number
  slide?: number
  swayDegrees?: number
  seconds: number
  /** Where in its swing it starts, 0 to 1. */
  phase: number
  /** Pixels a second. What leaves `area` comes in again on the other side. */
  driftX?: number
  driftY?: number
  area?: Box
  /** How much of its opacity it loses at the dark end of its swing, 0 to 1. */
  twinkle?: number
}

/** One sheet of the scene, back to front. Sheets without motion and of one depth are flattened together. */
export interface Layer {
  /** 0 = at the horizon, 1 = at the glass: how strongly the camera moves it. */
  depth: number
  /** Everything that `draw` touches, in picture pixels. */
  box: Box
  motion?: Motion
  draw(brush: Brush): void
}

/** What every painter of a part has to know. */
export interface Setting {
  width: number
  height: number
  /** The picture plus the margin that the camera may uncover. */
  bleed: Box
  /** A hundredth of the shorter side: lengths given in it look alike at every size. */
  unit: number
  horizon: number
  /** The line that subjects stand on; caption and foreground come below it. */
  base: number
  captionTop: number
  hour: Hour
  weather: Weather
  place: Place
  palette: Palette
  brief: Brief
  random: Random
}

export const depths = { sky: 0.1, far: 0.3, middle: 0.58, near: 1 } as const
