import { Path2D, type Brush } from './canvas.ts'
import { fromHue, lighten, mix, toCss, type Color } from './color.ts'
import { groundPath, moveToArc, paper } from './papercut.ts'
import { seedOf, smoothNoise, type Random } from './random.ts'
import { depths, type Layer, type Setting } from './scene.ts'

/** Under water: shafts of light, reefs fading into the blue, swaying kelp, coral and rising bubbles. */
export function paintReef(setting: Setting): Layer[] {
  const random = setting.random.fork('reef')
  return [
    deepWater(setting),
    ...[0.15, 0.5, 1].map((share) => reef(setting, share, seedOf(random))),
    ...kelp(setting),
    ...bubbles(setting),
  ]
}

function deepWater(setting: Setting): Layer {
  const { bleed, palette, unit, width } = setting
  return {
    depth: depths.sky,
    box: bleed,
    draw(brush) {
      const random = setting.random.fork('shafts')
      const gradient = brush.createLinearGradient(0, bleed.y, 0, bleed.y + bleed.height)
      gradient.addColorStop(0, toCss(mix(palette.far, [235, 255, 250], palette.isDark ? 0.1 : 0.5)))
      gradient.addColorStop(0.45, toCss(palette.far))
      gradient.addColorStop(1, toCss(palette.near))
      brush.fillStyle = gradient
      brush.fillRect(bleed.x, bleed.y, bleed.width, bleed.height)
      const center = width * random.between(0.3, 0.7)
      for (let shaft = 0; shaft < 7; shaft++) {
        const x = center + (shaft - 3) * unit * random.between(9, 15)
        const lean = (x - center) * 1.1
        const wide = unit * random.between(3, 8)
        brush.fillStyle = toCss([255, 255, 240], palette.isDark ? 0.045 : 0.09)
        brush.beginPath()
        brush.moveTo(x, bleed.y - unit)
        brush.lineTo(x + wide, bleed.y - unit)
        brush.lineTo(x + lean + wide * 2.6, setting.base)
        brush.lineTo(x + lean - wide, setting.base)
        brush.fill()
      }
    },
  }
}

function reef(setting: Setting, share: number, seed: number): Layer {
  const { bleed, unit, base, horizon, palette } = setting
  const line = horizon + (base - unit * 5 - horizon) * share
  const relief = unit * (18 - share * 13)
  const color = mix(palette.far, mix(palette.near, [232, 201, 150], share * 0.4), 0.3 + share * 0.6)
  const heightAt = (x: number) =>
    line - relief * (0.4 + 0.6 * smoothNoise(seed, x / (unit * (17 + share * 16))))
  return {
    depth: share < 0.4 ? depths.far : depths.middle,
    box: {
      ...bleed,
      y: line - relief * 1.2 - unit * 14,
      height: bleed.y + bleed.height - line + relief * 1.2 + unit * 14,
    },
    draw(brush) {
      if (share > 0.3)
        corals(brush, setting, { heightAt, share, random: setting.random.fork(`coral ${share}`) })
      paper(brush, groundPath(bleed, unit * 1.5, heightAt), color, {
        lift: unit * (0.8 + share),
        fade: mix(color, palette.shade, 0.3),
        box: { ...bleed, y: line, height: bleed.height - line },
      })
    },
  }
}

interface Bed {
  heightAt(x: number): number
  share: number
  random: Random
}

function corals(
  brush: Brush,
  { bleed, unit, palette }: Setting,
  { heightAt, share, random }: Bed,
): void {
  const count = Math.round((bleed.width / unit) * 0.07)
  for (let coral = 0; coral < count; coral++) {
    const x = bleed.x + ((coral + random.next()) / count) * bleed.width
    const size = unit * random.between(4, 8) * (0.6 + share * 0.6)
    const color = mix(
      fromHue(0.7, 0.15, random.pick([10, 340, 45, 300])),
      palette.near,
      0.35 - share * 0.15,
    )
    const path = new Path2D()
    branch(
      path,
      { x, y: heightAt(x) + unit, angle: -Math.PI / 2, length: size, width: size * 0.2, random },
      3,
    )
    paper(brush, path, color, { lift: unit * 0.5 })
  }
}

interface Branch {
  x: number
  y: number
  angle: number
  length: number
  width: number
  random: Random
}

function branch(path: Path2D, at: Branch, left: number): void {
  const { x, y, angle, length, width, random } = at
  const tipX = x + Math.cos(angle) * length
  const tipY = y + Math.sin(angle) * length
  const sideX = -Math.sin(angle) * width * 0.5
  const sideY = Math.cos(angle) * width * 0.5
  path.moveTo(x - sideX, y - sideY)
  path.lineTo(tipX - sideX * 0.8, tipY - sideY * 0.8)
  path.lineTo(tipX + sideX * 0.8, tipY + sideY * 0.8)
  path.lineTo(x + sideX, y + sideY)
  path.closePath()
  moveToArc(path, tipX, tipY, width * 0.48)
  if (left === 0) return
  for (const side of [-1, 1]) {
    branch(
      path,
      {
        ...at,
        x: tipX,
        y: tipY,
        angle: angle + side * random.between(0.3, 0.65),
        length: length * 0.62,
        width: width * 0.78,
      },
      left - 1,
    )
  }
}

function kelp(setting: Setting): Layer[] {
  const { width, unit, base, palette } = setting
  const random = setting.random.fork('kelp')
  const count = Math.min(9, Math.max(4, Math.round((width / unit) * 0.035)))
  return Array.from({ length: count }, (_, index) => {
    const edge = index % 2 === 0 ? random.between(-0.02, 0.24) : random.between(0.76, 1.02)
    const x = width * edge
    const tall = unit * random.between(22, 44)
    const color: Color = mix(lighten(palette.near, 0.06), [70, 160, 100], random.between(0.35, 0.7))
    const foot = base + unit * 3
    const half = unit * 6
    return {
      depth: depths.middle,
      box: { x: x - half, y: foot - tall - unit, width: half * 2, height: tall + unit * 2 },
      motion: { swayDegrees: 2.6, seconds: random.between(3.4, 5), phase: random.next() },
      draw: (brush: Brush) => drawKelp(brush, { x, foot, tall, unit, color }),
    }
  })
}

function drawKelp(
  brush: Brush,
  {
    x,
    foot,
    tall,
    unit,
    color,
  }: { x: number; foot: number; tall: number; unit: number; color: Color },
): void {
  const path = new Path2D()
  const bend = (share: number) => x + Math.sin(share * 5 + x) * unit * 1.3
  const steps = Math.round(tall / (unit * 3.2))
  for (let step = 0; step < steps; step++) {
    const share = step / steps
    const y = foot - tall * share
    const leafX = bend(share)
    const side = step % 2 === 0 ? 1 : -1
    const length = unit * 4.6 * (1 - share * 0.55)
    path.moveTo(leafX, y)
    path.quadraticCurveTo(
      leafX + side * length * 0.9,
      y - length * 0.1,
      leafX + side * length,
      y - length,
    )
    path.quadraticCurveTo(leafX + side * length * 0.1, y - length * 0.7, leafX, y - unit * 1.2)
    path.closePath()
  }
  for (let step = 0; step <= 20; step++)
    path.lineTo(bend(step / 20) - unit * 0.4, foot - (tall * step) / 20)
  for (let step = 20; step >= 0; step--)
    path.lineTo(bend(step / 20) + unit * 0.4, foot - (tall * step) / 20)
  path.closePath()
  paper(brush, path, color, { lift: unit * 0.6 })
}

function bubbles(setting: Setting): Layer[] {
  const { width, height, unit, bleed } = setting
  const random = setting.random.fork('bubbles')
  return Array.from({ length: 22 }, () => {
    const x = random.next() * width
    const y = random.next() * height
    const radius = unit * random.between(0.5, 1.7)
    return {
      depth: random.between(0.4, 0.9),
      box: { x: x - radius * 1.3, y: y - radius * 1.3, width: radius * 2.6, height: radius * 2.6 },
      motion: {
        driftY: -unit * random.between(5, 10),
        slide: unit * 1.2,
        seconds: random.between(2, 4),
        phase: random.next(),
        area: bleed,
      },
      draw(brush: Brush) {
        brush.beginPath()
        brush.arc(x, y, radius, 0, Math.PI * 2)
        brush.fillStyle = 'rgba(235,255,255,0.2)'
        brush.fill()
        brush.lineWidth = radius * 0.18
        brush.strokeStyle = 'rgba(240,255,255,0.75)'
        brush.stroke()
        brush.beginPath()
        brush.arc(x - radius * 0.35, y - radius * 0.35, radius * 0.2, 0, Math.PI * 2)
        brush.fillStyle = 'rgba(255,255,255,0.9)'
        brush.fill()
      },
    }
  })
}
