import { fromHue, lighten, mix, parseHex, turnHue, type Color } from './color.ts'
import type { Random } from './random.ts'
import type { Hour, Place, Weather } from './words.ts'

export interface Palette {
  /** From the zenith down to the horizon. */
  sky: readonly [Color, Color, Color]
  /** Sun or moon, and the light around it. */
  sun: Color
  glow: Color
  cloud: Color
  /** Land at the horizon and land before our feet. */
  far: Color
  near: Color
  /** The darkest paper: silhouettes in the foreground. */
  shade: Color
  accent: Color
  isDark: boolean
}

type Light = Omit<Palette, 'far' | 'near' | 'accent'>

const lights: Record<Hour, Light> = {
  dawn: {
    sky: [parseHex('#6f86c9'), parseHex('#f0a9b8'), parseHex('#ffe0bd')],
    sun: parseHex('#fff3d6'),
    glow: parseHex('#ffcfa8'),
    cloud: parseHex('#fff1ea'),
    shade: parseHex('#3f3566'),
    isDark: false,
  },
  day: {
    sky: [parseHex('#3f9fe0'), parseHex('#86cdf0'), parseHex('#e4f7f4')],
    sun: parseHex('#fff2a8'),
    glow: parseHex('#ffe9a0'),
    cloud: parseHex('#ffffff'),
    shade: parseHex('#14445c'),
    isDark: false,
  },
  dusk: {
    sky: [parseHex('#533a86'), parseHex('#e3607e'), parseHex('#ffb870')],
    sun: parseHex('#ffe7a0'),
    glow: parseHex('#ffa562'),
    cloud: parseHex('#ffb8a0'),
    shade: parseHex('#2c1a45'),
    isDark: false,
  },
  night: {
    sky: [parseHex('#0a1336'), parseHex('#1d2c6b'), parseHex('#4a5fa8')],
    sun: parseHex('#fdf4d3'),
    glow: parseHex('#7d92d8'),
    cloud: parseHex('#5a6cb0'),
    shade: parseHex('#060b22'),
    isDark: true,
  },
}

// Far and near paper of each place in full daylight; the hour's light is mixed in below.
const grounds: Record<Place, readonly [string, string, string]> = {
  hills: ['#9ccfb0', '#2f7d5b', '#f4a261'],
  meadow: ['#b5dc9a', '#4a9a45', '#ffca3a'],
  forest: ['#8fc3a6', '#1f5f4a', '#e9c46a'],
  mountain: ['#a9c0dd', '#3d5a80', '#ee9b7a'],
  desert: ['#f3cfa0', '#c9713c', '#2a9d8f'],
  winter: ['#cfe4f5', '#eaf4fb', '#4d9de0'],
  sea: ['#7cc6dd', '#155e8b', '#ffd166'],
  beach: ['#6cc5d8', '#f0d7a1', '#ff7f6a'],
  lake: ['#9cc9b8', '#2c6e6a', '#f6bd60'],
  city: ['#a8b4d4', '#3b4a78', '#ffd166'],
  space: ['#5a4a9c', '#2b2358', '#ff9ecb'],
  underwater: ['#4fb7c9', '#0d4f74', '#ff8a65'],
  indoor: ['#e9d3b4', '#a9744f', '#d9594c'],
  abstract: ['#f4a8b8', '#4a3f8c', '#ffd166'],
}

/** The papers of a picture. The seed only turns the hue a little: the words decide the mood. */
export function choosePalette(choice: {
  hour: Hour
  weather: Weather
  place: Place
  tint?: Color | undefined
  random: Random
}): Palette {
  const { hour, weather, place, tint, random } = choice
  if (place === 'abstract') return abstractPalette(random, tint)
  const light = dim(lights[hour], weather)
  const [farHex, nearHex, accentHex] = grounds[place]
  const snowy = weather === 'snow' && place !== 'indoor' && place !== 'space'
  const paint = (hex: string) => (snowy ? mix(parseHex(hex), [232, 242, 250], 0.62) : parseHex(hex))
  const ambient = hour === 'day' ? 0.1 : hour === 'night' ? 0.62 : 0.34
  const palette: Palette = {
    ...light,
    far: mix(mix(paint(farHex), light.sky[1], 0.3), light.sky[hour === 'night' ? 1 : 2], ambient),
    near: mix(paint(nearHex), light.shade, ambient * 0.85),
    accent: parseHex(accentHex),
  }
  return vary(palette, random, tint)
}

function vary(palette: Palette, random: Random, tint: Color | undefined): Palette {
  const turn = random.between(-11, 11)
  const change = (color: Color, share: number) => {
    const turned = turnHue(color, turn)
    return tint === undefined ? turned : mix(turned, tint, share)
  }
  const [top, middle, low] = palette.sky
  return {
    ...palette,
    sky: [change(top, 0.4), change(middle, 0.3), change(low, 0.18)],
    glow: change(palette.glow, 0.2),
    far: change(palette.far, 0.3),
    near: change(palette.near, 0.2),
    shade: change(palette.shade, 0.12),
    accent: tint ?? palette.accent,
  }
}

function dim(light: Light, weather: Weather): Light {
  if (weather === 'clear') return light
  const veil: Record<Exclude<Weather, 'clear'>, readonly [string, number]> = {
    rain: ['#62788c', 0.5],
    snow: ['#c4d6e6', 0.45],
    fog: ['#cfd8d8', 0.55],
    storm: ['#2c3648', 0.62],
  }
  const [hex, share] = veil[weather]
  const strength = light.isDark ? share * 0.4 : share
  const cover = (color: Color) => mix(color, parseHex(hex), strength)
  const [top, middle, low] = light.sky
  return {
    ...light,
    sky: [cover(top), cover(middle), mix(low, parseHex(hex), strength * 0.6)],
    cloud: cover(light.cloud),
    glow: cover(light.glow),
  }
}

function abstractPalette(random: Random, tint: Color | undefined): Palette {
  const hue = tint === undefined ? random.between(0, 360) : hueOf(tint)
  const partner = hue + random.pick([38, -42, 120, 165])
  const isDark = random.chance(0.3)
  const far = fromHue(isDark ? 0.62 : 0.86, 0.1, partner)
  return {
    sky: [fromHue(isDark ? 0.5 : 0.8, 0.12, partner), far, fromHue(0.93, 0.06, partner)],
    sun: fromHue(0.96, 0.05, partner + 20),
    glow: fromHue(0.88, 0.1, partner),
    cloud: fromHue(0.95, 0.03, hue),
    far,
    near: fromHue(0.42, 0.14, hue),
    shade: lighten(fromHue(0.3, 0.1, hue), -0.06),
    accent: fromHue(0.74, 0.16, hue + 180),
    isDark,
  }
}

function hueOf([red, green, blue]: Color): number {
  // Hue on the opponent axes is near enough to Oklab's for choosing a family of papers.
  return (Math.atan2((red + green) / 2 - blue, red - green) * 180) / Math.PI
}
