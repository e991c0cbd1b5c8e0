import sharp from 'sharp'
import { createCanvas, ImageData, type Brush, type Canvas } from './canvas.ts'
import { toCss } from './color.ts'
import type { Random } from './random.ts'
import { depths, type Layer, type Setting } from './scene.ts'
import type { ReferenceInput } from './spec.ts'

const cardLimit = 8

/** Where the cards hang, worked out before the rest so that subjects keep clear of them. */
export interface CardPlan {
  size: number
  rows: { y: number; xs: number[] }[]
  /** First free line below the cards. */
  bottom: number
}

/** A string of up to eight cards across the upper part, in two rows where the picture is narrow. */
export function planCards(
  count: number,
  { width, height, unit, top }: { width: number; height: number; unit: number; top: number },
): CardPlan {
  const shown = Math.min(count, cardLimit)
  if (shown === 0) return { size: 0, rows: [], bottom: top }
  const perRow = Math.min(shown, Math.max(2, Math.min(8, Math.round((width / height) * 4))))
  const rowCount = Math.ceil(shown / perRow)
  const size = Math.min(
    unit * 26,
    (width * 0.9) / (perRow * 1.18),
    (height * 0.44) / (rowCount * 1.25),
  )
  const rows = Array.from({ length: rowCount }, (_, row) => {
    const inRow = Math.min(perRow, shown - row * perRow)
    const pitch = Math.min(width / (inRow + 0.4), size * 1.5)
    const xs = Array.from(
      { length: inRow },
      (_place, at) => width / 2 + (at - (inRow - 1) / 2) * pitch,
    )
    return { y: top + size * (0.62 + row * 1.28), xs }
  })
  return { size, rows, bottom: top + size * 1.28 * rowCount }
}

/** Reference pictures as paper prints hung on a string; each swings a little in a film. */
export async function paintCards(
  setting: Setting,
  references: ReferenceInput[],
  plan: CardPlan,
): Promise<Layer[]> {
  const spots = plan.rows.flatMap(({ y, xs }) => xs.map((x) => ({ x, y })))
  const random = setting.random.fork('cards')
  const layers: Layer[] = plan.rows.map(({ y }) => line(setting, y - plan.size * 0.5))
  for (const [index, { x, y }] of spots.entries()) {
    const reference = references[index]
    if (reference === undefined) break
    const picture = await decodeCover(
      reference.bytes,
      Math.ceil(plan.size * 0.86),
      Math.ceil(plan.size * 0.86),
    )
    layers.push(card(setting, { picture, x, y: y + sag(setting, x), size: plan.size, random }))
  }
  return layers
}

/** The picture scaled and cropped to fill the given size, turned upright. */
export async function decodeCover(
  bytes: Uint8Array,
  width: number,
  height: number,
): Promise<Canvas> {
  const { data } = await sharp(bytes, { animated: false })
    .rotate()
    .resize(width, height, { fit: 'cover' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const canvas = createCanvas(width, height)
  canvas
    .getContext('2d')
    .putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0)
  return canvas
}

function sag({ width, unit }: Setting, x: number): number {
  return (1 - ((x - width / 2) / (width / 2)) ** 2) * unit * 2
}

function line(setting: Setting, y: number): Layer {
  const { bleed, unit, width } = setting
  return {
    depth: depths.middle + 0.04,
    box: { ...bleed, y: y - unit * 4, height: unit * 8 },
    draw(brush) {
      brush.strokeStyle = 'rgba(60,44,40,0.75)'
      brush.lineWidth = Math.max(1, unit * 0.3)
      brush.beginPath()
      brush.moveTo(bleed.x - unit, y - unit * 0.5)
      brush.quadraticCurveTo(width / 2, y + unit * 4, bleed.x + bleed.width + unit, y - unit * 0.5)
      brush.stroke()
    },
  }
}

interface Card {
  picture: Canvas
  x: number
  y: number
  size: number
  random: Random
}

function card(setting: Setting, { picture, x, y, size, random }: Card): Layer {
  const angle = (random.between(-4, 4) * Math.PI) / 180
  const reach = size * 0.72
  return {
    depth: depths.middle + 0.04,
    box: { x: x - reach, y: y - reach, width: reach * 2, height: reach * 2 },
    motion: { swayDegrees: 1.8, seconds: random.between(3, 4.4), phase: random.next() },
    draw(brush) {
      brush.save()
      brush.translate(x, y)
      brush.rotate(angle)
      drawPrint(brush, picture, size, setting.unit)
      brush.fillStyle = toCss(setting.palette.accent)
      brush.beginPath()
      brush.roundRect(-size * 0.035, -size * 0.62, size * 0.07, size * 0.17, size * 0.02)
      brush.fill()
      brush.restore()
    },
  }
}

function drawPrint(brush: Brush, picture: Canvas, size: number, unit: number): void {
  brush.save()
  brush.shadowColor = 'rgba(8,8,30,0.42)'
  brush.shadowBlur = unit * 1.6
  brush.shadowOffsetY = unit * 0.8
  brush.fillStyle = '#fffdf6'
  brush.beginPath()
  brush.roundRect(-size / 2, -size * 0.54, size, size * 1.12, size * 0.03)
  brush.fill()
  brush.restore()
  const inner = size * 0.86
  brush.drawImage(picture, -inner / 2, -size * 0.47, inner, inner)
}
