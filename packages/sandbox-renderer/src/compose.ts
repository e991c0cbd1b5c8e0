import { paintAbstract } from './abstract.ts'
import { paintActors } from './actors.ts'
import { parseBrief, type Brief } from './brief.ts'
import { layOutLettering, type Lettering } from './caption.ts'
import { paintCity } from './city.ts'
import { paintBank, paintFog, paintForeground, paintVignette } from './foreground.ts'
import { paintRoom } from './indoor.ts'
import { paintLand } from './land.ts'
import { choosePalette } from './palette.ts'
import { createRandom, type Random } from './random.ts'
import { paintCards, planCards } from './references.ts'
import { paintReef } from './reef.ts'
import type { Layer, Setting } from './scene.ts'
import { paintSky } from './sky.ts'
import { paintSpace } from './space.ts'
import type { ReferenceInput } from './spec.ts'
import { paintSand, paintSea } from './water.ts'
import { paintWeather } from './weather.ts'
import type { Hour, Place } from './words.ts'

export interface Composition {
  setting: Setting
  /** Back to front. */
  scene: Layer[]
  /** The light falling off towards the corners of the scene. */
  vignette: Layer
  /** Reference pictures, in front of the scene and in their own colours. */
  cards: Layer[]
  lettering: Lettering
}

export interface Commission {
  prompt: string
  seed: number
  width: number
  height: number
  /** Shown as cards. */
  references: ReferenceInput[]
  /** Margin to paint beyond left and right edge, as a share of the width: what a moving camera may uncover. */
  bleed: number
}

/** Everything in the picture, from the words and the seed alone. */
export async function compose(commission: Commission): Promise<Composition> {
  const { prompt, seed, width, height, references } = commission
  const brief = parseBrief(prompt)
  const lettering = layOutLettering(brief.caption, width, height)
  const random = createRandom(`${seed} ${brief.caption}`)
  const setting = arrange(commission, brief, lettering, random)
  const plan = planCards(references.length, {
    width,
    height,
    unit: setting.unit,
    top: lettering.pill.y + lettering.pill.height,
  })
  const cards = await paintCards(setting, references, plan)
  const top = references.length === 0 ? lettering.pill.y + lettering.pill.height : plan.bottom
  const scene = [...paintPlace(setting, top), ...paintWeather(setting)]
  return { setting, scene, vignette: paintVignette(setting), cards, lettering }
}

function arrange(
  { width, height, bleed }: Commission,
  brief: Brief,
  lettering: Lettering,
  random: Random,
): Setting {
  const unit = Math.min(width, height) / 100
  const mood = random.fork('mood')
  const place = brief.place ?? choosePlace(brief)
  const hour = brief.hour ?? chooseHour(place, mood)
  const captionTop = lettering.lines.length === 0 ? height : lettering.caption.y
  const base = Math.min(height * mood.between(0.79, 0.83), captionTop - unit * 2.5)
  // Whole pixels: a sheet that ends within one is not opaque at its edge, and every frame would have to blend it.
  const marginX = Math.ceil((width * bleed) / 2) * 2
  const marginY = bleed === 0 ? 0 : 2
  const horizon = Math.min(base - unit * 14, height * mood.between(0.5, 0.58))
  return {
    width,
    height,
    bleed: { x: -marginX, y: -marginY, width: width + marginX * 2, height: height + marginY * 2 },
    unit,
    horizon,
    base,
    captionTop,
    hour,
    weather: brief.weather,
    place,
    palette: choosePalette({
      hour,
      weather: brief.weather,
      place,
      tint: brief.tint,
      random: random.fork('palette'),
    }),
    brief,
    random,
  }
}

function choosePlace(brief: Brief): Place {
  return brief.weather === 'clear' && brief.hour === undefined ? 'abstract' : 'hills'
}

function chooseHour(place: Place, random: Random): Hour {
  if (place === 'space') return 'night'
  if (place === 'underwater' || place === 'indoor')
    return random.pick(['day', 'day', 'dawn', 'dusk'])
  return random.pick(['day', 'day', 'dawn', 'dusk', 'dusk'])
}

function paintPlace(setting: Setting, top: number): Layer[] {
  const actors = () => paintActors(setting, { top })
  const fog = setting.weather === 'fog' ? paintFog(setting) : []
  switch (setting.place) {
    case 'abstract':
      return [...paintAbstract(setting), ...actors()]
    case 'indoor':
      return [...paintRoom(setting), ...actors()]
    case 'underwater':
      return [...paintReef(setting), ...actors()]
    case 'space':
      return [...paintSky(setting), ...paintSpace(setting), ...actors()]
    case 'city':
      return [...paintSky(setting), ...paintCity(setting), ...fog, ...actors()]
    case 'sea':
      return [...paintSky(setting), ...seaWith(actors(), setting), ...fog]
    case 'beach':
      return [
        ...paintSky(setting),
        ...paintSea(setting).slice(0, 3),
        paintSand(setting),
        ...fog,
        ...actors(),
        ...paintForeground(setting),
      ]
    case 'lake':
      return [
        ...paintSky(setting),
        ...paintLand(setting).slice(0, 2),
        ...seaWith(actors(), setting),
        ...fog,
        ...paintForeground(setting),
      ]
    default:
      return [
        ...paintSky(setting),
        ...paintLand(setting),
        ...fog,
        ...actors(),
        paintBank(setting),
        ...paintForeground(setting),
      ]
  }
}

// Whatever swims or sails is cut by the last wave before it, so that it sits in the water and not on it.
function seaWith(actors: Layer[], setting: Setting): Layer[] {
  const sea = paintSea(setting)
  return [...sea.slice(0, -1), ...actors, ...sea.slice(-1)]
}
