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
  /** For each row: 0 = nothing in it, 1 = something, 2 = wholly opaque. */
  rows: Uint8Array
  isOpaque: boolean
}

/** Converts premultiplied RGBA, as the canvas holds it. */
export function toPlanar(
  rgba: Uint8Array,
  width: number,
  height: number,
  allocate: Allocate,
): Planar {
  const half = ((width + 1) >> 1) * ((height + 1) >> 1)
  const planar: Planar = {
    width,
    height,
    luma: allocate(width * height),
    alpha: allocate(width * height),
    blue: allocate(half),
    red: allocate(half),
    thin: allocate(half),
    rows: allocate(height),
    isOpaque: false,
  }
  convertLuma(rgba, planar)
  convertChroma(rgba, planar)
  planar.isOpaque = planar.rows.every((row) => row === 2)
  return planar
}

export type Allocate = (length: number) => Uint8Array

/** Bytes that toPlanar takes for a picture of this size. */
export function planarBytes(width: number, height: number): number {
  return width * height * 2 + ((width + 1) >> 1) * ((height + 1) >> 1) * 3 + height
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

function convertLuma(rgba: Uint8Array, { luma, alpha, rows, width, height }: Planar): void {
  for (let y = 0, at = 0; y < height; y++) {
    let least = 255
    let most = 0
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
      if (a > most) most = a
    }
    rows[y] = most === 0 ? 0 : least === 255 ? 2 : 1
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
