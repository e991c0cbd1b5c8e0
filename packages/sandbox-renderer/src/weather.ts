import { Path2D, type Brush } from './canvas.ts'
import { toCss } from './color.ts'
import { moveToArc } from './papercut.ts'
import { depths, type Layer, type Setting } from './scene.ts'
import { addSparkle } from './sky.ts'

/** What falls, flies or twinkles in the air. */
export function paintWeather(setting: Setting): Layer[] {
  const { weather, place, hour } = setting
  if (place === 'indoor' || place === 'underwater' || place === 'abstract') return []
  if (place === 'space') return twinkles(setting, setting.height * 0.7)
  if (weather === 'snow') return flakes(setting)
  if (weather === 'rain' || weather === 'storm')
    return [...(weather === 'storm' ? [bolt(setting)] : []), ...drops(setting)]
  if (hour === 'night') return [...twinkles(setting, setting.horizon * 0.8), ...fireflies(setting)]
  return place === 'forest' || place === 'meadow' ? motes(setting) : []
}

function flakes(setting: Setting): Layer[] {
  const { width, height, unit, bleed } = setting
  const random = setting.random.fork('flakes')
  const count = Math.round(Math.min(120, 60 + (width * height) / (unit * unit * 260)))
  return Array.from({ length: count }, () => {
    const near = random.next() ** 2
    const radius = unit * (0.32 + near * 0.85)
    const x = random.next() * width
    const y = random.next() * height
    return {
      depth: 0.4 + near * 0.6,
      box: { x: x - radius * 1.2, y: y - radius * 1.2, width: radius * 2.4, height: radius * 2.4 },
      motion: {
        driftY: unit * (5 + near * 9),
        driftX: unit * (1 + near * 2),
        slide: unit * 1.2,
        seconds: random.between(2.5, 5),
        phase: random.next(),
        area: bleed,
      },
      draw(brush: Brush) {
        brush.fillStyle = `rgba(255,255,255,${0.7 + near * 0.25})`
        const path = new Path2D()
        moveToArc(path, x, y, radius)
        brush.fill(path)
      },
    }
  })
}

function drops(setting: Setting): Layer[] {
  const { width, height, unit, bleed } = setting
  const random = setting.random.fork('drops')
  const count = Math.round(Math.min(110, 60 + (width * height) / (unit * unit * 300)))
  return Array.from({ length: count }, () => {
    const near = random.next()
    const long = unit * (3 + near * 5)
    const lean = long * 0.22
    const x = random.next() * width
    const y = random.next() * height
    const thick = unit * (0.16 + near * 0.18)
    return {
      depth: 0.4 + near * 0.6,
      box: { x: x - lean - thick, y: y - thick, width: lean + thick * 2, height: long + thick * 2 },
      motion: {
        driftY: unit * (90 + near * 70),
        driftX: -unit * (20 + near * 15),
        area: bleed,
        seconds: 1,
        phase: 0,
      },
      draw(brush: Brush) {
        brush.strokeStyle = `rgba(226,240,255,${0.35 + near * 0.35})`
        brush.lineWidth = thick
        brush.lineCap = 'round'
        brush.beginPath()
        brush.moveTo(x, y)
        brush.lineTo(x - lean, y + long)
        brush.stroke()
      },
    }
  })
}

function bolt(setting: Setting): Layer {
  const { width, horizon, unit } = setting
  const random = setting.random.fork('bolt')
  const x = width * random.between(0.2, 0.8)
  const points: [number, number][] = [[x, 0]]
  for (let step = 1; step <= 7; step++) {
    points.push([x + unit * random.between(-7, 7), (horizon * 0.9 * step) / 7])
  }
  const reach = unit * 16
  return {
    depth: 0.2,
    box: { x: x - reach, y: -unit, width: reach * 2, height: horizon },
    motion: { seconds: 1.7, phase: 0, twinkle: 1 },
    draw(brush) {
      for (const [wide, alpha] of [
        [3, 0.12],
        [1.5, 0.25],
        [0.6, 1],
      ] as const) {
        brush.beginPath()
        points.forEach(([px, py], index) =>
          index === 0 ? brush.moveTo(px, py) : brush.lineTo(px, py),
        )
        brush.strokeStyle = `rgba(255,250,215,${alpha})`
        brush.lineWidth = unit * wide
        brush.stroke()
      }
    },
  }
}

function twinkles(setting: Setting, bottom: number): Layer[] {
  const { width, unit } = setting
  const random = setting.random.fork('twinkles')
  return Array.from({ length: 16 }, () => {
    const x = random.next() * width
    const y = random.next() * bottom
    const size = unit * random.between(0.8, 1.7)
    return {
      depth: depths.sky,
      box: { x: x - size, y: y - size, width: size * 2, height: size * 2 },
      motion: { seconds: random.between(1.6, 3.4), phase: random.next(), twinkle: 0.85 },
      draw(brush: Brush) {
        const path = new Path2D()
        addSparkle(path, x, y, size)
        brush.fillStyle = 'rgba(255,248,220,0.95)'
        brush.fill(path)
      },
    }
  })
}

function fireflies(setting: Setting): Layer[] {
  const { width, unit, horizon, base } = setting
  if (!['hills', 'meadow', 'forest', 'lake'].includes(setting.place)) return []
  const random = setting.random.fork('fireflies')
  return Array.from({ length: 14 }, () => {
    const x = random.next() * width
    const y = random.between(horizon, base)
    return glowDot(setting, {
      x,
      y,
      radius: unit * random.between(0.4, 0.75),
      color: 'rgba(255,240,150,',
      random: random.next(),
    })
  })
}

function motes(setting: Setting): Layer[] {
  const { width, unit, horizon, base, palette } = setting
  const random = setting.random.fork('motes')
  const color = toCss(palette.sun, 0).replace(/0\)$/, '')
  return Array.from({ length: 10 }, () => {
    const x = random.next() * width
    const y = random.between(horizon * 0.8, base)
    return glowDot(setting, {
      x,
      y,
      radius: unit * random.between(0.25, 0.5),
      color,
      random: random.next(),
    })
  })
}

function glowDot(
  { unit }: Setting,
  {
    x,
    y,
    radius,
    color,
    random,
  }: { x: number; y: number; radius: number; color: string; random: number },
): Layer {
  const reach = radius * 3.2
  return {
    depth: 0.75,
    box: { x: x - reach, y: y - reach, width: reach * 2, height: reach * 2 },
    motion: {
      bob: unit * 3,
      slide: unit * 4,
      seconds: 4 + random * 3,
      phase: random,
      twinkle: 0.6,
    },
    draw(brush) {
      for (const [size, alpha] of [
        [3, 0.15],
        [1.8, 0.25],
        [1, 0.95],
      ] as const) {
        brush.fillStyle = `${color}${alpha})`
        const path = new Path2D()
        moveToArc(path, x, y, radius * size)
        brush.fill(path)
      }
    },
  }
}
