import { Path2D, type Brush } from './canvas.ts'
import { lighten, mix, toCss, type Color } from './color.ts'
import { addLeaves, circlePath, groundPath, paper } from './papercut.ts'
import { depths, type Layer, type Setting } from './scene.ts'

/** A papered wall with a window on the hour's sky, a lamp, a plant, and a table for the subject. */
export function paintRoom(setting: Setting): Layer[] {
  const random = setting.random.fork('room')
  const windowLeft = random.chance(0.5)
  return [
    wall(setting, windowLeft),
    lamp(setting, windowLeft),
    pot(setting, windowLeft),
    table(setting),
  ]
}

function wallColor({ palette }: Setting): Color {
  return palette.isDark
    ? mix(palette.far, palette.shade, 0.35)
    : mix(palette.far, [250, 236, 214], 0.35)
}

function wall(setting: Setting, windowLeft: boolean): Layer {
  const { bleed, unit } = setting
  return {
    depth: depths.far,
    box: bleed,
    draw(brush) {
      const color = wallColor(setting)
      brush.fillStyle = toCss(color)
      brush.fillRect(bleed.x, bleed.y, bleed.width, bleed.height)
      brush.fillStyle = toCss(lighten(color, -0.035), 0.6)
      const stripe = unit * 5
      for (let x = Math.floor(bleed.x / stripe) * stripe; x < bleed.x + bleed.width; x += stripe) {
        brush.fillRect(x, bleed.y, stripe / 2, bleed.height)
      }
      drawWindow(brush, setting, windowLeft)
    },
  }
}

function drawWindow(brush: Brush, setting: Setting, isLeft: boolean): void {
  const { width, height, unit, base, palette } = setting
  const wide = Math.min(width * 0.44, unit * 46)
  const tall = Math.min((base - unit * 16) * 0.68, unit * 54)
  const x = width * (isLeft ? 0.3 : 0.7) - wide / 2
  const y = Math.max(unit * 9, height * 0.1)
  const frame = lighten(mix(palette.near, [255, 244, 226], 0.72), 0.04)
  const outer = new Path2D()
  outer.roundRect(x - unit * 2, y - unit * 2, wide + unit * 4, tall + unit * 4, unit)
  paper(brush, outer, frame, { lift: unit * 1.4 })
  brush.save()
  brush.beginPath()
  brush.rect(x, y, wide, tall)
  brush.clip()
  const sky = brush.createLinearGradient(0, y, 0, y + tall)
  sky.addColorStop(0, toCss(palette.sky[0]))
  sky.addColorStop(0.6, toCss(palette.sky[1]))
  sky.addColorStop(1, toCss(palette.sky[2]))
  brush.fillStyle = sky
  brush.fillRect(x, y, wide, tall)
  for (const [size, alpha] of [
    [17, 0.16],
    [11, 0.25],
    [6, 1],
  ] as const) {
    brush.fillStyle = toCss(alpha === 1 ? palette.sun : palette.glow, alpha)
    brush.fill(circlePath(x + wide * 0.66, y + tall * 0.42, unit * size))
  }
  const hill = { x, y, width: wide, height: tall }
  for (const [share, line] of [
    [0.3, 0.72],
    [0.7, 0.84],
  ] as const) {
    const color = mix(mix(palette.sky[1], [80, 140, 110], 0.45), palette.shade, share * 0.5)
    const crest = (at: number) =>
      y + tall * line + Math.sin(at / (unit * 9) + line * 20) * unit * 2.4
    paper(brush, groundPath(hill, unit * 2, crest), color, { lift: unit * 0.7 })
  }
  brush.restore()
  brush.fillStyle = toCss(frame)
  brush.fillRect(x + wide / 2 - unit * 0.6, y, unit * 1.2, tall)
  brush.fillRect(x, y + tall * 0.46, wide, unit * 1.2)
  brush.fillStyle = 'rgba(20,10,30,0.14)'
  brush.fillRect(x, y, wide, unit * 1.1)
  brush.fillRect(x, y, unit * 0.9, tall)
  const sill = new Path2D()
  sill.roundRect(x - unit * 4, y + tall + unit * 1.5, wide + unit * 8, unit * 2.2, unit * 0.5)
  paper(brush, sill, lighten(frame, -0.03), { lift: unit })
}

function lamp(setting: Setting, windowLeft: boolean): Layer {
  const { width, unit, bleed, palette } = setting
  const x = width * (windowLeft ? 0.76 : 0.24)
  const y = setting.height * 0.17 + unit * 4
  const reach = unit * 30
  return {
    depth: depths.middle,
    box: { x: x - reach, y: bleed.y, width: reach * 2, height: y - bleed.y + reach },
    draw(brush) {
      const glow = brush.createRadialGradient(x, y + unit * 4, 0, x, y + unit * 4, reach * 0.95)
      glow.addColorStop(0, toCss([255, 226, 150], palette.isDark ? 0.5 : 0.24))
      glow.addColorStop(1, toCss([255, 226, 150], 0))
      brush.fillStyle = glow
      brush.fillRect(x - reach, bleed.y, reach * 2, y - bleed.y + reach)
      brush.fillStyle = toCss(palette.shade)
      brush.fillRect(x - unit * 0.2, bleed.y - unit, unit * 0.4, y - bleed.y)
      brush.fillStyle = toCss([255, 244, 200])
      brush.fill(circlePath(x, y + unit * 5.4, unit * 2))
      const shade = new Path2D()
      shade.moveTo(x - unit * 2, y - unit)
      shade.lineTo(x + unit * 2, y - unit)
      shade.lineTo(x + unit * 7, y + unit * 5.6)
      shade.lineTo(x - unit * 7, y + unit * 5.6)
      shade.closePath()
      paper(brush, shade, palette.accent, { lift: unit })
    },
  }
}

function pot(setting: Setting, windowLeft: boolean): Layer {
  const { width, unit, base, palette } = setting
  const x = width * (windowLeft ? 0.9 : 0.1)
  const foot = base - unit * 3
  return {
    depth: depths.middle,
    box: { x: x - unit * 24, y: foot - unit * 40, width: unit * 48, height: unit * 44 },
    draw(brush) {
      const leaves = new Path2D()
      addLeaves(
        leaves,
        { x, y: foot - unit * 10, size: unit * 25, lean: windowLeft ? -0.1 : 0.1 },
        7,
      )
      paper(brush, leaves, mix([72, 140, 96], palette.shade, palette.isDark ? 0.45 : 0.15), {
        lift: unit * 0.9,
      })
      const clay = new Path2D()
      clay.moveTo(x - unit * 7, foot - unit * 12)
      clay.lineTo(x + unit * 7, foot - unit * 12)
      clay.lineTo(x + unit * 5, foot + unit)
      clay.lineTo(x - unit * 5, foot + unit)
      clay.closePath()
      clay.rect(x - unit * 8, foot - unit * 13.4, unit * 16, unit * 3)
      paper(brush, clay, mix(palette.accent, palette.near, 0.45), { lift: unit })
    },
  }
}

function table(setting: Setting): Layer {
  const { bleed, unit, base, palette } = setting
  const top = base - unit * 7
  const wood = palette.near
  return {
    depth: depths.middle,
    box: { ...bleed, y: top - unit * 3, height: bleed.y + bleed.height - top + unit * 3 },
    draw(brush) {
      const box = { ...bleed, y: top, height: unit * 34 }
      paper(
        brush,
        groundPath(bleed, unit * 20, () => top),
        lighten(wood, 0.05),
        { lift: unit * 1.6, fade: lighten(wood, -0.05), box },
      )
      brush.fillStyle = toCss(lighten(wood, -0.07), 0.5)
      const random = setting.random.fork('grain')
      for (let line = 0; line < 14; line++) {
        const y = top + unit * (2 + line * 2.3)
        const long = unit * random.between(14, 60)
        brush.fillRect(bleed.x + random.next() * bleed.width, y, long, unit * 0.3)
      }
    },
  }
}
