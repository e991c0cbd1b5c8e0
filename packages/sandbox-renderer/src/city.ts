import { Path2D, type Brush } from './canvas.ts'
import { lighten, mix, toCss, type Color } from './color.ts'
import { circlePath, groundPath, paper } from './papercut.ts'
import { numberAt, seedOf } from './random.ts'
import { depths, type Layer, type Setting } from './scene.ts'

/** Three rows of houses with lit windows, and a street before them. */
export function paintCity(setting: Setting): Layer[] {
  const random = setting.random.fork('city')
  const rows = [0, 0.5, 1].map((share) => skyline(setting, share, seedOf(random)))
  return [...rows, street(setting)]
}

function skyline(setting: Setting, share: number, seed: number): Layer {
  const { bleed, unit, palette, base, horizon, height } = setting
  const foot = base - unit * 3
  const tall = (foot - horizon * 0.42) * (1 - share * 0.42)
  const color = mix(palette.far, palette.near, 0.15 + share * 0.8)
  const top = Math.max(bleed.y, foot - tall * 1.15)
  return {
    depth: share < 0.3 ? depths.far : depths.middle,
    box: { x: bleed.x, y: top, width: bleed.width, height: bleed.y + bleed.height - top },
    draw: (brush) =>
      drawSkyline(brush, setting, { share, seed, foot: Math.min(foot, height), tall, color }),
  }
}

interface Skyline {
  share: number
  seed: number
  foot: number
  tall: number
  color: Color
}

function drawSkyline(
  brush: Brush,
  setting: Setting,
  { share, seed, foot, tall, color }: Skyline,
): void {
  const { bleed, unit, palette } = setting
  const houses = new Path2D()
  const sides = new Path2D()
  const windows = new Path2D()
  const dimmed = new Path2D()
  const neon = [new Path2D(), new Path2D()]
  const pitch = unit * (9 + share * 4)
  const bottom = bleed.y + bleed.height
  for (
    let index = Math.floor(bleed.x / pitch) - 1;
    index * pitch < bleed.x + bleed.width;
    index++
  ) {
    const x = index * pitch + numberAt(seed, index) * pitch * 0.2
    const wide = pitch * (0.72 + 0.3 * numberAt(seed + 1, index))
    const high = tall * (0.42 + 0.58 * numberAt(seed + 2, index) ** 1.5)
    const y = foot - high
    houses.rect(x, y, wide, bottom - y)
    sides.rect(x + wide * 0.78, y, wide * 0.22, bottom - y)
    addRoof(houses, { x, y, wide, kind: numberAt(seed + 3, index), unit })
    const cell = unit * (1.7 + share * 0.7)
    const columns = Math.max(1, Math.floor((wide * 0.74) / cell))
    const inset = (wide * 0.78 - columns * cell) / 2
    for (let row = 0; row < (high - cell) / (cell * 1.25); row++) {
      for (let column = 0; column < columns; column++) {
        const lit = numberAt(seed + 4 + index, row * 31 + column)
        const path = lit < (palette.isDark ? 0.42 : 0.2) ? windows : lit < 0.75 ? dimmed : undefined
        path?.rect(
          x + inset + (column + 0.22) * cell,
          y + cell * (0.7 + row * 1.25),
          cell * 0.56,
          cell * 0.68,
        )
      }
    }
  }
  paper(brush, houses, color, {
    lift: unit * (0.7 + share * 0.9),
    fade: mix(color, palette.sky[2], 0.3),
    box: { ...bleed, y: foot - tall, height: tall },
  })
  brush.fillStyle = toCss(mix(color, palette.shade, 0.5), 0.35)
  brush.fill(sides)
  brush.fillStyle = toCss(mix(color, palette.shade, 0.55), 0.5)
  brush.fill(dimmed)
  brush.fillStyle = toCss(
    palette.isDark ? [255, 214, 120] : mix(palette.sky[2], [255, 236, 180], 0.5),
    0.95,
  )
  brush.fill(windows)
  neon.forEach((path, index) => {
    brush.fillStyle = index === 0 ? '#ff6ec7' : '#4ff0e6'
    brush.fill(path)
  })
}

function addRoof(
  path: Path2D,
  { x, y, wide, kind, unit }: { x: number; y: number; wide: number; kind: number; unit: number },
): void {
  if (kind < 0.25) {
    path.moveTo(x, y)
    path.lineTo(x + wide / 2, y - wide * 0.45)
    path.lineTo(x + wide, y)
    path.closePath()
  } else if (kind < 0.5) {
    path.rect(x + wide * 0.15, y - unit * 2.2, wide * 0.55, unit * 2.4)
  } else if (kind < 0.66) {
    path.rect(x + wide * 0.46, y - unit * 6, unit * 0.5, unit * 6)
  }
}

function street(setting: Setting): Layer {
  const { bleed, unit, base, palette } = setting
  const top = base - unit * 3.5
  const road = mix(palette.near, palette.shade, 0.55)
  return {
    depth: depths.middle,
    box: { ...bleed, y: top - unit * 24, height: bleed.y + bleed.height - top + unit * 24 },
    draw(brush) {
      lamps(brush, setting, top)
      paper(
        brush,
        groundPath(bleed, unit * 10, () => top),
        mix(palette.far, palette.near, 0.5),
        { lift: unit },
      )
      const box = { ...bleed, y: top + unit * 2, height: unit * 40 }
      paper(
        brush,
        groundPath(bleed, unit * 10, () => top + unit * 2.2),
        road,
        { lift: unit * 0.6, fade: lighten(road, -0.08), box },
      )
      brush.fillStyle = toCss(mix(road, palette.sun, 0.55), 0.8)
      const dash = unit * 7
      for (let x = Math.floor(bleed.x / dash) * dash; x < bleed.x + bleed.width; x += dash) {
        brush.fillRect(x, top + unit * 10.5, dash * 0.55, unit * 0.7)
      }
    },
  }
}

function lamps(brush: Brush, { bleed, unit, palette }: Setting, foot: number): void {
  const poles = new Path2D()
  const pitch = unit * 46
  const heads: [number, number][] = []
  for (let index = Math.floor(bleed.x / pitch); index * pitch < bleed.x + bleed.width; index++) {
    const x = index * pitch + unit * 14
    poles.rect(x, foot - unit * 20, unit * 0.6, unit * 21)
    poles.rect(x - unit * 3, foot - unit * 20, unit * 3.6, unit * 0.6)
    heads.push([x - unit * 2.6, foot - unit * 19])
  }
  paper(brush, poles, palette.shade, { lift: unit * 0.3 })
  for (const [x, y] of heads) {
    for (const [size, alpha] of [
      [7, palette.isDark ? 0.14 : 0.05],
      [3.4, palette.isDark ? 0.22 : 0.08],
      [1.1, 0.98],
    ] as const) {
      brush.fillStyle = toCss([255, 226, 150], alpha)
      brush.fill(circlePath(x, y, unit * size))
    }
  }
}
