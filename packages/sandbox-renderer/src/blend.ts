import { tileKind, tileWidth, tilesPerRow, type Frame, type Planar } from './planar.ts'

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
  tiles: Uint8Array
  width: number
  height: number
}

/** For each row of the frame, the nearest sheet that covers it wholly: what lies behind need not be drawn. */
export interface Cover {
  byRow: Int16Array
  /** Place of the sheet being laid, back to front. */
  order: number
}

/** Lays an upright sheet over the frame, at its own size. */
export function layUpright(
  frame: Frame,
  sheet: Planar,
  map: Mapping,
  window: Window,
  cover: Cover,
): void {
  const isHidden = (y: number) => (cover.byRow[y] ?? -1) > cover.order
  layPlane(lumaOf(frame, sheet), map, window, isHidden)
  const isPairHidden = (y: number) => isHidden(y * 2) && isHidden(y * 2 + 1)
  const half = halveWindow(window)
  const halfMap = halveMapping(map)
  for (const plane of chromaOf(frame, sheet)) layPlane(plane, halfMap, half, isPairHidden)
}

function lumaOf(frame: Frame, sheet: Planar): Plane {
  const { width, height, luma: color, alpha, tiles } = sheet
  return { target: frame.luma, targetWidth: frame.width, color, alpha, tiles, width, height }
}

function chromaOf(frame: Frame, sheet: Planar): [Plane, Plane] {
  const plane = {
    targetWidth: frame.width >> 1,
    alpha: sheet.thin,
    tiles: sheet.thinTiles,
    width: (sheet.width + 1) >> 1,
    height: (sheet.height + 1) >> 1,
  }
  return [
    { ...plane, target: frame.blue, color: sheet.blue },
    { ...plane, target: frame.red, color: sheet.red },
  ]
}

/** Lays a turned or fading cut-out over the frame; meant for small ones. */
export function layTurned(
  frame: Frame,
  sheet: Planar,
  map: Mapping,
  window: Window,
  opacity: number,
): void {
  turnPlane(lumaOf(frame, sheet), map, window, opacity)
  const half = halveWindow(window)
  const halfMap = halveMapping(map)
  for (const plane of chromaOf(frame, sheet)) turnPlane(plane, halfMap, half, opacity)
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

interface Span {
  /** First source sample, and how far down the next row is. */
  from: number
  below: number
  /** Shares of the sample to the right and of the row below, in 256ths. */
  fx: number
  fy: number
  /** Samples of the target. */
  at: number
  end: number
}

function layPlane(
  plane: Plane,
  map: Mapping,
  { left, top, right, bottom }: Window,
  isHidden: (y: number) => boolean,
): void {
  const { width, height, targetWidth } = plane
  // What column of the sheet stands at column 0 of the frame.
  const shift = (map.x >> 16) - left
  const span: Span = {
    from: 0,
    below: 0,
    fx: (map.x >> 8) & 255,
    fy: (map.y >> 8) & 255,
    at: 0,
    end: 0,
  }
  const first = Math.max(left, -shift)
  const stop = Math.min(right, width - 1 - shift)
  for (let y = top; y < bottom; y++) {
    const row = (map.y >> 16) + y - top
    if (row < 0 || row >= height || isHidden(y)) continue
    span.below = row + 1 < height ? width : 0
    layRow(plane, span, { row, shift, first, stop, start: y * targetWidth })
  }
}

// One row, tile by tile: empty ones are passed over, solid ones copied, and only the rest is blended.
function layRow(
  { target, color, alpha, tiles, width }: Plane,
  span: Span,
  {
    row,
    shift,
    first,
    stop,
    start,
  }: { row: number; shift: number; first: number; stop: number; start: number },
): void {
  const perRow = tilesPerRow(width)
  const rowTiles = row * perRow
  const source = row * width + shift
  let x = first
  while (x < stop) {
    let tile = ((x + shift) / tileWidth) | 0
    const kind = tiles[rowTiles + tile]
    do tile++
    while (tile < perRow && tiles[rowTiles + tile] === kind)
    const next = Math.min(stop, tile * tileWidth - shift)
    if (kind !== tileKind.empty) {
      span.from = source + x
      span.at = start + x
      span.end = start + next
      if (kind === tileKind.solid) copySpan(target, color, span)
      else blendSpan(target, color, alpha, span)
    }
    x = next
  }
}

// The fractions are the same for a whole sheet, since it only moves and never grows: each sample is read once
// and serves its left and its right neighbour.
function copySpan(
  target: Uint8Array,
  color: Uint8Array,
  { from, below, fx, fy, at, end }: Span,
): void {
  if (fy === 0) {
    if (fx === 0) {
      target.set(color.subarray(from, from + end - at), at)
      return
    }
    let here = color[from] ?? 0
    for (let i = from + 1, to = at; to < end; to++, i++) {
      const right = color[i] ?? 0
      target[to] = ((here << 8) + (right - here) * fx + 128) >> 8
      here = right
    }
    return
  }
  let here = (color[from] ?? 0) * (256 - fy) + (color[from + below] ?? 0) * fy
  for (let i = from + 1, to = at; to < end; to++, i++) {
    const right = (color[i] ?? 0) * (256 - fy) + (color[i + below] ?? 0) * fy
    target[to] = ((here << 8) + (right - here) * fx + 32768) >> 16
    here = right
  }
}

function blendSpan(
  target: Uint8Array,
  color: Uint8Array,
  alpha: Uint8Array,
  { from, below, fx, fy, at, end }: Span,
): void {
  const rise = 256 - fy
  let here = (color[from] ?? 0) * rise + (color[from + below] ?? 0) * fy
  let hereAlpha = (alpha[from] ?? 0) * rise + (alpha[from + below] ?? 0) * fy
  for (let i = from + 1, to = at; to < end; to++, i++) {
    const right = (color[i] ?? 0) * rise + (color[i + below] ?? 0) * fy
    const rightAlpha = (alpha[i] ?? 0) * rise + (alpha[i + below] ?? 0) * fy
    if ((hereAlpha | rightAlpha) !== 0) {
      const value = (here << 8) + (right - here) * fx
      const rest = 65280 - (((hereAlpha << 8) + (rightAlpha - hereAlpha) * fx) >> 8)
      const mixed = (value + (target[to] ?? 0) * (rest + (rest >> 8)) + 32768) >> 16
      target[to] = mixed > 255 ? 255 : mixed
    }
    here = right
    hereAlpha = rightAlpha
  }
}

function turnPlane(plane: Plane, map: Mapping, window: Window, opacity: number): void {
  const { target, color, alpha, tiles, width, targetWidth } = plane
  const perRow = tilesPerRow(width)
  const { xByX, yByX } = map
  for (let y = window.top; y < window.bottom; y++) {
    const startX = map.x + map.xByY * (y - window.top)
    const startY = map.y + map.yByY * (y - window.top)
    const { first, last } = findInside(plane, map, {
      startX,
      startY,
      columns: window.right - window.left,
    })
    let sx = (startX + first * xByX) | 0
    let sy = (startY + first * yByX) | 0
    const end = y * targetWidth + window.left + last
    for (let at = end - last + first; at < end; at++, sx += xByX, sy += yByX) {
      const row = sy >> 16
      const column = sx >> 16
      const kind = tiles[row * perRow + ((column / tileWidth) | 0)] ?? 0
      if (kind === tileKind.empty) continue
      const i = row * width + column
      const j = i + width
      const fx = (sx >> 8) & 255
      const fy = (sy >> 8) & 255
      const c0 = color[i] ?? 0
      const c2 = color[j] ?? 0
      const upper = (c0 << 8) + ((color[i + 1] ?? 0) - c0) * fx
      const lower = (c2 << 8) + ((color[j + 1] ?? 0) - c2) * fx
      const value = ((upper << 8) + (lower - upper) * fy) >> 8
      if (kind === tileKind.solid && opacity === 256) {
        target[at] = (value + 128) >> 8
        continue
      }
      const a0 = alpha[i] ?? 0
      const a2 = alpha[j] ?? 0
      const alphaTop = (a0 << 8) + ((alpha[i + 1] ?? 0) - a0) * fx
      const alphaLow = (a2 << 8) + ((alpha[j + 1] ?? 0) - a2) * fx
      const cover = ((alphaTop << 8) + (alphaLow - alphaTop) * fy) >> 8
      const rest = 65280 - ((cover * opacity) >> 8)
      const mixed = (value * opacity + (target[at] ?? 0) * (rest + (rest >> 8)) + 32768) >> 16
      target[at] = mixed > 255 ? 255 : mixed
    }
  }
}

/** The columns of one row of the frame whose samples lie inside the sheet, so that the loop need not ask. */
function findInside(
  { width, height }: Plane,
  { xByX, yByX }: Mapping,
  { startX, startY, columns }: { startX: number; startY: number; columns: number },
): { first: number; last: number } {
  let first = 0
  let last = columns
  for (const [start, step, size] of [
    [startX, xByX, width],
    [startY, yByX, height],
  ] as const) {
    const most = ((size - 1) << 16) - 1
    if (step === 0) {
      if (start < 0 || start > most) return { first: 0, last: 0 }
      continue
    }
    const atLow = (step > 0 ? -start : most - start) / step
    const atHigh = (step > 0 ? most - start : -start) / step
    first = Math.max(first, Math.ceil(atLow))
    last = Math.min(last, Math.floor(atHigh) + 1)
  }
  return { first, last: Math.max(first, last) }
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
