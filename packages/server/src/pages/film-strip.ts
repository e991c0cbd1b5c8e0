import { html, type Html } from './html.ts'

const frameWidth = 132
const frameHeight = 88
const pitch = frameWidth + 8
const bandHeight = 20
const skies = [
  '#1d2347',
  '#3a2f5c',
  '#6d4468',
  '#b3606a',
  '#e08c66',
  '#f4b46b',
  '#f9cf86',
  '#fbe3ad',
]

/** A strip of film on which the sun rises from frame to frame: the drawing of the start page. */
export function filmStrip(): Html {
  const width = skies.length * pitch + 8
  const height = frameHeight + 2 * bandHeight
  return html`<svg
    class="strip"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="xMidYMid slice"
    aria-hidden="true"
    focusable="false"
  >
    <rect width="${width}" height="${height}" fill="#1a1613" />
    ${perforations(width, 6)}${perforations(width, height - 14)}
    ${skies.map((sky, index) => frame(sky, index))}
  </svg>`
}

function perforations(width: number, y: number): Html[] {
  const count = 48
  return Array.from(
    { length: count },
    (_, index) =>
      html`<rect
        x="${(5.75 + index * (width / count)).toFixed(1)}"
        y="${y}"
        width="12"
        height="8"
        rx="2.2"
        fill="#efe7d8"
      />`,
  )
}

/** One frame: sky, sun, two ridges and a fir, lit by how far the morning has come. */
function frame(sky: string, index: number): Html {
  const x = 8 + index * pitch
  const light = index / (skies.length - 1)
  const sunY = (bandHeight + 84 - light * 58).toFixed(1)
  const far = mix([44, 42, 74], [222, 164, 122], light)
  const near = mix([22, 22, 44], [120, 84, 78], light)
  const snow = mix([58, 60, 92], [252, 240, 224], light)
  const clip = `frame-${index}`
  return html`<clipPath id="${clip}"
      ><rect x="${x}" y="${bandHeight}" width="${frameWidth}" height="${frameHeight}" rx="5"
    /></clipPath>
    <g clip-path="url(#${clip})"
      ><rect
        x="${x}"
        y="${bandHeight}"
        width="${frameWidth}"
        height="${frameHeight}"
        fill="${sky}" />
      <circle cx="${x + 52}" cy="${sunY}" r="13" fill="${light < 0.5 ? '#ffb35c' : '#fff3d1'}" />
      <g transform="translate(${x} ${bandHeight})"
        ><path d="M0 58 24 40 46 54 74 34 104 56 132 42V88H0Z" fill="${far}" /><path
          d="M0 70 34 58 70 70 108 56 132 64V88H0Z"
          fill="${near}" /><path d="M0 80Q40 68 76 77T132 74V88H0Z" fill="${snow}" /><path
          d="M24 80V76H14L20 69H16L22 62H19L25.5 53 32 62H29L35 69H31L37 76H27V80Z"
          fill="${mix([10, 14, 28], [62, 58, 52], light)}" /></g
    ></g>`
}

function mix(dark: readonly number[], bright: readonly number[], light: number): string {
  const parts = dark.map((value, index) =>
    Math.round(value + ((bright[index] ?? value) - value) * light),
  )
  return `rgb(${parts.join(' ')})`
}
