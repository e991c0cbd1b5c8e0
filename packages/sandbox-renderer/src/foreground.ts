import { Path2D } from './canvas.ts'
import { mix, toCss } from './color.ts'
import { addLeaves, groundPath, moveToArc, paper } from './papercut.ts'
import { seedOf, smoothNoise } from './random.ts'
import { depths, type Layer, type Setting } from './scene.ts'
import type { Place } from './words.ts'

const leafy = new Set<Place>(['hills', 'meadow', 'forest', 'mountain', 'lake', 'beach'])

/** The dark sheets nearest to the eye and the fall-off of light towards the corners. */
export function paintForeground(setting: Setting): Layer[] {
  const layers: Layer[] = []
  if (setting.place === 'forest') layers.push(trunks(setting))
  if (leafy.has(setting.place)) layers.push(leaves(setting))
  return layers
}

function leaves(setting: Setting): Layer {
  const { bleed, unit, width, height, palette } = setting
  const random = setting.random.fork('leaves')
  const corner = height + unit * 4
  const left = { x: -unit * 2, y: corner, size: unit * random.between(22, 32), lean: 0.3 }
  const right = { x: width + unit * 2, y: corner, size: unit * random.between(22, 32), lean: -0.3 }
  const top = height - unit * 40
  return {
    depth: depths.near,
    box: { ...bleed, y: top, height: bleed.y + bleed.height - top },
    draw(brush) {
      const color = mix(palette.shade, palette.near, 0.18)
      const path = new Path2D()
      for (const root of [left, right]) {
        addLeaves(path, root, 7)
        const inward = root === left ? 1 : -1
        addLeaves(path, { ...root, x: root.x + inward * unit * 9, size: root.size * 0.62 }, 6)
      }
      paper(brush, path, color, { lift: unit * 1.3 })
    },
  }
}

function trunks(setting: Setting): Layer {
  const { bleed, unit, width, palette } = setting
  const random = setting.random.fork('trunks')
  const seed = seedOf(random)
  const canopy = unit * random.between(7, 10)
  return {
    depth: depths.near,
    box: bleed,
    draw(brush) {
      const color = mix(palette.shade, palette.near, 0.1)
      const path = new Path2D()
      for (const [x, wide] of [
        [unit * 1.5, unit * 6.5],
        [width - unit * 2, unit * 7.5],
      ] as const) {
        path.moveTo(x - wide * 0.5, bleed.y - unit * 3)
        path.quadraticCurveTo(
          x - wide * 0.32,
          setting.base,
          x - wide * 0.9,
          bleed.y + bleed.height + unit * 3,
        )
        path.lineTo(x + wide * 0.9, bleed.y + bleed.height + unit * 3)
        path.quadraticCurveTo(x + wide * 0.32, setting.base, x + wide * 0.5, bleed.y - unit * 3)
        path.closePath()
      }
      for (let x = bleed.x - unit * 4; x < bleed.x + bleed.width + unit * 4; x += unit * 4.2) {
        const edge = Math.min(1, Math.abs((x - width / 2) / (width / 2)))
        const drop =
          canopy * (0.25 + edge ** 2 * 1.15) * (0.8 + 0.3 * smoothNoise(seed, x / (unit * 9)))
        moveToArc(path, x, bleed.y + drop * 0.35, Math.max(unit * 3, drop * 0.75))
      }
      paper(brush, path, color, { lift: unit * 1.4 })
    },
  }
}

/** A still darkening of the corners, drawn over everything but the lettering. */
export function paintVignette(setting: Setting): Layer {
  const { bleed, width, height, palette } = setting
  return {
    depth: depths.near,
    box: bleed,
    draw(brush) {
      brush.save()
      brush.translate(width / 2, height / 2)
      brush.scale(width / 2, height / 2)
      const gradient = brush.createRadialGradient(0, 0, 0.72, 0, 0, 1.5)
      gradient.addColorStop(0, toCss(palette.shade, 0))
      gradient.addColorStop(1, toCss(palette.shade, 0.46))
      brush.fillStyle = gradient
      brush.fillRect(-1.4, -1.4, 2.8, 2.8)
      brush.restore()
    },
  }
}

/** Bands of fog between the sheets. */
export function paintFog(setting: Setting): Layer[] {
  const { bleed, unit, horizon, base, palette } = setting
  return [0.25, 0.75].map((share, index) => {
    const y = horizon + (base - horizon) * share - unit * 6
    const tall = unit * 20
    return {
      depth: index === 0 ? depths.far : depths.middle,
      box: { ...bleed, y: y - tall, height: tall * 2 },
      draw(brush) {
        const gradient = brush.createLinearGradient(0, y - tall, 0, y + tall)
        gradient.addColorStop(0, toCss(palette.sky[2], 0))
        gradient.addColorStop(0.5, toCss(mix(palette.sky[2], [255, 255, 255], 0.3), 0.62))
        gradient.addColorStop(1, toCss(palette.sky[2], 0))
        brush.fillStyle = gradient
        brush.fillRect(bleed.x, y - tall, bleed.width, tall * 2)
      },
    }
  })
}

const open = new Set<Place>([
  'abstract',
  'indoor',
  'underwater',
  'space',
  'city',
  'sea',
  'beach',
  'lake',
])

/** Whether a bank of ground stands before the subjects of this place. */
export function hasBank({ place }: Pick<Setting, 'place'>): boolean {
  return !open.has(place)
}

/** A low bank of grass or snow that hides the feet of what stands behind it. */
export function paintBank(setting: Setting): Layer {
  const { bleed, unit, base, palette } = setting
  const seed = seedOf(setting.random.fork('bank'))
  const top = base + unit * 0.6
  const color = mix(palette.near, palette.shade, 0.14)
  return {
    depth: depths.middle,
    box: { ...bleed, y: top - unit * 4, height: bleed.y + bleed.height - top + unit * 4 },
    draw(brush) {
      const heightAt = (x: number) => top + unit * 1.5 * smoothNoise(seed, x / (unit * 26))
      const box = { ...bleed, y: top, height: bleed.y + bleed.height - top }
      paper(brush, groundPath(bleed, unit * 1.6, heightAt), color, {
        lift: unit * 1.4,
        fade: mix(color, palette.shade, 0.45),
        box,
      })
    },
  }
}
