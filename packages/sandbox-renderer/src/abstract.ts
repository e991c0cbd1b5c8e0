import { Path2D, type Brush } from './canvas.ts'
import { mix, toCss, type Color } from './color.ts'
import { circlePath, paper } from './papercut.ts'
import { seedOf, smoothNoise, type Random } from './random.ts'
import { depths, type Layer, type Setting } from './scene.ts'
import { addSparkle } from './sky.ts'

const rings = 7

/** A tunnel of torn paper frames opening on light, with loose discs in it: for prompts that name nothing. */
export function paintAbstract(setting: Setting): Layer[] {
  const random = setting.random.fork('tunnel')
  const center = {
    x: setting.width * random.between(0.38, 0.62),
    y: setting.height * random.between(0.36, 0.5),
  }
  const sheets = Array.from({ length: rings }, (_, ring) =>
    frame(setting, { share: (ring + 1) / rings, seed: seedOf(random), center }),
  )
  const split = 3
  return [
    heart(setting, center),
    ...sheets.slice(0, split),
    ...discs(setting, center),
    ...sheets.slice(split),
  ]
}

interface Point {
  x: number
  y: number
}

function heart(setting: Setting, { x, y }: Point): Layer {
  const { bleed, palette, unit } = setting
  return {
    depth: depths.sky,
    box: bleed,
    draw(brush) {
      const glow = brush.createRadialGradient(x, y, 0, x, y, unit * 60)
      glow.addColorStop(0, toCss(palette.sun))
      glow.addColorStop(1, toCss(palette.sky[1]))
      brush.fillStyle = glow
      brush.fillRect(bleed.x, bleed.y, bleed.width, bleed.height)
      for (let ring = 0; ring < 4; ring++) {
        paper(
          brush,
          circlePath(x, y, unit * (17 - ring * 4)),
          mix(palette.glow, palette.sun, ring / 3),
          { lift: unit * 0.8 },
        )
      }
    },
  }
}

function frame(
  setting: Setting,
  { share, seed, center }: { share: number; seed: number; center: Point },
): Layer {
  const { bleed, palette, unit, width, height } = setting
  const reachX = (width / 2) * (0.34 + share * 0.62)
  const reachY = (height / 2) * (0.34 + share * 0.62)
  const color =
    share < 0.7
      ? mix(palette.far, palette.near, share / 0.7)
      : mix(palette.near, palette.shade, (share - 0.7) / 0.42)
  const middle = {
    x: center.x + (width / 2 - center.x) * share,
    y: center.y + (height / 2 - center.y) * share,
  }
  return {
    depth: share < 0.45 ? depths.far : share < 0.8 ? depths.middle : depths.near,
    box: bleed,
    draw(brush) {
      const path = new Path2D()
      const out = unit * 20
      path.rect(bleed.x - out, bleed.y - out, bleed.width + out * 2, bleed.height + out * 2)
      const steps = 120
      for (let step = 0; step < steps; step++) {
        const angle = -(step / steps) * Math.PI * 2
        const wobble = 1 + wave(seed, angle) * 0.16
        const x =
          middle.x + Math.sign(Math.cos(angle)) * Math.abs(Math.cos(angle)) ** 0.8 * reachX * wobble
        const y =
          middle.y + Math.sign(Math.sin(angle)) * Math.abs(Math.sin(angle)) ** 0.8 * reachY * wobble
        if (step === 0) path.moveTo(x, y)
        else path.lineTo(x, y)
      }
      path.closePath()
      paper(brush, path, color, {
        lift: unit * (1.2 + share * 1.4),
        fade: mix(color, palette.shade, 0.25),
        box: bleed,
      })
    },
  }
}

// Noise on a circle, so that the torn edge closes where it began.
function wave(seed: number, angle: number): number {
  const x = Math.cos(angle)
  const y = Math.sin(angle)
  return (
    smoothNoise(seed, x * 2.1 + 10) * 0.6 +
    smoothNoise(seed + 1, y * 2.3 + 20) * 0.6 +
    smoothNoise(seed + 2, (x + y) * 3 + 30) * 0.35
  )
}

function discs(setting: Setting, center: Point): Layer[] {
  const random = setting.random.fork('discs')
  const { width, height } = setting
  return Array.from({ length: 9 }, (_, index) => {
    const angle = (index / 9) * Math.PI * 2 + random.between(0, 0.6)
    const far = random.between(0.22, 0.5)
    return disc(setting, random, {
      x: center.x + Math.cos(angle) * width * far * 0.8,
      y: center.y + Math.sin(angle) * height * far * 0.8,
    })
  })
}

function disc(setting: Setting, random: Random, { x, y }: Point): Layer {
  const { unit, palette } = setting
  const radius = unit * random.between(1.2, 4.6)
  const color: Color = random.pick([
    palette.accent,
    palette.sun,
    mix(palette.accent, palette.near, 0.35),
    palette.glow,
  ])
  const isStar = random.chance(0.35)
  const reach = radius * 2
  return {
    depth: random.between(0.3, 0.7),
    box: { x: x - reach, y: y - reach, width: reach * 2, height: reach * 2 },
    motion: {
      bob: unit * random.between(0.8, 2.2),
      slide: unit * 0.8,
      seconds: random.between(3, 6),
      phase: random.next(),
    },
    draw(brush: Brush) {
      const path = isStar ? new Path2D() : circlePath(x, y, radius)
      if (isStar) addSparkle(path, x, y, radius * 1.5)
      paper(brush, path, color, { lift: unit * 0.9 })
    },
  }
}
