import { Path2D, type Box, type Brush } from './canvas.ts'
import { lighten, mix, toCss, type Color } from './color.ts'
import { groundPath, paper } from './papercut.ts'
import { seedOf, smoothNoise } from './random.ts'
import { depths, type Layer, type Setting } from './scene.ts'

/** Open water: a still sheet at the horizon, then rows of paper waves, each sliding to and fro by itself. */
export function paintSea(setting: Setting): Layer[] {
  const random = setting.random.fork('sea')
  const { unit, palette, base, horizon } = setting
  const rows = 4
  const waterLine = Math.max(horizon, base - unit * 24)
  const waves = Array.from({ length: rows }, (_, row) => {
    const share = (row + 1) / rows
    const crest = waterLine + (base - unit * 1 - waterLine) * (share * 0.92)
    return wave(setting, {
      crest,
      height: unit * (1.1 + share * 2.2),
      length: unit * (9 + share * 13),
      color: mix(palette.far, palette.near, 0.25 + share * 0.65),
      share,
      seed: seedOf(random),
      slide: unit * (1.2 + share * 2.6) * (row % 2 === 0 ? 1 : -1),
    })
  })
  return [still(setting, waterLine), ...waves]
}

function still(setting: Setting, waterLine: number): Layer {
  const { bleed, unit, palette } = setting
  const box: Box = {
    ...bleed,
    y: waterLine - unit * 2,
    height: bleed.y + bleed.height - waterLine + unit * 2,
  }
  return {
    depth: depths.far,
    box,
    draw(brush) {
      const water = mix(palette.far, palette.near, 0.18)
      paper(
        brush,
        groundPath(bleed, unit * 8, () => waterLine),
        water,
        {
          lift: unit * 0.5,
          fade: palette.near,
          box: { ...box, height: unit * 40 },
        },
      )
      const random = setting.random.fork('glints')
      const glints = new Path2D()
      for (let row = 0; row < 9; row++) {
        const y = waterLine + unit * (1 + row * 1.7)
        for (let dash = 0; dash < 5; dash++) {
          const long = unit * random.between(1.5, 7)
          glints.roundRect(bleed.x + random.next() * bleed.width, y, long, unit * 0.32, unit * 0.16)
        }
      }
      brush.fillStyle = toCss(mix(palette.glow, palette.sun, 0.5), 0.42)
      brush.fill(glints)
    },
  }
}

interface Wave {
  crest: number
  height: number
  length: number
  color: Color
  share: number
  seed: number
  slide: number
}

function wave(setting: Setting, { crest, height, length, color, share, seed, slide }: Wave): Layer {
  const { bleed, unit, palette } = setting
  const reach = Math.abs(slide) + unit * 4
  const bottom = bleed.y + bleed.height
  const box: Box = {
    x: bleed.x - reach,
    y: crest - height - unit * 3,
    width: bleed.width + reach * 2,
    height: bottom - crest + height + unit * 3,
  }
  // Each wave leans over like a scallop: a steep front and a long back.
  const heightAt = (x: number) => {
    const at = x / length + smoothNoise(seed, x / (length * 3)) * 0.35
    const turn = at - Math.floor(at)
    return (
      crest - height * Math.sin(Math.PI * turn ** 0.72) * (0.85 + 0.15 * smoothNoise(seed + 1, at))
    )
  }
  return {
    depth: share < 0.5 ? depths.far : depths.middle,
    box,
    motion: { slide, seconds: 4.2 + share, phase: (seed % 97) / 97 },
    draw(brush) {
      const path = groundPath(box, unit * 0.7, heightAt)
      paper(brush, path, color, {
        lift: unit * (0.6 + share),
        fade: mix(color, palette.shade, 0.35),
        box,
      })
      foam(brush, setting, { box, heightAt, color, share })
    },
  }
}

function foam(
  brush: Brush,
  { unit }: Setting,
  {
    box,
    heightAt,
    color,
    share,
  }: { box: Box; heightAt(x: number): number; color: Color; share: number },
): void {
  const line = new Path2D()
  for (let x = box.x; x <= box.x + box.width; x += unit * 0.7) {
    const y = heightAt(x) + unit * (0.9 + share * 0.6)
    if (x === box.x) line.moveTo(x, y)
    else line.lineTo(x, y)
  }
  brush.strokeStyle = toCss(lighten(color, 0.2), 0.7)
  brush.lineWidth = unit * (0.25 + share * 0.3)
  brush.stroke(line)
}

/** A sheet of sand that the last wave runs out on. */
export function paintSand(setting: Setting): Layer {
  const { bleed, unit, base, palette } = setting
  const seed = seedOf(setting.random.fork('sand'))
  const top = base - unit * 4
  const sand = palette.near
  return {
    depth: depths.middle,
    box: { ...bleed, y: top - unit * 6, height: bleed.y + bleed.height - top + unit * 6 },
    draw(brush) {
      const heightAt = (x: number) => top + unit * 2.2 * smoothNoise(seed, x / (unit * 38))
      paper(
        brush,
        groundPath(bleed, unit * 2, (x) => heightAt(x) - unit * 1.3),
        [255, 255, 255],
        { lift: unit, alpha: 0.8 },
      )
      paper(brush, groundPath(bleed, unit * 2, heightAt), sand, {
        lift: unit * 0.7,
        fade: mix(sand, palette.shade, 0.3),
        box: { ...bleed, y: top, height: bleed.y + bleed.height - top },
      })
    },
  }
}
