/**
 * Pixels of a picture or film. For images the resolution is the longer side (1K is 1024), for films
 * the shorter (720p is 720). Sides are even, as H.264 wants them.
 */
export function toPixels(
  resolution: string,
  aspectRatio: string,
): { width: number; height: number } {
  const [across = 1, down = 1] = aspectRatio.split(':').map(Number)
  const named = Number.parseInt(resolution, 10)
  if (resolution.endsWith('K')) {
    const scale = (named * 1024) / Math.max(across, down)
    return { width: toEven(across * scale), height: toEven(down * scale) }
  }
  const scale = named / Math.min(across, down)
  return { width: toEven(across * scale), height: toEven(down * scale) }
}

function toEven(pixels: number): number {
  return Math.round(pixels / 2) * 2
}
