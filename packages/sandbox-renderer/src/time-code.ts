import { font, type Box, type Brush } from './canvas.ts'
import type { Lettering } from './caption.ts'
import type { Planar } from './planar.ts'
import { framesPerSecond } from './spec.ts'

// Running time and frame number in the upper right corner: a test that seeks can read where it landed.

/** Signs in the order of `glyphs`. */
const signs = '0123456789:.f '

export interface TimeCodeStyle {
  /** Where each sign stands: all are equally wide, so that the digits do not dance. */
  x: number
  y: number
  advance: number
}

export interface TimeCodeLayout extends TimeCodeStyle {
  panel: Box
  fontSize: number
  glyphHeight: number
  drawPanel(brush: Brush): void
}

const length = '00:00.0 f000'.length

export function timeCodeBox({ pill, pillSize }: Lettering, width: number): TimeCodeLayout {
  // Beside the pill if there is room, else under it: at 256 pixels both do not fit in one row.
  const advance = Math.ceil(pillSize * 0.64)
  const wide = Math.ceil(advance * length + pillSize * 1.4)
  const high = Math.ceil(pill.height)
  const x = Math.floor(width - pill.x - wide)
  const fits = x > pill.x + pill.width + pillSize * 0.5
  const y = Math.floor(fits ? pill.y : pill.y + pill.height + pillSize * 0.5)
  const panel = { x: fits ? x : Math.floor(pill.x), y, width: wide, height: high }
  return {
    panel,
    fontSize: pillSize,
    x: panel.x + Math.round((wide - advance * length) / 2),
    y,
    advance,
    glyphHeight: high,
    drawPanel(brush) {
      brush.fillStyle = 'rgba(14,14,32,0.66)'
      brush.beginPath()
      brush.roundRect(panel.x, panel.y, panel.width, panel.height, panel.height / 2)
      brush.fill()
    },
  }
}

export function glyphBoxes({ advance, glyphHeight }: TimeCodeLayout): Box[] {
  return Array.from(signs, () => ({ x: 0, y: 0, width: advance, height: glyphHeight }))
}

export function glyphSheet(
  layout: TimeCodeLayout,
  trace: (box: Box, draw: (brush: Brush) => void) => Planar,
): Planar[] {
  return glyphBoxes(layout).map((box, index) =>
    trace(box, (brush) => {
      brush.font = font(layout.fontSize)
      brush.textAlign = 'center'
      brush.fillStyle = '#ffffff'
      brush.fillText(signs[index] ?? '', box.width / 2, box.height / 2 + layout.fontSize * 0.36)
    }),
  )
}

/** Places in `glyphs` of the signs that name a frame, for example 00:02.5 f060. */
export function timeCodeSigns(frame: number): number[] {
  const tenths = Math.floor((frame * 10) / framesPerSecond)
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0')
  const text = `${pad(Math.floor(tenths / 600), 2)}:${pad(Math.floor(tenths / 10) % 60, 2)}.${tenths % 10} f${pad(frame, 3)}`
  return Array.from(text.slice(0, length), (sign) => signs.indexOf(sign))
}
