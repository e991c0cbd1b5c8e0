import { createRequire } from 'node:module'
import { findHome, findStance, type Stance } from './habitats.ts'
import { hourWords, placeWords, quietWords, weatherWords, type Place } from './words.ts'

const require = createRequire(import.meta.url)

/** Something the prompt names that we have a drawing of. */
export interface Subject {
  icon: string
  stance: Stance
  home: Place
}

interface Entry {
  icon: string
  group: string
  score: number
}

interface Emoji {
  group: string
}

// The index is built on the first prompt and stays with its thread: about 25 ms and 9 MB, which the
// gateway's own thread must not pay while nobody draws.
let index: Map<string, Entry> | undefined
let bodies: Record<string, { body: string }> | undefined
let iconByCode: Record<string, string> | undefined

/** What a word or phrase of up to three words stands for, singular or plural; undefined when nothing fits. */
export function findSubject(phrase: string): Subject | undefined {
  index ??= buildIndex()
  for (const form of singularForms(phrase)) {
    const entry = index.get(form)
    if (entry !== undefined) return toSubject(entry)
  }
  return undefined
}

/** The drawing of one emoji character, if it is a thing rather than a sign. */
export function findEmoji(emoji: string): Subject | undefined {
  const icon = findIconOf(emoji)
  if (icon === undefined) return undefined
  const known = readEmoji()[emoji] ?? readEmoji()[`${emoji}\ufe0f`]
  if (known === undefined || skippedGroups.has(known.group)) return undefined
  return toSubject({ icon, group: known.group, score: 0 })
}

/** SVG of an icon at the size it will be drawn, so that it is traced sharp and only once. */
export function toSvg(icon: string, pixels: number): string {
  bodies ??= readIcons().icons
  const body = bodies[icon]?.body ?? ''
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="${pixels}" height="${pixels}">${body}</svg>`
}

/** The name of the drawing for an emoji character, symbols and flags included. */
export function findIconOf(emoji: string): string | undefined {
  iconByCode ??= readCodes()
  const code = Array.from(emoji, (sign) => sign.codePointAt(0)?.toString(16)).join('-')
  return iconByCode[code] ?? iconByCode[code.replace(/-fe0f/g, '')]
}

/** One word as people write it and as the index may hold it. */
export function singularForms(word: string): string[] {
  const forms = [word]
  if (word.endsWith('ies')) forms.push(`${word.slice(0, -3)}y`)
  if (word.endsWith('ves')) forms.push(`${word.slice(0, -3)}f`)
  if (/(s|x|z|ch|sh|o)es$/.test(word)) forms.push(word.slice(0, -2))
  if (/[^s]s$/.test(word)) forms.push(word.slice(0, -1))
  if (word.endsWith("'s") || word.endsWith('’s')) forms.push(word.slice(0, -2))
  return forms
}

const skippedGroups = new Set(['Symbols', 'Flags'])

const groupRanks: Record<string, number> = {
  'Animals & Nature': 12,
  'Food & Drink': 9,
  'Travel & Places': 10,
  Activities: 8,
  Objects: 6,
  'People & Body': 1,
  'Smileys & Emotion': -8,
}

// Where the best-known drawing of a word is not the one that its name would choose.
const chosen: Record<string, string> = {
  cup: 'hot-beverage',
  mug: 'hot-beverage',
  children: 'child',
  kids: 'child',
  coffee: 'hot-beverage',
  espresso: 'hot-beverage',
  tea: 'teacup-without-handle',
  boat: 'sailboat',
  boats: 'sailboat',
  yacht: 'sailboat',
  'sailing boat': 'sailboat',
  'fishing boat': 'sailboat',
  car: 'automobile',
  truck: 'delivery-truck',
  bike: 'bicycle',
  dinosaur: 'sauropod',
  'hot air balloon': 'balloon',
  wizard: 'person-mage',
  witch: 'woman-mage',
  elf: 'person-elf',
  king: 'crown',
  queen: 'princess',
  knight: 'crossed-swords',
  surfer: 'person-surfing',
  cyclist: 'person-biking',
  dancer: 'woman-dancing',
  chef: 'cook',
  squirrel: 'chipmunk',
  kitten: 'cat',
  puppy: 'dog',
  bunny: 'rabbit',
  piano: 'musical-keyboard',
  book: 'open-book',
  flower: 'tulip',
  lantern: 'red-paper-lantern',
  temple: 'shinto-shrine',
  shrine: 'shinto-shrine',
  cottage: 'house-with-garden',
  cabin: 'hut',
  village: 'houses',
  ufo: 'flying-saucer',
  spaceship: 'rocket',
  plane: 'airplane',
  phone: 'mobile-phone',
  computer: 'laptop',
  apple: 'red-apple',
  noodles: 'steaming-bowl',
  ramen: 'steaming-bowl',
  soup: 'steaming-bowl',
  cake: 'birthday-cake',
  dog: 'dog',
  cat: 'cat',
  wolf: 'wolf',
  whale: 'whale',
  bee: 'honeybee',
  ladybug: 'lady-beetle',
  mouse: 'mouse',
  train: 'locomotive',
  campfire: 'fire',
  astronaut: 'astronaut',
  rose: 'rose',
  tower: 'tokyo-tower',
  'fishing rod': 'fishing-pole',
}

function buildIndex(): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  const keywords = require('emojilib') as Record<string, string[]> // JSON of the package, read only here
  const barred = barredWords()
  const add = (word: string, entry: Entry) => {
    if (word.length < 3 || barred.has(word)) return
    const known = entries.get(word)
    if (known === undefined || entry.score > known.score) entries.set(word, entry)
  }
  for (const [emoji, { group }] of Object.entries(readEmoji())) {
    const icon = findIconOf(emoji)
    if (icon === undefined || skippedGroups.has(group)) continue
    const rank = (groupRanks[group] ?? 0) - icon.split('-').length
    const name = icon.replace(/-/g, ' ').replace(/^(person|woman|man) /, '')
    add(name, { icon, group, score: 100 + rank })
    if (group === 'Smileys & Emotion') continue
    const tokens = icon.split('-')
    for (const token of group === 'People & Body' ? tokens.slice(-1) : tokens) {
      add(token, { icon, group, score: (token === tokens.at(-1) ? 60 : 35) + rank })
    }
    // People carry words such as "red" or "work" that a prompt means otherwise.
    if (group === 'People & Body') continue
    for (const keyword of keywords[emoji] ?? []) {
      add(keyword.replace(/_/g, ' ').toLowerCase(), { icon, group, score: 20 + rank })
    }
  }
  for (const [word, icon] of Object.entries(chosen)) {
    const group = entries.get(icon.replace(/-/g, ' '))?.group ?? 'Animals & Nature'
    entries.set(word, { icon, group, score: 200 })
  }
  return entries
}

// Scene words make the scene; as subjects they would hang a second sun into every "morning".
function barredWords(): Set<string> {
  const lists = [hourWords, weatherWords, placeWords].flatMap((table) => Object.values(table))
  return new Set([...quietWords, ...lists.flatMap((list) => list.split(' '))])
}

function toSubject({ icon, group }: Entry): Subject {
  return { icon, stance: findStance(icon), home: findHome(icon, group) }
}

function readEmoji(): Record<string, Emoji> {
  return require('unicode-emoji-json/data-by-emoji.json') as Record<string, Emoji> // JSON of the package
}

function readIcons(): { icons: Record<string, { body: string }> } {
  return require('@iconify-json/fluent-emoji-flat/icons.json') as {
    icons: Record<string, { body: string }>
  } // JSON of the package
}

function readCodes(): Record<string, string> {
  return require('@iconify-json/fluent-emoji-flat/chars.json') as Record<string, string> // JSON of the package
}
