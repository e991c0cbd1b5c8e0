import type { Layer } from './scene.ts'

/** Where a cut-out is at a moment, against where it was drawn. */
export interface Pose {
  x: number
  y: number
  /** Radians, about the middle of its box. */
  angle: number
  opacity: number
}

export function poseAt({ box, motion }: Pick<Layer, 'box' | 'motion'>, seconds: number): Pose {
  if (motion === undefined) return { x: 0, y: 0, angle: 0, opacity: 1 }
  const turn = (seconds / motion.seconds + motion.phase) * Math.PI * 2
  const { area } = motion
  const driftX = (motion.driftX ?? 0) * seconds
  const driftY = (motion.driftY ?? 0) * seconds
  return {
    x:
      wrap(driftX, area && { at: box.x, size: box.width, from: area.x, length: area.width }) +
      (motion.slide ?? 0) * Math.cos(turn),
    y:
      wrap(driftY, area && { at: box.y, size: box.height, from: area.y, length: area.height }) +
      (motion.bob ?? 0) * Math.sin(turn),
    angle: (((motion.swayDegrees ?? 0) * Math.PI) / 180) * Math.sin(turn + 0.8),
    opacity: 1 - (motion.twinkle ?? 0) * (0.5 - 0.5 * Math.cos(turn)),
  }
}

interface Track {
  at: number
  size: number
  from: number
  length: number
}

// The way back is as long as the area and the thing itself, so that it leaves whole before it returns.
function wrap(drift: number, track: Track | undefined): number {
  if (track === undefined || drift === 0) return drift
  const { at, size, from, length } = track
  const loop = length + size
  const position = at + drift - (from - size)
  return (((position % loop) + loop) % loop) + (from - size) - at
}
