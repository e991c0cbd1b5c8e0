/** A colour as red, green and blue from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number]

export function parseHex(hex: string): Color {
  const value = Number.parseInt(hex.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

export function toCss([red, green, blue]: Color, alpha = 1): string {
  return `rgba(${Math.round(red)},${Math.round(green)},${Math.round(blue)},${alpha})`
}

// Mixed in Oklab: in plain RGB, orange and blue meet in a dead grey, and every dusk here is that mix.
export function mix(from: Color, to: Color, share: number): Color {
  const a = toLab(from)
  const b = toLab(to)
  return fromLab([
    a[0] + (b[0] - a[0]) * share,
    a[1] + (b[1] - a[1]) * share,
    a[2] + (b[2] - a[2]) * share,
  ])
}

/** Lightness moved by `amount` (-1 to 1), hue and strength kept. */
export function lighten(color: Color, amount: number): Color {
  const [lightness, a, b] = toLab(color)
  return fromLab([Math.min(1, Math.max(0, lightness + amount)), a, b])
}

export function turnHue(color: Color, degrees: number): Color {
  const [lightness, a, b] = toLab(color)
  const angle = (degrees * Math.PI) / 180
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  return fromLab([lightness, a * cos - b * sin, a * sin + b * cos])
}

/** A colour from perceived lightness (0-1), strength (0-0.3) and hue in degrees. */
export function fromHue(lightness: number, strength: number, degrees: number): Color {
  const angle = (degrees * Math.PI) / 180
  return fromLab([lightness, strength * Math.cos(angle), strength * Math.sin(angle)])
}

function toLab([red, green, blue]: Color): Color {
  const r = toLinear(red)
  const g = toLinear(green)
  const b = toLinear(blue)
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function fromLab([lightness, a, b]: Color): Color {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

function toLinear(value: number): number {
  const unit = value / 255
  return unit <= 0.04045 ? unit / 12.92 : ((unit + 0.055) / 1.055) ** 2.4
}

function fromLinear(value: number): number {
  const unit = value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055
  return Math.min(255, Math.max(0, unit * 255))
}
