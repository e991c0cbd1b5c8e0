import { readFileSync } from 'node:fs'

let ranges: Uint32Array | undefined

/**
 * Whether the font has a glyph of its own for the sign. Without this question the canvas would borrow one from
 * whatever fonts the machine happens to have, or print a box: the same prompt would look different elsewhere.
 */
export function hasGlyph(fontFile: string, code: number): boolean {
  ranges ??= readRanges(fontFile)
  for (let at = 0; at < ranges.length; at += 2) {
    if (code < (ranges[at] ?? 0)) return false
    if (code <= (ranges[at + 1] ?? 0)) return true
  }
  return false
}

// The character map in its segmented 16-bit form (OpenType "cmap" format 4): pairs of first and last code.
function readRanges(file: string): Uint32Array {
  const bytes = readFileSync(file)
  const map = findTable(bytes, 'cmap')
  const count = bytes.readUInt16BE(map + 2)
  for (let record = 0; record < count; record++) {
    const at = map + bytes.readUInt32BE(map + 4 + record * 8 + 4)
    if (bytes.readUInt16BE(at) === 4) return readSegments(bytes, at)
  }
  throw new Error(`${file} has no character map of format 4.`)
}

function findTable(bytes: Buffer, tag: string): number {
  const count = bytes.readUInt16BE(4)
  for (let table = 0; table < count; table++) {
    const at = 12 + table * 16
    if (bytes.toString('latin1', at, at + 4) === tag) return bytes.readUInt32BE(at + 8)
  }
  throw new Error(`The font has no ${tag} table.`)
}

function readSegments(bytes: Buffer, at: number): Uint32Array {
  const segments = bytes.readUInt16BE(at + 6) / 2
  const pairs = new Uint32Array(segments * 2)
  for (let segment = 0; segment < segments; segment++) {
    pairs[segment * 2] = bytes.readUInt16BE(at + 16 + segments * 2 + segment * 2)
    pairs[segment * 2 + 1] = bytes.readUInt16BE(at + 14 + segment * 2)
  }
  return pairs
}
