import { Path2D, type Brush } from './canvas.ts'
import { fromHue, lighten, mix, toCss, type Color } from './color.ts'
import { circlePath, groundPath, moveToArc, paper } from './papercut.ts'
import { numberAt, seedOf, smoothNoise } from './random.ts'
import { depths, type Layer, type Setting } from './scene.ts'

/** Sheets of nebula, a ringed planet and its moons, and the edge of a cratered world to stand on. */
export function paintSpace(setting: Setting): Layer[] {
  return [nebula(setting), ...planets(setting), world(setting)]
}

function nebula(setting: Setting): Layer {
  const { bleed, unit, width, height } = setting
  return {
    depth: depths.sky,
    box: bleed,
    draw(brush) {
      const random = setting.random.fork('nebula')
      const hue = random.between(220, 340)
      const x = width * random.between(0.3, 0.7)
      const y = height * random.between(0.25, 0.45)
      for (let ring = 0; ring < 5; ring++) {
        const seed = seedOf(random)
        const reach = unit * (62 - ring * 11)
        const path = new Path2D()
        for (let step = 0; step <= 90; step++) {
          const angle = (step / 90) * Math.PI * 2
          const wobble =
            1 +
            0.24 * smoothNoise(seed, Math.cos(angle) * 2.2 + 9) +
            0.2 * smoothNoise(seed + 1, Math.sin(angle) * 2.6 + 5)
          const px = x + Math.cos(angle) * reach * wobble * 1.35
          const py = y + Math.sin(angle) * reach * wobble * 0.62
          if (step === 0) path.moveTo(px, py)
          else path.lineTo(px, py)
        }
        path.closePath()
        brush.fillStyle = toCss(fromHue(0.42 + ring * 0.075, 0.14, hue + ring * 16), 0.26)
        brush.fill(path)
      }
    },
  }
}

function planets(setting: Setting): Layer[] {
  const { width, horizon, unit } = setting
  const random = setting.random.fork('planets')
  const left = random.chance(0.5)
  const places = [
    {
      x: left ? random.between(0.16, 0.3) : random.between(0.7, 0.84),
      y: random.between(0.3, 0.5),
      size: random.between(11, 15),
    },
    {
      x: left ? random.between(0.7, 0.88) : random.between(0.12, 0.3),
      y: random.between(0.3, 0.75),
      size: random.between(3.5, 6),
    },
    { x: random.between(0.4, 0.6), y: random.between(0.25, 0.4), size: random.between(1.6, 3) },
  ]
  return places.map((place, index) => {
    const x = width * place.x
    const y = horizon * place.y
    const radius = unit * place.size
    const hue = random.between(0, 360)
    const reach = radius * 2.2
    return {
      depth: 0.22 + index * 0.05,
      box: { x: x - reach, y: y - reach, width: reach * 2, height: reach * 2 },
      motion: { bob: unit * 0.7, seconds: 6 + index * 2, phase: random.next() },
      draw: (brush: Brush) => drawPlanet(brush, { x, y, radius, hue, isRinged: index === 0, unit }),
    }
  })
}

interface Planet {
  x: number
  y: number
  radius: number
  hue: number
  isRinged: boolean
  unit: number
}

function drawPlanet(brush: Brush, { x, y, radius, hue, isRinged, unit }: Planet): void {
  const color = fromHue(0.72, 0.13, hue)
  if (isRinged) ring(brush, { x, y, radius, color, from: Math.PI, to: Math.PI * 2 })
  const disc = circlePath(x, y, radius)
  paper(brush, disc, color, { lift: unit * 1.1 })
  brush.save()
  brush.clip(disc)
  for (let band = 0; band < 4; band++) {
    brush.fillStyle = toCss(lighten(color, band % 2 === 0 ? -0.09 : 0.09), 0.75)
    const top = y - radius + radius * (0.3 + band * 0.45)
    brush.beginPath()
    brush.ellipse(x, top, radius * 1.25, radius * 0.13, -0.12, 0, Math.PI * 2)
    brush.fill()
  }
  brush.fillStyle = 'rgba(10,8,40,0.28)'
  const shade = new Path2D()
  shade.arc(x, y, radius * 1.05, 0, Math.PI * 2)
  moveToArc(shade, x - radius * 0.36, y - radius * 0.3, radius * 1.02)
  brush.fill(shade, 'evenodd')
  brush.restore()
  if (isRinged) ring(brush, { x, y, radius, color, from: 0, to: Math.PI })
}

function ring(
  brush: Brush,
  {
    x,
    y,
    radius,
    color,
    from,
    to,
  }: { x: number; y: number; radius: number; color: Color; from: number; to: number },
): void {
  for (const [size, wide, light] of [
    [1.75, 0.2, 0.16],
    [1.45, 0.12, 0.06],
  ] as const) {
    brush.beginPath()
    brush.ellipse(x, y, radius * size, radius * size * 0.27, -0.22, from, to)
    brush.strokeStyle = toCss(lighten(mix(color, [255, 240, 220], 0.4), light))
    brush.lineWidth = radius * wide
    brush.stroke()
  }
}

function world(setting: Setting): Layer {
  const { bleed, unit, base, width, palette } = setting
  const seed = seedOf(setting.random.fork('world'))
  const top = base - unit * 5
  const curve = (x: number) =>
    top +
    ((x - width / 2) / width) ** 2 * unit * 22 +
    smoothNoise(seed, x / (unit * 9)) * unit * 0.7
  const isMars = /\bmars\b|\bmartian/i.test(setting.brief.caption)
  const color = isMars
    ? mix([214, 106, 62], palette.near, 0.15)
    : lighten(mix(palette.far, palette.near, 0.2), 0.05)
  return {
    depth: depths.middle,
    box: { ...bleed, y: top - unit * 4, height: bleed.y + bleed.height - top + unit * 4 },
    draw(brush) {
      const path = groundPath(bleed, unit * 1.5, curve)
      paper(brush, path, color, {
        lift: unit * 1.6,
        fade: mix(color, palette.near, 0.7),
        box: { ...bleed, y: top, height: unit * 34 },
      })
      for (let crater = 0; crater < 16; crater++) {
        const x = bleed.x + numberAt(seed + 1, crater) * bleed.width
        const deep = numberAt(seed + 2, crater)
        const size = unit * (1.4 + deep * 4.6)
        const y = curve(x) + unit * (3 + deep * 22)
        brush.fillStyle = toCss(lighten(color, 0.06), 0.9)
        brush.beginPath()
        brush.ellipse(x, y + size * 0.09, size, size * 0.36, 0, 0, Math.PI * 2)
        brush.fill()
        brush.fillStyle = toCss(mix(color, palette.shade, 0.42))
        brush.beginPath()
        brush.ellipse(x, y, size * 0.94, size * 0.31, 0, 0, Math.PI * 2)
        brush.fill()
      }
    },
  }
}
