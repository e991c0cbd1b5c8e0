import { Path2D, type Box, type Brush } from './canvas.ts'
import { lighten, mix, toCss, type Color } from './color.ts'
import {
  addCactus,
  addConifer,
  addRoundTree,
  groundPath,
  newCutouts,
  paintCutouts,
  paper,
  triangle,
  type Cutouts,
} from './papercut.ts'
import { numberAt, seedOf, smoothNoise } from './random.ts'
import { depths, type Layer, type Setting } from './scene.ts'
import type { Place } from './words.ts'

type Plant = 'conifer' | 'round' | 'mixed' | 'cactus' | 'none'

interface Terrain {
  sheets: number
  /** Height of the farthest and the nearest crest, in units. */
  relief: readonly [far: number, near: number]
  /** How many units wide a bump is. */
  bump: number
  peaked: number
  plant: Plant
  /** Share of the planting places in use. */
  density: number
  flowers: boolean
}

const terrains: Partial<Record<Place, Terrain>> = {
  hills: {
    sheets: 5,
    relief: [10, 5],
    bump: 34,
    peaked: 0,
    plant: 'mixed',
    density: 0.3,
    flowers: false,
  },
  meadow: {
    sheets: 4,
    relief: [8, 3],
    bump: 42,
    peaked: 0,
    plant: 'round',
    density: 0.22,
    flowers: true,
  },
  forest: {
    sheets: 5,
    relief: [9, 4],
    bump: 30,
    peaked: 0,
    plant: 'conifer',
    density: 0.85,
    flowers: false,
  },
  mountain: {
    sheets: 5,
    relief: [30, 4],
    bump: 22,
    peaked: 3,
    plant: 'conifer',
    density: 0.4,
    flowers: false,
  },
  desert: {
    sheets: 4,
    relief: [11, 5],
    bump: 46,
    peaked: 0,
    plant: 'cactus',
    density: 0.16,
    flowers: false,
  },
  winter: {
    sheets: 4,
    relief: [16, 4],
    bump: 30,
    peaked: 1,
    plant: 'conifer',
    density: 0.35,
    flowers: false,
  },
  lake: {
    sheets: 3,
    relief: [14, 6],
    bump: 28,
    peaked: 1,
    plant: 'conifer',
    density: 0.5,
    flowers: false,
  },
}

/** Ranges of paper hills from the horizon down to the ground that subjects stand on. */
export function paintLand(setting: Setting): Layer[] {
  const terrain = terrains[setting.place] ?? terrains.hills
  if (terrain === undefined) return []
  const random = setting.random.fork('land')
  return Array.from({ length: terrain.sheets }, (_, sheet) => {
    const share = sheet / (terrain.sheets - 1)
    const seed = seedOf(random)
    return {
      depth: share < 0.45 ? depths.far : depths.middle,
      box: boxOfSheet(setting, share, terrain),
      draw: (brush: Brush) => drawSheet(brush, setting, terrain, { sheet, share, seed }),
    }
  })
}

interface Sheet {
  sheet: number
  share: number
  seed: number
}

function crestOf(setting: Setting, share: number): number {
  const ground = setting.base - setting.unit * 5
  return setting.horizon + (ground - setting.horizon) * share ** 1.15
}

function boxOfSheet(setting: Setting, share: number, terrain: Terrain): Box {
  const { bleed, unit } = setting
  const relief = terrain.relief[0] + (terrain.relief[1] - terrain.relief[0]) * share
  const top = Math.max(bleed.y, crestOf(setting, share) - unit * (relief + 28))
  return { x: bleed.x, y: top, width: bleed.width, height: bleed.y + bleed.height - top }
}

function drawSheet(
  brush: Brush,
  setting: Setting,
  terrain: Terrain,
  { sheet, share, seed }: Sheet,
): void {
  const { unit, palette, bleed } = setting
  const relief = unit * (terrain.relief[0] + (terrain.relief[1] - terrain.relief[0]) * share)
  const crest = crestOf(setting, share)
  const isPeaked = sheet < terrain.peaked
  const bump = unit * terrain.bump * (isPeaked ? 1 : 0.8 + share * 0.7)
  const heightAt = isPeaked
    ? (x: number) => crest - relief * peaks(seed, x / bump)
    : (x: number) => crest - relief * (0.5 + 0.5 * smoothNoise(seed, x / bump)) * (1 + share * 0.2)
  const color = mix(palette.far, palette.near, share ** 0.9)
  const box = { ...bleed, y: crest - relief, height: bleed.y + bleed.height - crest + relief }
  const lift = unit * (0.6 + share * 1.3)
  const step = unit * (isPeaked ? 1 : 1.6)
  if (!isPeaked) plant(brush, setting, terrain, { heightAt, share, seed, color })
  const path = groundPath(bleed, step, heightAt)
  paper(brush, path, color, {
    lift,
    fade: mix(color, palette.sky[2], share < 0.5 ? 0.35 : 0.08),
    box,
  })
  if (isPeaked) capWithSnow(brush, setting, { heightAt, crest, relief, path, color })
  if (terrain.flowers && share > 0.6) sowFlowers(brush, setting, { heightAt, seed, share })
}

/** From 0 to 1 with sharp tops, and smaller crags on the slopes. */
function peaks(seed: number, x: number): number {
  const cell = Math.floor(x)
  let height = 0
  for (let index = cell - 1; index <= cell + 1; index++) {
    const top = index + 0.25 + numberAt(seed, index) * 0.5
    const tall = 0.5 + 0.5 * numberAt(seed + 1, index)
    height = Math.max(height, tall * (1 - Math.abs(x - top) * 1.05))
  }
  return Math.max(
    0,
    height + 0.045 * smoothNoise(seed + 2, x * 7) + 0.02 * smoothNoise(seed + 3, x * 19),
  )
}

interface Cap {
  heightAt(x: number): number
  crest: number
  relief: number
  path: Path2D
  color: Color
}

function capWithSnow(
  brush: Brush,
  setting: Setting,
  { heightAt, crest, relief, path, color }: Cap,
): void {
  const { bleed, unit, palette } = setting
  const line = crest - relief * 0.52
  const snow = new Path2D()
  snow.moveTo(bleed.x - unit * 4, bleed.y - unit * 40)
  let tooth = 0
  for (let x = bleed.x - unit * 4; x <= bleed.x + bleed.width + unit * 4; x += unit * 1.7) {
    const sag = Math.max(0, line - heightAt(x)) * 0.12
    snow.lineTo(x, line + sag + (tooth++ % 2 === 0 ? unit * 1.7 : -unit * 0.9))
  }
  snow.lineTo(bleed.x + bleed.width + unit * 4, bleed.y - unit * 40)
  snow.closePath()
  brush.save()
  brush.clip(path)
  brush.fillStyle = toCss(mix(lighten(color, 0.3), palette.sky[2], 0.25), 0.92)
  brush.fill(snow)
  brush.restore()
}

interface Row {
  heightAt(x: number): number
  share: number
  seed: number
  color: Color
}

function plant(brush: Brush, setting: Setting, terrain: Terrain, row: Row): void {
  if (terrain.plant === 'none' || row.share > 0.9) return
  const { bleed, unit } = setting
  const size = unit * (5 + row.share * 13)
  const spacing = size * (terrain.plant === 'cactus' ? 1.5 : 0.5)
  const cutouts = newCutouts()
  const first = Math.floor(bleed.x / spacing) - 1
  const last = Math.ceil((bleed.x + bleed.width) / spacing) + 1
  for (let index = first; index <= last; index++) {
    const clump = 0.5 + 0.5 * smoothNoise(row.seed + 5, index * 0.23)
    if (numberAt(row.seed + 6, index) > terrain.density * (0.45 + clump)) continue
    const x = (index + (numberAt(row.seed + 7, index) - 0.5) * 0.9) * spacing
    const height = size * (0.7 + 0.6 * numberAt(row.seed + 8, index))
    addPlant(cutouts, terrain.plant, numberAt(row.seed + 9, index), {
      x,
      foot: row.heightAt(x) + unit * 0.6,
      height,
    })
  }
  const isSnowy = setting.weather === 'snow' || setting.place === 'winter'
  const color = isSnowy
    ? mix(row.color, [44, 98, 104], 0.3 + row.share * 0.25)
    : lighten(row.color, -0.045)
  paintCutouts(brush, cutouts, color, unit * (0.35 + row.share * 0.6))
}

function addPlant(
  to: Cutouts,
  plantKind: Plant,
  choice: number,
  at: { x: number; foot: number; height: number },
): void {
  if (plantKind === 'cactus') addCactus(to, at.x, at.foot, at.height * 0.8)
  else if (plantKind === 'conifer' || (plantKind === 'mixed' && choice < 0.5)) {
    addConifer(to, at.x, at.foot, at.height)
  } else addRoundTree(to, at.x, at.foot, at.height * 0.85)
}

function sowFlowers(brush: Brush, setting: Setting, row: Omit<Row, 'color'>): void {
  const { bleed, unit, palette } = setting
  const colors = [
    palette.accent,
    lighten(palette.accent, 0.15),
    mix(palette.accent, [255, 90, 120], 0.7),
    mix(palette.cloud, palette.near, 0.12),
  ]
  const stems = new Path2D()
  const paths = colors.map(() => new Path2D())
  const spacing = unit * 2.1
  for (
    let index = Math.floor(bleed.x / spacing);
    index * spacing < bleed.x + bleed.width;
    index++
  ) {
    const x = (index + numberAt(row.seed + 11, index)) * spacing
    const deep = numberAt(row.seed + 12, index) ** 1.4
    const y = row.heightAt(x) + unit * (1 + deep * 22)
    const size = unit * (0.35 + deep * 0.75)
    triangle(stems, [x - size * 0.12, y], [x + size * 0.12, y], [x, y + size * 2.6])
    const path = paths[Math.floor(numberAt(row.seed + 13, index) * paths.length)]
    for (let petal = 0; petal < 5; petal++) {
      const angle = (petal / 5) * Math.PI * 2
      const petalX = x + Math.cos(angle) * size * 0.55
      path?.moveTo(petalX + size * 0.5, y + Math.sin(angle) * size * 0.55)
      path?.arc(petalX, y + Math.sin(angle) * size * 0.55, size * 0.5, 0, Math.PI * 2)
    }
  }
  brush.fillStyle = toCss(mix(palette.near, palette.shade, 0.3))
  brush.fill(stems)
  paths.forEach((path, index) => {
    brush.fillStyle = toCss(colors[index] ?? palette.accent, 0.95)
    brush.fill(path)
  })
}
