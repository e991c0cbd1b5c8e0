import { Path2D, type Box, type Brush } from './canvas.ts'
import { lighten, mix, toCss, type Color } from './color.ts'

export interface PaperOptions {
  /** How far the sheet stands off the one behind it, in pixels of shadow. */
  lift: number
  /** Darker towards the bottom, as if the sheet bent away from the light. */
  fade?: Color
  box?: Box
  alpha?: number
  /** Steps of the shadow; two are enough around things as small as trees. */
  strokes?: number
}

/** One sheet of paper: soft shadow around it, flat or gently graded fill, a lit edge. */
export function paper(brush: Brush, path: Path2D, color: Color, options: PaperOptions): void {
  const { lift, fade, box, alpha = 1, strokes = 4 } = options
  // A blurred canvas shadow costs 7 ms a sheet at 1024 pixels; four widening strokes cost 2 and look the same.
  brush.lineJoin = 'round'
  brush.strokeStyle = `rgba(10,12,30,${0.22 / strokes})`
  for (let step = strokes; step >= 1; step--) {
    brush.lineWidth = (lift * step * 2) / strokes
    brush.stroke(path)
  }
  // The lit edge comes before the fill, or it would also trace where the circles of a cloud overlap.
  brush.strokeStyle = toCss(lighten(color, 0.12), 0.6)
  brush.lineWidth = Math.max(1.2, lift / 5)
  brush.stroke(path)
  brush.fillStyle = toCss(color, alpha)
  if (fade !== undefined && box !== undefined) {
    const gradient = brush.createLinearGradient(0, box.y, 0, box.y + box.height)
    gradient.addColorStop(0, toCss(color, alpha))
    gradient.addColorStop(1, toCss(fade, alpha))
    brush.fillStyle = gradient
  }
  brush.fill(path)
}

/** The ground under a line: from `heightAt` down to the bottom of the box, a little past its sides. */
export function groundPath(box: Box, step: number, heightAt: (x: number) => number): Path2D {
  const path = new Path2D()
  const left = box.x - step * 2
  const right = box.x + box.width + step * 2
  const bottom = box.y + box.height + step * 4
  path.moveTo(left, bottom)
  for (let x = left; x <= right + step; x += step) path.lineTo(x, heightAt(x))
  path.lineTo(right + step, bottom)
  path.closePath()
  return path
}

export function circlePath(x: number, y: number, radius: number): Path2D {
  const path = new Path2D()
  path.arc(x, y, radius, 0, Math.PI * 2)
  return path
}

/** Trees, cacti or houses of one sheet: bodies in one path and their shaded halves in another, filled at once. */
export interface Cutouts {
  bodies: Path2D
  shaded: Path2D
}

export function newCutouts(): Cutouts {
  return { bodies: new Path2D(), shaded: new Path2D() }
}

export function paintCutouts(brush: Brush, cutouts: Cutouts, color: Color, lift: number): void {
  paper(brush, cutouts.bodies, color, { lift, strokes: 2 })
  brush.fillStyle = toCss(mix(color, [0, 0, 20], 0.25), 0.45)
  brush.fill(cutouts.shaded)
}

export function addConifer(to: Cutouts, x: number, foot: number, height: number): void {
  const width = height * 0.5
  to.bodies.rect(x - height * 0.03, foot - height * 0.2, height * 0.06, height * 0.22)
  for (let tier = 0; tier < 3; tier++) {
    const bottom = foot - height * (0.12 + tier * 0.24)
    const top = bottom - height * (0.46 - tier * 0.05)
    const half = (width / 2) * (1 - tier * 0.26)
    triangle(to.bodies, [x - half, bottom], [x, top], [x + half, bottom])
    triangle(to.shaded, [x, bottom], [x, top], [x + half, bottom])
  }
}

export function addRoundTree(to: Cutouts, x: number, foot: number, height: number): void {
  const radius = height * 0.3
  const middle = foot - height + radius
  to.bodies.rect(x - height * 0.035, middle, height * 0.07, height - radius)
  moveToArc(to.bodies, x, middle, radius)
  moveToArc(to.bodies, x - radius * 0.62, middle + radius * 0.45, radius * 0.68)
  moveToArc(to.bodies, x + radius * 0.62, middle + radius * 0.45, radius * 0.68)
  to.shaded.moveTo(x, middle - radius)
  to.shaded.arc(x, middle, radius, -Math.PI / 2, Math.PI / 2)
  to.shaded.closePath()
}

export function addCactus(to: Cutouts, x: number, foot: number, height: number): void {
  const width = height * 0.2
  to.bodies.roundRect(x - width / 2, foot - height, width, height * 1.02, width / 2)
  const armWidth = width * 0.72
  for (const [side, low, tall] of [
    [-1, 0.42, 0.34],
    [1, 0.55, 0.3],
  ] as const) {
    const armX = x + side * width * 1.35
    const y = foot - height * low
    const inner = Math.min(x, armX)
    to.bodies.roundRect(
      inner - armWidth / 4,
      y - armWidth,
      Math.abs(armX - x) + armWidth / 2,
      armWidth,
      armWidth / 2,
    )
    to.bodies.roundRect(
      armX - armWidth / 2,
      y - height * tall,
      armWidth,
      height * tall,
      armWidth / 2,
    )
  }
  to.shaded.roundRect(x, foot - height, width / 2, height, [0, width / 2, 0, 0])
}

/** A bush of overlapping leaves leaning out of a corner, the dark frame nearest to the eye. */
export function addLeaves(
  path: Path2D,
  root: { x: number; y: number; size: number; lean: number },
  count: number,
): void {
  for (let leaf = 0; leaf < count; leaf++) {
    const angle = -Math.PI / 2 + root.lean + (leaf / (count - 1) - 0.5) * 2.1
    const length = root.size * (0.72 + 0.28 * Math.sin(leaf * 2.4 + 1))
    addLeaf(path, root.x, root.y, angle, length)
  }
}

function addLeaf(path: Path2D, x: number, y: number, angle: number, length: number): void {
  const tipX = x + Math.cos(angle) * length
  const tipY = y + Math.sin(angle) * length
  const sideX = -Math.sin(angle) * length * 0.16
  const sideY = Math.cos(angle) * length * 0.16
  const middleX = x + Math.cos(angle) * length * 0.5
  const middleY = y + Math.sin(angle) * length * 0.5
  path.moveTo(x, y)
  path.quadraticCurveTo(middleX + sideX, middleY + sideY, tipX, tipY)
  path.quadraticCurveTo(middleX - sideX, middleY - sideY, x, y)
}

/** A flat-bottomed cloud inside the box. */
export function cloudPath(box: Box, bumps: readonly number[]): Path2D {
  const path = new Path2D()
  const foot = box.y + box.height
  const radius = box.height * 0.3
  path.roundRect(box.x, foot - radius * 1.4, box.width, radius * 1.4, radius * 0.7)
  bumps.forEach((bump, index) => {
    const share = (index + 0.8) / (bumps.length + 0.6)
    const arch = Math.sin(share * Math.PI)
    const size = box.height * (0.2 + 0.26 * arch) * (0.8 + bump * 0.3)
    const y = Math.min(foot - radius * 0.8 - size * 0.45, foot - size)
    moveToArc(path, box.x + box.width * share, y, size)
  })
  return path
}

export function triangle(
  path: Path2D,
  a: readonly [number, number],
  b: readonly [number, number],
  c: readonly [number, number],
): void {
  path.moveTo(a[0], a[1])
  path.lineTo(b[0], b[1])
  path.lineTo(c[0], c[1])
  path.closePath()
}

export function moveToArc(path: Path2D, x: number, y: number, radius: number): void {
  path.moveTo(x + radius, y)
  path.arc(x, y, radius, 0, Math.PI * 2)
}
