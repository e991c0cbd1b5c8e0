import { mix, parseHex, turnHue, type Color } from './color.ts'
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
  winter: ['#b9d6ef', '#eef6fc', '#ff7f6a'],
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
  const paint = (hex: string) => (snowy ? mix(parseHex(hex), [236, 244, 252], 0.78) : parseHex(hex))
  // Water and space keep their own colour; open land takes on that of the hour.
  const openness = place === 'underwater' || place === 'space' ? 0.35 : 1
  const ambient = (hour === 'day' ? 0.1 : hour === 'night' ? 0.62 : 0.34) * openness
  const palette: Palette = {
    ...light,
    far: mix(
      mix(paint(farHex), light.sky[1], 0.3 * openness),
      light.sky[hour === 'night' ? 1 : 2],
      ambient,
    ),
    near: mix(paint(nearHex), light.shade, ambient * (snowy || place === 'winter' ? 0.4 : 0.66)),
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

// Papers that go together, from the light in the middle to the outermost frame, and one that stands out.
const harmonies = [
  ['#fff3d1', '#ffd49a', '#f2857c', '#8c3b75', '#36175e', '#3fd0c9'],
  ['#fdf6e3', '#bfe8e0', '#4fb3bf', '#1f6391', '#132f5f', '#ff8e6b'],
  ['#fff0f5', '#fbb8d0', '#b57be0', '#5b48b8', '#251f63', '#ffd25e'],
  ['#fbfbe0', '#cfe8a0', '#6fbf82', '#22776f', '#0f3b4c', '#ff9f5a'],
  ['#fff5e0', '#ffcf70', '#f58c4b', '#c9404f', '#5c1a42', '#4cc9e8'],
  ['#eef7ff', '#b4d8ff', '#7b9bea', '#5a4fb5', '#2a1e58', '#ff7fb0'],
  ['#fff7ec', '#f6d2bd', '#dd9a8f', '#8e5f75', '#3d3552', '#88d8b0'],
] as const

function abstractPalette(random: Random, tint: Color | undefined): Palette {
  const paper = harmonies[Math.floor(random.next() * harmonies.length)] ?? harmonies[0]
  const turn = random.between(-14, 14)
  const paint = (hex: string, share: number) => {
    const turned = turnHue(parseHex(hex), turn)
    return tint === undefined ? turned : mix(turned, tint, share)
  }
  const [sun, glow, far, near, shade, accent] = paper
  return {
    sky: [paint(far, 0.4), paint(glow, 0.3), paint(sun, 0.1)],
    sun: paint(sun, 0.05),
    glow: paint(glow, 0.2),
    cloud: paint(sun, 0),
    far: mix(paint(glow, 0.3), paint(far, 0.4), 0.55),
    near: paint(near, 0.45),
    shade: paint(shade, 0.3),
    accent: paint(accent, 0),
    isDark: false,
  }
}
