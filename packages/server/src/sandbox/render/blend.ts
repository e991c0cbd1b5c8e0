import type { Frame, Planar } from './planar.ts'

// The inner loops of a film: every sample of every frame passes here, so they are written for the compiler
// (plain counters, 16.16 fixed point, no allocation). In each, `?? 0` only satisfies the type checker.

/** Source position of the first sample, and how far it moves per column and row of the frame; 16.16 fixed point. */
export interface Mapping {
  x: number
  y: number
  /** Along a row of the frame. */
  xByX: number
  yByX: number
  /** Down a column of the frame. */
  xByY: number
  yByY: number
}

/** Rows and columns of the frame to touch, in luma samples; even, so that colour samples match. */
export interface Window {
  left: number
  top: number
  right: number
  bottom: number
}

interface Plane {
  target: Uint8Array
  targetWidth: number
  color: Uint8Array
  alpha: Uint8Array
  width: number
  height: number
}

/** For each row of the frame, the nearest sheet that covers it wholly: what lies behind need not be drawn. */
export interface Cover {
  byRow: Int16Array
  /** Place of the sheet being laid, back to front. */
  order: number
}

/** Lays an upright sheet over the frame. */
export function layUpright(
  frame: Frame,
  sheet: Planar,
  map: Mapping,
  window: Window,
  cover: Cover,
): void {
  const isHidden = (y: number) => (cover.byRow[y] ?? -1) > cover.order
  const lay = sheet.isOpaque ? copyRow : blendRow
  const half = halveWindow(window)
  const halfMap = halveMapping(map)
  const lumaPlane: Plane = {
    target: frame.luma,
    targetWidth: frame.width,
    color: sheet.luma,
    alpha: sheet.alpha,
    width: sheet.width,
    height: sheet.height,
  }
  for (let y = window.top; y < window.bottom; y++) {
    if (isHidden(y)) continue
    const source = map.y + map.yByY * (y - window.top)
    if (
      sheet.rows[clamp(source >> 16, sheet.height - 1)] === 0 &&
      sheet.rows[clamp((source >> 16) + 1, sheet.height - 1)] === 0
    )
      continue
    lay(lumaPlane, y, source, map, window)
  }
  const halfWidth = (sheet.width + 1) >> 1
  const halfHeight = (sheet.height + 1) >> 1
  for (const [target, color] of [
    [frame.blue, sheet.blue],
    [frame.red, sheet.red],
  ] as const) {
    const plane: Plane = {
      target,
      targetWidth: frame.width >> 1,
      color,
      alpha: sheet.thin,
      width: halfWidth,
      height: halfHeight,
    }
    for (let y = half.top; y < half.bottom; y++) {
      if (isHidden(y * 2) && isHidden(y * 2 + 1)) continue
      const source = halfMap.y + halfMap.yByY * (y - half.top)
      const row = clamp((source >> 16) * 2, sheet.height - 1)
      if (
        sheet.rows[row] === 0 &&
        sheet.rows[clamp(row + 1, sheet.height - 1)] === 0 &&
        sheet.rows[clamp(row + 2, sheet.height - 1)] === 0
      )
        continue
      lay(plane, y, source, halfMap, half)
    }
  }
}

/** Lays a turned or fading cut-out over the frame; meant for small ones. */
export function layTurned(
  frame: Frame,
  sheet: Planar,
  map: Mapping,
  window: Window,
  opacity: number,
): void {
  turnPlane(
    {
      target: frame.luma,
      targetWidth: frame.width,
      color: sheet.luma,
      alpha: sheet.alpha,
      width: sheet.width,
      height: sheet.height,
    },
    map,
    window,
    opacity,
  )
  const half = halveWindow(window)
  const halfMap = halveMapping(map)
  const width = (sheet.width + 1) >> 1
  const height = (sheet.height + 1) >> 1
  const base = { targetWidth: frame.width >> 1, alpha: sheet.thin, width, height }
  turnPlane({ ...base, target: frame.blue, color: sheet.blue }, halfMap, half, opacity)
  turnPlane({ ...base, target: frame.red, color: sheet.red }, halfMap, half, opacity)
}

/** Mixes a whole picture of the frame's own size into the frame; `share` 256 shows nothing but the picture. */
export function crossFade(frame: Frame, picture: Planar, share: number): void {
  for (const [target, color] of [
    [frame.luma, picture.luma],
    [frame.blue, picture.blue],
    [frame.red, picture.red],
  ] as const) {
    if (share >= 256) target.set(color)
    else
      for (let at = 0; at < target.length; at++) {
        const from = target[at] ?? 0
        target[at] = from + ((((color[at] ?? 0) - from) * share) >> 8)
      }
  }
}

function copyRow(
  plane: Plane,
  y: number,
  source: number,
  map: Mapping,
  { left, right }: Window,
): void {
  const { target, color, width, height } = plane
  const row = clamp(source >> 16, height - 1)
  const fy = (source >> 8) & 255
  const upper = row * width
  const lower = Math.min(row + 1, height - 1) * width
  const last = width - 2
  const step = map.xByX
  let at = y * plane.targetWidth + left
  let sx = map.x
  for (let x = left; x < right; x++, at++, sx += step) {
    let column = sx >> 16
    if (column < 0) column = 0
    else if (column > last) column = last
    const fx = (sx >> 8) & 255
    const a = color[upper + column] ?? 0
    const c = color[lower + column] ?? 0
    const top = (a << 8) + ((color[upper + column + 1] ?? 0) - a) * fx
    const low = (c << 8) + ((color[lower + column + 1] ?? 0) - c) * fx
    target[at] = ((top << 8) + (low - top) * fy + 32768) >> 16
  }
}

function blendRow(
  plane: Plane,
  y: number,
  source: number,
  map: Mapping,
  { left, right }: Window,
): void {
  const { target, color, alpha, width, height } = plane
  const row = source >> 16
  if (row < 0 || row >= height) return
  const fy = (source >> 8) & 255
  const upper = row * width
  const lower = Math.min(row + 1, height - 1) * width
  const last = width - 2
  const step = map.xByX
  let at = y * plane.targetWidth + left
  let sx = map.x
  for (let x = left; x < right; x++, at++, sx += step) {
    const column = sx >> 16
    if (column < 0 || column > last) continue
    const i = upper + column
    const j = lower + column
    const a0 = alpha[i] ?? 0
    const a1 = alpha[i + 1] ?? 0
    const a2 = alpha[j] ?? 0
    const a3 = alpha[j + 1] ?? 0
    const sum = a0 + a1 + a2 + a3
    if (sum === 0) continue
    const fx = (sx >> 8) & 255
    const c0 = color[i] ?? 0
    const c2 = color[j] ?? 0
    const top = (c0 << 8) + ((color[i + 1] ?? 0) - c0) * fx
    const low = (c2 << 8) + ((color[j + 1] ?? 0) - c2) * fx
    const value = (top << 8) + (low - top) * fy
    if (sum === 1020) {
      target[at] = (value + 32768) >> 16
      continue
    }
    const alphaTop = (a0 << 8) + (a1 - a0) * fx
    const alphaLow = (a2 << 8) + (a3 - a2) * fx
    const cover = ((alphaTop << 8) + (alphaLow - alphaTop) * fy) >> 8
    const rest = 65280 - cover
    const mixed = (value + (target[at] ?? 0) * (rest + (rest >> 8)) + 32768) >> 16
    target[at] = mixed > 255 ? 255 : mixed
  }
}

function turnPlane(
  plane: Plane,
  map: Mapping,
  { left, top, right, bottom }: Window,
  opacity: number,
): void {
  const { target, color, alpha, width, height, targetWidth } = plane
  const lastColumn = width - 2
  const lastRow = height - 2
  for (let y = top; y < bottom; y++) {
    let sx = map.x + map.xByY * (y - top)
    let sy = map.y + map.yByY * (y - top)
    let at = y * targetWidth + left
    for (let x = left; x < right; x++, at++, sx += map.xByX, sy += map.yByX) {
      const column = sx >> 16
      const row = sy >> 16
      if (column < 0 || row < 0 || column > lastColumn || row > lastRow) continue
      const i = row * width + column
      const j = i + width
      const a0 = alpha[i] ?? 0
      const a1 = alpha[i + 1] ?? 0
      const a2 = alpha[j] ?? 0
      const a3 = alpha[j + 1] ?? 0
      if (a0 + a1 + a2 + a3 === 0) continue
      const fx = (sx >> 8) & 255
      const fy = (sy >> 8) & 255
      const c0 = color[i] ?? 0
      const c2 = color[j] ?? 0
      const upper = (c0 << 8) + ((color[i + 1] ?? 0) - c0) * fx
      const lower = (c2 << 8) + ((color[j + 1] ?? 0) - c2) * fx
      const value = ((upper << 8) + (lower - upper) * fy) >> 8
      const alphaTop = (a0 << 8) + (a1 - a0) * fx
      const alphaLow = (a2 << 8) + (a3 - a2) * fx
      const cover = ((alphaTop << 8) + (alphaLow - alphaTop) * fy) >> 8
      const rest = 65280 - ((cover * opacity) >> 8)
      const mixed = (value * opacity + (target[at] ?? 0) * (rest + (rest >> 8)) + 32768) >> 16
      target[at] = mixed > 255 ? 255 : mixed
    }
  }
}

function halveWindow({ left, top, right, bottom }: Window): Window {
  return { left: left >> 1, top: top >> 1, right: right >> 1, bottom: bottom >> 1 }
}

// A colour sample sits in the middle of four luma samples, on both sides of the mapping.
function halveMapping(map: Mapping): Mapping {
  const half = 32768
  return {
    ...map,
    x: (map.x + ((map.xByX + map.xByY) >> 1) - half) >> 1,
    y: (map.y + ((map.yByX + map.yByY) >> 1) - half) >> 1,
  }
}

function clamp(value: number, most: number): number {
  return value < 0 ? 0 : value > most ? most : value
}
