import { hasBank } from './foreground.ts'
import { createCanvas, Image, type Box, type Brush, type Canvas } from './canvas.ts'
import type { BriefSubject } from './brief.ts'
import { toCss, type Color } from './color.ts'
import { depths, type Layer, type Motion, type Setting } from './scene.ts'
import { toSvg } from './subject-index.ts'

interface Placed {
  subject: BriefSubject
  x: number
  /** Bottom of a standing subject, middle of one that flies or swims. */
  y: number
  size: number
  isFlipped: boolean
}

/** The things that the prompt names, each a cut-out that moves a little by itself. */
export function paintActors(setting: Setting, room: { top: number }): Layer[] {
  return place(setting, room.top).flatMap((placed, index) => cutout(setting, placed, index))
}

function place(setting: Setting, top: number): Placed[] {
  const { width, unit, base, horizon, brief } = setting
  const random = setting.random.fork('actors')
  const count = brief.subjects.length
  const isWide = width > setting.height * 1.15
  const mirrored = random.chance(0.5)
  const largest = Math.min(
    (base - top) * 0.66,
    width * (count === 1 ? 0.6 : count === 2 ? 0.4 : 0.34),
    unit * 52,
  )
  return brief.subjects.map((subject, index) => {
    const isTiny = tiny.has(subject.icon)
    const isHuge = huge.has(subject.icon)
    const size =
      largest * (index === 0 ? 1 : index === 1 ? 0.78 : 0.68) * (isTiny ? 0.58 : isHuge ? 1.22 : 1)
    const spread = spots(count, isWide)[index] ?? 0.5
    const share = (mirrored ? 1 - spread : spread) + random.between(-0.04, 0.04)
    const x = Math.min(width - size * 0.52, Math.max(size * 0.52, width * share))
    const height = Math.max(
      top + size * 0.5,
      horizon * random.between(0.42, 0.62) + index * unit * 4,
    )
    const swimming = random.between(0.42, 0.68) * base + (index % 2 === 0 ? 0 : unit * 6)
    const sink = heads.has(subject.icon) && hasBank(setting) ? size * 0.1 : 0
    const standing = base - index * unit * 1.8 + sink
    const y = {
      ground: standing,
      afloat: base + size * 0.03,
      air: height,
      water:
        setting.place === 'underwater'
          ? Math.max(top + size * 0.5, swimming)
          : standing - size * 0.3,
    }[subject.stance]
    return { subject, x, y, size, isFlipped: random.chance(0.5) }
  })
}

function spots(count: number, isWide: boolean): number[] {
  if (count === 1) return [isWide ? 0.4 : 0.5]
  if (count === 2) return isWide ? [0.36, 0.68] : [0.34, 0.7]
  return isWide ? [0.5, 0.25, 0.76] : [0.5, 0.22, 0.79]
}

const tiny = new Set(
  'honeybee butterfly lady-beetle ant mouse fly mosquito snail spider beetle worm'.split(' '),
)
const huge = new Set(
  'castle elephant whale spouting-whale sauropod t-rex mammoth ship japanese-castle house house-with-garden ferris-wheel dragon stadium giraffe'.split(
    ' ',
  ),
)

// Drawings of a head alone: behind the bank they look over it, on open ground they would lie there like balls.
const heads = new Set(
  (
    'fox bear panda wolf lion frog koala polar-bear robot unicorn hamster raccoon tiger-face dog-face cat-face horse-face ' +
    'cow-face pig-face rabbit-face mouse-face monkey-face dragon-face boar moose alien ghost boy girl child woman man baby ' +
    'person old-man old-woman older-person person-blonde-hair santa-claus mrs-claus clown-face goblin ogre'
  ).split(' '),
)

function cutout(setting: Setting, placed: Placed, index: number): Layer[] {
  const { unit, bleed } = setting
  const { subject, x, size } = placed
  const middle =
    subject.stance === 'ground' || subject.stance === 'afloat' ? placed.y - size / 2 : placed.y
  const margin = size * 0.12
  const box: Box = {
    x: x - size / 2 - margin,
    y: middle - size / 2 - margin,
    width: size + margin * 2,
    height: size + margin * 2,
  }
  const actor: Layer = {
    depth: depths.middle + 0.04,
    box,
    motion: motionOf(setting, placed, index),
    draw: (brush) => drawActor(brush, placed, { middle, unit }),
  }
  if (subject.stance !== 'ground') return [actor]
  const foot = placed.y - size * 0.02
  const shadow: Layer = {
    depth: depths.middle,
    box: { ...bleed, y: foot - size * 0.1, height: size * 0.2 },
    draw(brush) {
      for (const [wide, alpha] of [
        [0.5, 0.1],
        [0.42, 0.14],
        [0.33, 0.18],
      ] as const) {
        brush.fillStyle = toCss(setting.palette.shade, alpha)
        brush.beginPath()
        brush.ellipse(x, foot, size * wide, size * wide * 0.17, 0, 0, Math.PI * 2)
        brush.fill()
      }
    },
  }
  return [shadow, actor]
}

function motionOf({ unit, random }: Setting, { subject }: Placed, index: number): Motion {
  const phase = random.fork(`phase ${index}`).next()
  switch (subject.stance) {
    case 'ground':
      return { bob: unit * 0.7, swayDegrees: 1.6, seconds: 2.6, phase }
    case 'air':
      return { bob: unit * 2.4, slide: unit * 3, swayDegrees: 3, seconds: 4.2, phase }
    case 'water':
      return { bob: unit * 1.6, slide: unit * 4, swayDegrees: 2.5, seconds: 5, phase }
    case 'afloat':
      return { bob: unit * 1.3, slide: unit * 1.6, swayDegrees: 3.2, seconds: 3.8, phase }
  }
}

function drawActor(
  brush: Brush,
  placed: Placed,
  { middle, unit }: { middle: number; unit: number },
): void {
  const { subject, x, size, isFlipped } = placed
  brush.save()
  brush.translate(x, middle)
  if (isFlipped) brush.scale(-1, 1)
  const icon = traceIcon(subject.icon, Math.ceil(size), subject.tint)
  dropShadow(brush, icon, size, unit)
  brush.drawImage(icon, -size / 2, -size / 2, size, size)
  brush.restore()
}

// Scaling a small silhouette up blurs it for nothing; the canvas's own shadow of a picture took 40 ms, half of the image.
function dropShadow(brush: Brush, icon: Canvas, size: number, unit: number): void {
  const pixels = Math.max(8, Math.round(size / (unit * 1.1)))
  const margin = 2
  const side = pixels + margin * 2
  const canvas = createCanvas(side, side)
  const small = canvas.getContext('2d')
  small.imageSmoothingQuality = 'high'
  small.drawImage(icon, margin, margin, pixels, pixels)
  small.globalCompositeOperation = 'source-in'
  small.fillStyle = 'rgba(8,8,30,0.4)'
  small.fillRect(0, 0, side, side)
  const scaled = (size * side) / pixels
  brush.imageSmoothingQuality = 'high'
  brush.drawImage(canvas, -scaled / 2 + unit * 0.4, -scaled / 2 + unit * 0.8, scaled, scaled)
}

/** An icon as a picture of its own, recoloured when the prompt names a colour for it. */
export function traceIcon(icon: string, pixels: number, tint?: Color): Canvas {
  const picture = new Image()
  picture.src = Buffer.from(toSvg(icon, pixels))
  const canvas = createCanvas(pixels, pixels)
  const brush = canvas.getContext('2d')
  brush.drawImage(picture, 0, 0, pixels, pixels)
  if (tint === undefined) return canvas
  const isGrey = Math.max(...tint) - Math.min(...tint) < 24
  brush.globalCompositeOperation = 'color'
  brush.fillStyle = toCss(tint, isGrey ? 0.8 : 0.72)
  brush.fillRect(0, 0, pixels, pixels)
  if (isGrey) {
    brush.globalCompositeOperation = tint[0] > 128 ? 'screen' : 'multiply'
    brush.fillStyle = toCss(tint, 0.5)
    brush.fillRect(0, 0, pixels, pixels)
  }
  // The blend modes also paint the empty part of the picture; only the icon's own shape is kept.
  brush.globalCompositeOperation = 'destination-in'
  brush.drawImage(picture, 0, 0, pixels, pixels)
  return canvas
}
