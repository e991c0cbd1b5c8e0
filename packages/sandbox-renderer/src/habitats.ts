import type { Place } from './words.ts'

/** Where a subject keeps itself in the scene. */
export type Stance = 'ground' | 'air' | 'water' | 'afloat'

const stances: Record<Exclude<Stance, 'ground'>, string> = {
  air:
    'bird eagle dove butterfly honeybee bat airplane small-airplane helicopter rocket flying-saucer balloon parachute ' +
    'parrot dragon kite phoenix-bird ghost baby-angel comet satellite ringed-planet aerial-tramway owl lady-beetle ' +
    'mosquito fly bubbles fireworks heart-suit red-heart shooting-star alien-monster sparkles feather leaf-fluttering-in-wind ' +
    'mountain-cableway dragon-face blackbird airplane-departure airplane-arrival woman-fairy man-fairy person-fairy',
  water:
    'fish tropical-fish blowfish dolphin whale spouting-whale shark octopus squid jellyfish turtle seal lobster shrimp diving-mask ' +
    'coral oyster',
  afloat:
    'sailboat ship ferry canoe motor-boat speedboat passenger-ship duck swan man-surfing person-surfing woman-surfing',
}

const homes: Partial<Record<Place, string>> = {
  space:
    'astronaut rocket alien alien-monster flying-saucer satellite ringed-planet comet telescope',
  underwater:
    'fish tropical-fish blowfish shark octopus squid jellyfish coral diving-mask lobster shrimp oyster turtle crab',
  sea: 'sailboat ship ferry motor-boat speedboat passenger-ship dolphin whale spouting-whale anchor seal man-surfing person-surfing woman-surfing',
  beach: 'palm-tree beach-with-umbrella desert-island coconut tropical-drink spiral-shell',
  lake: 'duck swan canoe frog beaver fishing-pole goose otter crocodile flamingo',
  desert:
    'camel two-hump-camel cactus scorpion lizard snake lion giraffe elephant zebra rhinoceros',
  winter: 'penguin polar-bear snowman skier snowboarder sled mammoth snowflake ice moose',
  mountain: 'goat ram llama mountain-cableway ewe eagle camping tent',
  forest:
    'fox deer bear wolf owl chipmunk raccoon hedgehog mushroom evergreen-tree deciduous-tree badger boar panda ' +
    'monkey gorilla orangutan tiger sloth parrot person-elf person-fairy person-mage koala leopard skunk brown-mushroom unicorn',
  city:
    'automobile taxi bus motorcycle motor-scooter bicycle police-car fire-engine ambulance train tram metro office-building ' +
    'hotel bank trolleybus delivery-truck sport-utility-vehicle racing-car kick-scooter robot',
  meadow:
    'horse cow ox pig sheep rabbit chicken rooster turkey honeybee butterfly lady-beetle tulip sunflower rose hibiscus ' +
    'blossom tractor balloon kite dog cat house house-with-garden cherry-blossom dragon castle bird',
}

const indoorGroups = new Set(['Food & Drink', 'Objects'])

export function findStance(icon: string): Stance {
  return stanceOf.get(icon) ?? 'ground'
}

/** The place that a subject suggests when the prompt names none. */
export function findHome(icon: string, group: string): Place {
  return homeOf.get(icon) ?? (indoorGroups.has(group) ? 'indoor' : 'hills')
}

const stanceOf = invert(stances)
const homeOf = invert(homes)

function invert<K extends string>(lists: Partial<Record<K, string>>): Map<string, K> {
  const found = new Map<string, K>()
  for (const key in lists) {
    for (const word of lists[key]?.split(' ') ?? []) if (!found.has(word)) found.set(word, key)
  }
  return found
}
