import { traceIcon } from './actors.ts'
import { createCanvas, font, fontFile, type Box, type Brush } from './canvas.ts'
import { hasGlyph } from './font-coverage.ts'
import { findIconOf } from './subject-index.ts'

type Token = { text: string } | { icon: string } | { blank: number }

interface Line {
  tokens: { token: Token; x: number }[]
  width: number
}

/** The lettering of a picture: laid out first, because the scene keeps its ground above the caption. */
export interface Lettering {
  pill: Box
  caption: Box
  fontSize: number
  pillSize: number
  lines: Line[]
}

const pillName = 'SANDBOX'
const pillNote = ' · test render'
const maxLines = 3

/** Fits the prompt into at most three lines at the foot; what does not fit ends in an ellipsis. */
export function layOutLettering(text: string, width: number, height: number): Lettering {
  const short = Math.min(width, height)
  const fontSize = Math.round(Math.max(11, Math.min(short * 0.027, width * 0.045)))
  const pillSize = Math.round(Math.max(10, short * 0.023))
  const brush = createCanvas(1, 1).getContext('2d')
  const margin = Math.round(Math.max(8, short * 0.03))
  const padding = fontSize * 0.8
  const room = Math.min(width - margin * 2, fontSize * 62) - padding * 2
  brush.font = font(fontSize)
  const lines = breakLines(brush, tokenize(text), {
    room,
    fontSize,
    limit: height < 400 ? 2 : maxLines,
  })
  const boxWidth = Math.max(0, ...lines.map((line) => line.width)) + padding * 2
  const boxHeight = lines.length === 0 ? 0 : lines.length * fontSize * 1.36 + padding * 1.1
  brush.font = font(pillSize)
  const pillWidth = brush.measureText(pillName + pillNote).width + pillSize * 3
  return {
    fontSize,
    pillSize,
    lines,
    pill: {
      x: margin,
      y: margin,
      width: Math.min(pillWidth, width - margin * 2),
      height: pillSize * 2.1,
    },
    caption: {
      x: (width - boxWidth) / 2,
      y: height - margin - boxHeight,
      width: boxWidth,
      height: boxHeight,
    },
  }
}

export function drawLettering(brush: Brush, lettering: Lettering): void {
  drawPill(brush, lettering)
  if (lettering.lines.length > 0) drawCaption(brush, lettering)
}

function drawPill(brush: Brush, { pill, pillSize }: Lettering): void {
  brush.save()
  brush.shadowColor = 'rgba(8,8,30,0.4)'
  brush.shadowBlur = pillSize * 0.6
  brush.shadowOffsetY = pillSize * 0.2
  brush.fillStyle = '#fff8ea'
  brush.beginPath()
  brush.roundRect(pill.x, pill.y, pill.width, pill.height, pill.height / 2)
  brush.fill()
  brush.restore()
  const middle = pill.y + pill.height / 2
  brush.fillStyle = '#e4572e'
  brush.beginPath()
  brush.arc(pill.x + pillSize * 1.05, middle, pillSize * 0.32, 0, Math.PI * 2)
  brush.fill()
  brush.font = font(pillSize)
  brush.lang = 'en'
  brush.textBaseline = 'alphabetic'
  const baseline = middle + pillSize * 0.36
  const x = pill.x + pillSize * 1.75
  brush.fillText(pillName, x, baseline)
  brush.fillStyle = '#33304a'
  brush.fillText(pillNote, x + brush.measureText(pillName).width, baseline)
}

function drawCaption(brush: Brush, { caption, lines, fontSize }: Lettering): void {
  brush.fillStyle = 'rgba(14,14,32,0.66)'
  brush.beginPath()
  brush.roundRect(caption.x, caption.y, caption.width, caption.height, fontSize * 0.7)
  brush.fill()
  brush.font = font(fontSize)
  brush.lang = 'en'
  brush.textBaseline = 'alphabetic'
  lines.forEach((line, row) => {
    const baseline = caption.y + fontSize * (0.55 + 1.0 + row * 1.36)
    const left = caption.x + (caption.width - line.width) / 2
    for (const { token, x } of line.tokens)
      drawToken(brush, token, { x: left + x, baseline, fontSize })
  })
}

function drawToken(
  brush: Brush,
  token: Token,
  { x, baseline, fontSize }: { x: number; baseline: number; fontSize: number },
): void {
  brush.fillStyle = '#ffffff'
  if ('text' in token) brush.fillText(token.text, x, baseline)
  else if ('icon' in token) {
    brush.drawImage(
      traceIcon(token.icon, Math.ceil(fontSize * 1.15)),
      x,
      baseline - fontSize * 0.95,
      fontSize * 1.15,
      fontSize * 1.15,
    )
  } else drawBlanks(brush, token.blank, { x, baseline, fontSize })
}

// Letters the font lacks become plain bars, one a letter, so that length and word breaks still read.
function drawBlanks(
  brush: Brush,
  count: number,
  { x, baseline, fontSize }: { x: number; baseline: number; fontSize: number },
): void {
  brush.fillStyle = 'rgba(255,255,255,0.78)'
  for (let letter = 0; letter < count; letter++) {
    brush.beginPath()
    brush.roundRect(
      x + letter * fontSize * 0.62,
      baseline - fontSize * 0.68,
      fontSize * 0.5,
      fontSize * 0.68,
      fontSize * 0.12,
    )
    brush.fill()
  }
}

const emoji =
  /\p{Extended_Pictographic}(?:[\u{fe0f}\p{Emoji_Modifier}]|\u{200d}\p{Extended_Pictographic})*/gu

/** Words, spaces and single unknown letters, so that a line can break between any two of them. */
function tokenize(text: string): Token[][] {
  return text
    .slice(0, 1200)
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => splitWord(word))
}

function splitWord(word: string): Token[] {
  const tokens: Token[] = []
  let rest = 0
  for (const match of word.matchAll(emoji)) {
    const icon = findIconOf(match[0])
    if (icon === undefined) continue
    tokens.push(...splitLetters(word.slice(rest, match.index)), { icon })
    rest = match.index + match[0].length
  }
  tokens.push(...splitLetters(word.slice(rest)))
  return tokens
}

function splitLetters(text: string): Token[] {
  const tokens: Token[] = []
  for (const sign of text) {
    const last = tokens.at(-1)
    const known = hasGlyph(fontFile, sign.codePointAt(0) ?? 0)
    if (known && last !== undefined && 'text' in last) last.text += sign
    else if (known) tokens.push({ text: sign })
    else if (!/\p{M}|\u{fe0f}|\u{200d}/u.test(sign)) tokens.push({ blank: 1 })
  }
  return tokens
}

function breakLines(
  brush: Brush,
  words: Token[][],
  { room, fontSize, limit }: { room: number; fontSize: number; limit: number },
): Line[] {
  const space = fontSize * 0.28
  const ellipsis = brush.measureText('…').width
  const lines: Line[] = []
  let line: Line = { tokens: [], width: 0 }
  const isLast = () => lines.length === limit - 1
  for (const [index, word] of words.entries()) {
    const gap = index === 0 || line.tokens.length === 0 ? 0 : space
    const wordWidth = word.reduce((sum, token) => sum + widthOf(brush, token, fontSize), 0)
    const pieces = wordWidth > room ? word.flatMap((token) => splitToken(token)) : [word]
    for (const [at, piece] of pieces.entries()) {
      const pieceWidth = piece.reduce((sum, token) => sum + widthOf(brush, token, fontSize), 0)
      const lead = at === 0 ? gap : 0
      const isEnd = index === words.length - 1 && at === pieces.length - 1
      const reserve = isLast() && !isEnd ? ellipsis + space : 0
      if (line.width + lead + pieceWidth + reserve > room && line.tokens.length > 0) {
        if (isLast()) {
          line.tokens.push({ token: { text: '…' }, x: line.width })
          line.width += ellipsis
          return [...lines, line]
        }
        lines.push(line)
        line = { tokens: [], width: 0 }
        append(brush, line, piece, 0, fontSize)
      } else append(brush, line, piece, lead, fontSize)
    }
  }
  return line.tokens.length === 0 ? lines : [...lines, line]
}

function append(brush: Brush, line: Line, tokens: Token[], lead: number, fontSize: number): void {
  line.width += lead
  for (const token of tokens) {
    line.tokens.push({ token, x: line.width })
    line.width += widthOf(brush, token, fontSize)
  }
}

function splitToken(token: Token): Token[][] {
  return 'text' in token ? Array.from(token.text, (sign) => [{ text: sign }]) : [[token]]
}

function widthOf(brush: Brush, token: Token, fontSize: number): number {
  if ('text' in token) return brush.measureText(token.text).width
  return 'icon' in token ? fontSize * 1.2 : token.blank * fontSize * 0.62
}
