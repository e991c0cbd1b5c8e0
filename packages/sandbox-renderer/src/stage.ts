import { drawLettering, type Lettering } from './caption.ts'
import { createCanvas, unite, type Box, type Brush } from './canvas.ts'
import { compose } from './compose.ts'
import { newArena, planarBytes, toPlanar, type Allocate, type Planar } from './planar.ts'
import { decodeCover } from './references.ts'
import type { Layer, Motion } from './scene.ts'
import { countFrames, type ReferenceInput, type VideoSpec } from './spec.ts'
import { glyphBoxes, glyphSheet, timeCodeBox, type TimeCodeStyle } from './time-code.ts'

/** A flattened sheet of the film's scene. */
export interface Part {
  depth: number
  box: Box
  planar: Planar
  motion?: Motion
}

/** A film drawn once and ready to be shot from many threads: all pictures lie in shared memory. */
export interface Stage {
  width: number
  height: number
  frames: number
  parts: Part[]
  /** Pill and caption, steady over the moving scene. */
  labels: Part[]
  timeCode: TimeCodeStyle & { panel: Part; glyphs: Planar[] }
  opening?: Planar
  closing?: Planar
  /** How far the nearest sheets travel sideways over the whole film, in pixels; the sign is the direction. */
  pan: number
}

// Half of the longest pan, and the width of a sample.
const bleed = 0.035

export async function drawStage(spec: VideoSpec): Promise<Stage> {
  const { width, height } = spec
  const shown = spec.references.filter(({ role }) => role === 'reference_image')
  const { setting, scene, vignette, cards, lettering } = await compose({
    ...spec,
    references: shown,
    bleed,
  })
  const groups = flatten([...scene, ...cards]).map((group) => ({
    ...shade(group, vignette),
    box: pixelBox(group, setting.bleed),
  }))
  const code = timeCodeBox(lettering, width)
  const labels = labelBoxes(lettering)
  const boxes = [...groups.map(({ box }) => box), ...labels, code.panel, ...glyphBoxes(code)]
  const whole = { x: 0, y: 0, width, height }
  const wholes = spec.references.filter(({ role }) => role !== 'reference_image').map(() => whole)
  const allocate = newArena(
    [...boxes, ...wholes].reduce((sum, box) => sum + planarBytes(box.width, box.height), 0),
  )
  const random = setting.random.fork('camera')
  const opening = await wholeFrame(spec.references, 'first_frame', whole, allocate)
  const closing = await wholeFrame(spec.references, 'last_frame', whole, allocate)
  return {
    width,
    height,
    frames: countFrames(spec.durationSeconds),
    parts: groups.map(({ box, depth, motion, draw }) => ({
      depth,
      box,
      planar: trace(box, draw, allocate),
      ...(motion === undefined ? {} : { motion }),
    })),
    labels: labels.map((box) => ({
      depth: 0,
      box,
      planar: trace(box, (brush) => drawLettering(brush, lettering), allocate),
    })),
    timeCode: {
      x: code.x,
      y: code.y,
      advance: code.advance,
      panel: { depth: 0, box: code.panel, planar: trace(code.panel, code.drawPanel, allocate) },
      glyphs: glyphSheet(code, (box, draw) => trace(box, draw, allocate)),
    },
    ...(opening === undefined ? {} : { opening }),
    ...(closing === undefined ? {} : { closing }),
    pan: width * random.between(0.045, 0.065) * (random.chance(0.5) ? 1 : -1),
  }
}

interface Group {
  depth: number
  box: Box
  motion?: Motion
  draw(brush: Brush): void
}

/** Neighbours without motion and of one depth become one sheet: every sheet costs time in every frame. */
function flatten(layers: Layer[]): Group[] {
  const groups: Group[] = []
  for (const layer of layers) {
    const last = groups.at(-1)
    if (
      last === undefined ||
      last.motion !== undefined ||
      layer.motion !== undefined ||
      last.depth !== layer.depth
    ) {
      groups.push(layer)
      continue
    }
    groups[groups.length - 1] = {
      depth: layer.depth,
      box: unite(last.box, layer.box),
      draw(brush) {
        last.draw(brush)
        layer.draw(brush)
      },
    }
  }
  return groups
}

// Laid over every frame, the vignette would cost a third of its time; baked into the still sheets it is free.
function shade(group: Group, vignette: Layer): Group {
  if (group.motion !== undefined) return group
  return {
    ...group,
    draw(brush) {
      group.draw(brush)
      brush.globalCompositeOperation = 'source-atop'
      vignette.draw(brush)
    },
  }
}

function pixelBox({ box, motion }: Group, limit: Box): Box {
  const kept = motion === undefined ? intersect(box, limit) : box
  // On even pixels, so that colour samples, which are two pixels wide, fall where the luma does.
  const x = Math.floor(kept.x / 2) * 2
  const y = Math.floor(kept.y / 2) * 2
  return {
    x,
    y,
    width: Math.max(2, Math.ceil(kept.x + kept.width) - x),
    height: Math.max(2, Math.ceil(kept.y + kept.height) - y),
  }
}

function intersect(a: Box, b: Box): Box {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  return {
    x,
    y,
    width: Math.min(a.x + a.width, b.x + b.width) - x,
    height: Math.min(a.y + a.height, b.y + b.height) - y,
  }
}

function trace(box: Box, draw: (brush: Brush) => void, allocate: Allocate): Planar {
  const canvas = createCanvas(box.width, box.height)
  const brush = canvas.getContext('2d')
  brush.translate(-box.x, -box.y)
  draw(brush)
  return toPlanar(canvas.data(), box.width, box.height, allocate)
}

function labelBoxes({ pill, caption, lines, pillSize }: Lettering): Box[] {
  const around = (box: Box, margin: number) => {
    const x = Math.floor(box.x - margin)
    const y = Math.floor(box.y - margin)
    return {
      x,
      y,
      width: Math.ceil(box.x + box.width + margin) - x,
      height: Math.ceil(box.y + box.height + margin) - y,
    }
  }
  return lines.length === 0
    ? [around(pill, pillSize)]
    : [around(pill, pillSize), around(caption, 2)]
}

async function wholeFrame(
  references: ReferenceInput[],
  role: ReferenceInput['role'],
  { width, height }: Box,
  allocate: Allocate,
): Promise<Planar | undefined> {
  const reference = references.find((each) => each.role === role)
  if (reference === undefined) return undefined
  const picture = await decodeCover(reference.bytes, width, height)
  return toPlanar(picture.data(), width, height, allocate)
}
