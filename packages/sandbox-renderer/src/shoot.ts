import { crossFade, layTurned, layUpright, type Cover, type Mapping, type Window } from './blend.ts'
import { poseAt, type Pose } from './motion.ts'
import type { Frame, Planar } from './planar.ts'
import { framesPerSecond } from './spec.ts'
import type { Part, Stage } from './stage.ts'
import { timeCodeSigns } from './time-code.ts'

/** Paints one frame of the film into `frame`. Depends on nothing but stage and number, so any thread may do it. */
export function shootFrame(stage: Stage, number: number, frame: Frame): void {
  const scene = sceneShare(stage, number)
  if (scene > 0) shootScene(stage, number, frame)
  const reference = number < stage.frames / 2 ? stage.opening : stage.closing
  if (reference !== undefined && scene < 256) crossFade(frame, reference, 256 - scene)
  if (scene > 0) letterFrame(stage, number, frame, scene)
}

function shootScene(stage: Stage, number: number, frame: Frame): void {
  const pan = panAt(stage, number)
  const seconds = number / framesPerSecond
  const placed = stage.parts.map((part) => place(stage, part, poseAt(part, seconds), pan))
  const cover: Cover = { byRow: findCover(stage, placed), order: 0 }
  placed.forEach(({ part, map, window, pose }, order) => {
    if (window.right <= window.left || window.bottom <= window.top || pose.opacity < 0.01) return
    cover.order = order
    if (pose.angle === 0 && pose.opacity === 1) layUpright(frame, part.planar, map, window, cover)
    else layTurned(frame, part.planar, map, window, Math.round(pose.opacity * 256))
  })
}

/** Pixels that the nearest sheet has moved, from rest to rest. */
function panAt({ pan, frames }: Stage, number: number): number {
  const time = frames === 1 ? 0 : number / (frames - 1)
  // Between steady and eased: a camera that starts from rest, but is never seen to wait.
  const eased = 0.55 * time + 0.45 * (0.5 - 0.5 * Math.cos(Math.PI * time))
  return pan * (eased - 0.5)
}

interface Placed {
  part: Part
  pose: Pose
  map: Mapping
  window: Window
}

// The camera runs on rails, sideways only: near sheets pass far ones, which is what shows the depth, and
// upright sheets need no resampling from row to row. With a zoom on top a frame took three times as long.
function place(
  stage: Pick<Stage, 'width' | 'height'>,
  part: Part,
  pose: Pose,
  pan: number,
): Placed {
  const { box, depth } = part
  const centerX = box.x + box.width / 2 + pose.x + pan * (0.15 + 0.85 * depth)
  const centerY = box.y + box.height / 2 + pose.y
  const cos = Math.cos(pose.angle)
  const sin = Math.sin(pose.angle)
  const reachX = (Math.abs(cos) * box.width + Math.abs(sin) * box.height) / 2
  const reachY = (Math.abs(sin) * box.width + Math.abs(cos) * box.height) / 2
  const window = {
    left: even(centerX - reachX, stage.width),
    top: even(centerY - reachY, stage.height),
    right: even(centerX + reachX + 2, stage.width),
    bottom: even(centerY + reachY + 2, stage.height),
  }
  const fromX = window.left + 0.5 - centerX
  const fromY = window.top + 0.5 - centerY
  return {
    part,
    pose,
    window,
    map: {
      x: fixed(cos * fromX + sin * fromY + box.width / 2 - 0.5),
      y: fixed(-sin * fromX + cos * fromY + box.height / 2 - 0.5),
      xByX: fixed(cos),
      yByX: fixed(-sin),
      xByY: fixed(sin),
      yByY: fixed(cos),
    },
  }
}

function even(value: number, most: number): number {
  return Math.max(0, Math.min(most, Math.floor(value / 2) * 2))
}

function fixed(value: number): number {
  return Math.round(value * 65536)
}

function findCover({ width, height }: Stage, placed: Placed[]): Int16Array {
  const byRow = new Int16Array(height).fill(-1)
  placed.forEach(({ part, pose, map, window }, order) => {
    const { planar } = part
    if (pose.angle !== 0 || pose.opacity < 1 || window.left > 0 || window.right < width) return
    const lastX = map.x + map.xByX * (width - 1)
    if (map.x < 0 || lastX >> 16 >= planar.width - 1) return
    for (let y = window.top; y < window.bottom; y++) {
      const row = (map.y + map.yByY * (y - window.top)) >> 16
      // One row more on each side, because a colour sample reaches over two.
      let isSolid = true
      for (let reach = -1; reach <= 2; reach++) isSolid &&= planar.solid[row + reach] === 1
      if (isSolid) byRow[y] = order
    }
  })
  return byRow
}

/** How much of the scene shows, 0 to 256: none at an opening or closing picture, then a cross-fade. */
function sceneShare({ frames, opening, closing }: Stage, number: number): number {
  const hold = Math.max(1, Math.round(frames * 0.06))
  const fade = Math.max(1, Math.min(framesPerSecond, Math.round(frames * 0.2)))
  const share = (distance: number) =>
    Math.max(0, Math.min(256, Math.round(((distance - hold + 1) / fade) * 256)))
  const sinceStart = opening === undefined ? 256 : share(number)
  const untilEnd = closing === undefined ? 256 : share(frames - 1 - number)
  return Math.min(sinceStart, untilEnd)
}

function letterFrame(stage: Stage, number: number, frame: Frame, opacity: number): void {
  const { labels, timeCode } = stage
  for (const { planar, box } of [...labels, timeCode.panel])
    stamp(frame, planar, box.x, box.y, opacity)
  timeCodeSigns(number).forEach((sign, index) => {
    const glyph = timeCode.glyphs[sign]
    if (glyph !== undefined)
      stamp(frame, glyph, timeCode.x + index * timeCode.advance, timeCode.y, opacity)
  })
  if (opacity >= 256) drawProgress(stage, number, frame)
}

function stamp(frame: Frame, planar: Planar, x: number, y: number, opacity: number): void {
  const window = {
    left: even(x, frame.width),
    top: even(y, frame.height),
    right: even(x + planar.width + 1, frame.width),
    bottom: even(y + planar.height + 1, frame.height),
  }
  const map = {
    x: (window.left - x) << 16,
    y: (window.top - y) << 16,
    xByX: 65536,
    yByX: 0,
    xByY: 0,
    yByY: 65536,
  }
  if (opacity < 256) layTurned(frame, planar, map, window, opacity)
  else layUpright(frame, planar, map, window, nothingCovered)
}

const nothingCovered: Cover = { byRow: new Int16Array(0), order: 0 }

/** A bar along the foot whose length tells the frame to within a pixel or two. */
function drawProgress({ frames }: Stage, number: number, frame: Frame): void {
  const { width, height } = frame
  const tall = Math.max(2, Math.round(height * 0.003) * 2)
  const done = Math.round(((number + 1) / frames) * width)
  for (let y = height - tall; y < height; y++) {
    frame.luma.fill(214, y * width, y * width + done)
    frame.luma.fill(40, y * width + done, (y + 1) * width)
  }
  const half = width >> 1
  for (let y = (height - tall) >> 1; y < height >> 1; y++) {
    frame.blue
      .fill(100, y * half, y * half + (done >> 1))
      .fill(136, y * half + (done >> 1), (y + 1) * half)
    frame.red
      .fill(150, y * half, y * half + (done >> 1))
      .fill(126, y * half + (done >> 1), (y + 1) * half)
  }
}
