/**
 * A picture as H.264 wants it: BT.709 limited range, colour at half size. Colours are already multiplied by
 * alpha, so that a film frame only adds and shifts. Backed by shared memory: drawn once, read by every worker.
 */
export interface Planar {
  width: number
  height: number
  luma: Uint8Array
  alpha: Uint8Array
  blue: Uint8Array
  red: Uint8Array
  /** Alpha at half size. */
  thin: Uint8Array
  /** What there is to do in each tile of the planes, and of the half-size planes. */
  tiles: Uint8Array
  thinTiles: Uint8Array
  /** For each row, 1 if it is wholly opaque. */
  solid: Uint8Array
}

/** Converts premultiplied RGBA, as the canvas holds it. */
export function toPlanar(
  rgba: Uint8Array,
  width: number,
  height: number,
  allocate: Allocate,
): Planar {
  const half = halfSize(width, height)
  const planar: Planar = {
    width,
    height,
    luma: allocate(width * height),
    alpha: allocate(width * height),
    blue: allocate(half),
    red: allocate(half),
    thin: allocate(half),
    tiles: allocate(tileCount(width, height)),
    thinTiles: allocate(tileCount((width + 1) >> 1, (height + 1) >> 1)),
    solid: allocate(height),
  }
  convertLuma(rgba, planar)
  convertChroma(rgba, planar)
  sortTiles(planar.alpha, width, height, planar.tiles)
  sortTiles(planar.thin, (width + 1) >> 1, (height + 1) >> 1, planar.thinTiles)
  return planar
}

function halfSize(width: number, height: number): number {
  return ((width + 1) >> 1) * ((height + 1) >> 1)
}

export type Allocate = (length: number) => Uint8Array

/** Bytes that toPlanar takes for a picture of this size. */
export function planarBytes(width: number, height: number): number {
  return (
    width * height * 2 +
    halfSize(width, height) * 3 +
    height +
    tileCount(width, height) +
    tileCount((width + 1) >> 1, (height + 1) >> 1)
  )
}

/** Hands out parts of one shared block: hundreds of snowflakes must not be hundreds of shared buffers. */
export function newArena(bytes: number): Allocate {
  const block = new SharedArrayBuffer(bytes)
  let used = 0
  return (length) => {
    const part = new Uint8Array(block, used, length)
    used += length
    return part
  }
}

/** A tile is this many samples of one row; it also speaks for the sample after it and for the row below. */
export const tileWidth = 16
export const tileKind = { empty: 0, mixed: 1, solid: 2 } as const

export function tilesPerRow(width: number): number {
  return Math.ceil(width / tileWidth)
}

function tileCount(width: number, height: number): number {
  return tilesPerRow(width) * height
}

// Most of a sheet is either paper or nothing, and neither has to be blended: knowing it in steps of 16 samples
// makes a frame three times faster.
function sortTiles(alpha: Uint8Array, width: number, height: number, tiles: Uint8Array): void {
  const perRow = tilesPerRow(width)
  for (let y = 0, tile = 0; y < height; y++) {
    for (let part = 0; part < perRow; part++, tile++) {
      const end = y * width + Math.min(width, (part + 1) * tileWidth + 1)
      let least = 255
      let most = 0
      for (let at = y * width + part * tileWidth; at < end; at++) {
        const a = alpha[at] ?? 0
        if (a < least) least = a
        if (a > most) most = a
      }
      tiles[tile] = most === 0 ? tileKind.empty : least === 255 ? tileKind.solid : tileKind.mixed
    }
  }
  // Samples are read between two rows; what holds for a tile has to hold for both.
  for (let tile = 0; tile < tiles.length - perRow; tile++) {
    if (tiles[tile] !== tiles[tile + perRow]) tiles[tile] = tileKind.mixed
  }
}

function convertLuma(rgba: Uint8Array, { luma, alpha, solid, width, height }: Planar): void {
  for (let y = 0, at = 0; y < height; y++) {
    let least = 255
    for (let x = 0; x < width; x++, at++) {
      const from = at * 4
      const a = rgba[from + 3] ?? 0
      // Weights of BT.709 scaled to 219/255 and by 2^16; the foot of 16 is scaled by alpha like the rest.
      luma[at] =
        (11966 * (rgba[from] ?? 0) +
          40254 * (rgba[from + 1] ?? 0) +
          4064 * (rgba[from + 2] ?? 0) +
          4112 * a +
          32768) >>
        16
      alpha[at] = a
      if (a < least) least = a
    }
    solid[y] = least === 255 ? 1 : 0
  }
}

function convertChroma(rgba: Uint8Array, { blue, red, thin, width, height }: Planar): void {
  for (let y = 0, at = 0; y < height; y += 2) {
    const below = y + 1 < height ? width * 4 : 0
    for (let x = 0; x < width; x += 2, at++) {
      const a = (y * width + x) * 4
      const b = x + 1 < width ? a + 4 : a
      const r = (rgba[a] ?? 0) + (rgba[b] ?? 0) + (rgba[a + below] ?? 0) + (rgba[b + below] ?? 0)
      const g =
        (rgba[a + 1] ?? 0) +
        (rgba[b + 1] ?? 0) +
        (rgba[a + below + 1] ?? 0) +
        (rgba[b + below + 1] ?? 0)
      const bl =
        (rgba[a + 2] ?? 0) +
        (rgba[b + 2] ?? 0) +
        (rgba[a + below + 2] ?? 0) +
        (rgba[b + below + 2] ?? 0)
      const al =
        (rgba[a + 3] ?? 0) +
        (rgba[b + 3] ?? 0) +
        (rgba[a + below + 3] ?? 0) +
        (rgba[b + below + 3] ?? 0)
      blue[at] = (-6596 * r - 22189 * g + 28784 * bl + 32896 * al + 131072) >> 18
      red[at] = (28784 * r - 26145 * g - 2639 * bl + 32896 * al + 131072) >> 18
      thin[at] = (al + 2) >> 2
    }
  }
}

/** One frame in the encoder's layout, and views of its three planes. */
export interface Frame {
  width: number
  height: number
  bytes: Uint8Array
  luma: Uint8Array
  blue: Uint8Array
  red: Uint8Array
}

export function newFrame(width: number, height: number): Frame {
  const size = width * height
  const bytes = new Uint8Array((size * 3) / 2)
  return {
    width,
    height,
    bytes,
    luma: bytes.subarray(0, size),
    blue: bytes.subarray(size, size + size / 4),
    red: bytes.subarray(size + size / 4),
  }
}
