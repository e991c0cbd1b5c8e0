import { Path2D, type Box, type Brush } from './canvas.ts'
import { lighten, mix, toCss } from './color.ts'
import { circlePath, cloudPath, moveToArc, paper } from './papercut.ts'
import { depths, type Layer, type Setting } from './scene.ts'

/** Sky, sun or moon with paper rings of light, stars and drifting clouds. */
export function paintSky(setting: Setting): Layer[] {
  return [
    {
      depth: depths.sky,
      box: setting.bleed,
      draw(brush) {
        fillSky(brush, setting)
        if (setting.hour === 'night' || setting.place === 'space') scatterStars(brush, setting)
        if (setting.weather !== 'storm' && setting.place !== 'space') hangSun(brush, setting)
      },
    },
    ...(setting.place === 'space' ? [] : clouds(setting)),
  ]
}

export function fillSky(brush: Brush, { bleed, palette, horizon }: Setting): void {
  const [top, middle, low] = palette.sky
  const gradient = brush.createLinearGradient(0, bleed.y, 0, Math.max(horizon, bleed.y + 1))
  gradient.addColorStop(0, toCss(top))
  gradient.addColorStop(0.58, toCss(middle))
  gradient.addColorStop(1, toCss(low))
  brush.fillStyle = gradient
  brush.fillRect(bleed.x, bleed.y, bleed.width, bleed.height)
}

function hangSun(brush: Brush, setting: Setting): void {
  const { width, horizon, unit, palette, hour, weather } = setting
  const random = setting.random.fork('sun')
  const radius = unit * random.between(7, 9.5)
  const x = width * (random.chance(0.5) ? random.between(0.2, 0.38) : random.between(0.62, 0.8))
  const low = hour === 'dawn' || hour === 'dusk'
  const y = low
    ? horizon - radius * random.between(0.5, 1.5)
    : horizon * random.between(0.3, 0.42) + unit * 3
  const veiled = weather === 'rain' || weather === 'fog' || weather === 'snow'
  const strength = veiled ? 0.5 : 1
  for (const [size, alpha] of [
    [5.2, 0.1],
    [3.7, 0.14],
    [2.5, 0.2],
    [1.65, 0.3],
  ] as const) {
    brush.fillStyle = toCss(palette.glow, alpha * strength)
    brush.fill(circlePath(x, y, radius * size))
  }
  paper(brush, circlePath(x, y, radius), palette.sun, {
    lift: unit * 0.5,
    alpha: veiled ? 0.75 : 1,
  })
  if (hour !== 'night') return
  brush.fillStyle = toCss(mix(palette.sun, palette.sky[1], 0.3), 0.8)
  for (const [dx, dy, size] of [
    [-0.35, -0.25, 0.22],
    [0.3, 0.2, 0.28],
    [-0.1, 0.5, 0.14],
  ] as const) {
    brush.fill(circlePath(x + dx * radius, y + dy * radius, size * radius))
  }
}

function scatterStars(brush: Brush, setting: Setting): void {
  const { bleed, unit, horizon, place } = setting
  const random = setting.random.fork('stars')
  const bottom = place === 'space' ? bleed.y + bleed.height : horizon
  const path = new Path2D()
  const faint = new Path2D()
  const count = Math.round((90 * (bleed.width * (bottom - bleed.y))) / (unit * unit * 6000)) + 40
  for (let star = 0; star < count; star++) {
    const x = bleed.x + random.next() * bleed.width
    const y = bleed.y + random.next() ** 1.3 * (bottom - bleed.y)
    const size = unit * random.between(0.1, 0.32)
    if (random.chance(0.12)) addSparkle(path, x, y, size * 4)
    else moveToArc(random.chance(0.5) ? path : faint, x, y, size)
  }
  brush.fillStyle = 'rgba(255,250,225,0.92)'
  brush.fill(path)
  brush.fillStyle = 'rgba(220,228,255,0.55)'
  brush.fill(faint)
}

/** A four-pointed star. */
export function addSparkle(path: Path2D, x: number, y: number, size: number): void {
  path.moveTo(x, y - size)
  path.quadraticCurveTo(x, y, x + size, y)
  path.quadraticCurveTo(x, y, x, y + size)
  path.quadraticCurveTo(x, y, x - size, y)
  path.quadraticCurveTo(x, y, x, y - size)
}

function clouds(setting: Setting): Layer[] {
  const { width, horizon, unit, weather, bleed, palette } = setting
  const random = setting.random.fork('clouds')
  const heavy = weather === 'rain' || weather === 'storm'
  const count = Math.min(7, Math.round((heavy ? 4 : 2) + (width / unit) * 0.012))
  return Array.from({ length: count }, (_, index) => {
    const cloudWidth = unit * random.between(20, 34) * (heavy ? 1.35 : 1)
    const height = cloudWidth * random.between(0.36, 0.44)
    const x = ((index + random.between(0.1, 0.9)) / count) * width - cloudWidth / 2
    const y = horizon * random.between(0.14, heavy ? 0.42 : 0.62) - height / 2
    const shape: Box = { x, y, width: cloudWidth, height }
    const bumps = Array.from({ length: 4 }, () => random.next())
    const color = weather === 'storm' ? lighten(palette.cloud, -0.14) : palette.cloud
    const margin = unit * 2
    return {
      depth: 0.2,
      box: {
        x: x - margin,
        y: y - margin,
        width: cloudWidth + margin * 2,
        height: height + margin * 2,
      },
      motion: {
        driftX: unit * random.between(0.7, 1.6),
        area: bleed,
        seconds: 9,
        phase: random.next(),
      },
      draw: (brush: Brush) =>
        paper(brush, cloudPath(shape, bumps), color, {
          lift: unit * 0.9,
          fade: mix(color, palette.sky[1], 0.35),
          box: shape,
          alpha: setting.hour === 'night' ? 0.85 : 0.97,
        }),
    }
  })
}
