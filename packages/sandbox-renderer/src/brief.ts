import { parseHex, type Color } from './color.ts'
import { findEmoji, findSubject, singularForms, type Subject } from './subject-index.ts'
import {
  colorWords,
  foreignSubjects,
  hourWords,
  placeWords,
  quietWords,
  weatherWords,
  type Hour,
  type Place,
  type Weather,
} from './words.ts'

export interface BriefSubject extends Subject {
  tint?: Color
}

/** What a prompt asks to see, as far as this sandbox can tell. An absent field is for the seed to choose. */
export interface Brief {
  /** The prompt without its directives, on one line. */
  caption: string
  hour?: Hour
  weather: Weather
  place?: Place
  tint?: Color
  subjects: BriefSubject[]
}

const subjectLimit = 3

/** Never fails: a prompt in which nothing is known gives a brief with nothing but its caption. */
export function parseBrief(prompt: string): Brief {
  const caption = prompt
    .replace(/\[\[[^\]]*\]\]/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, (run) => (run.includes('\u200d') ? run : ' '))
    .trim()
  // A prompt may be 32 KB; what it shows is in its first words, and the rest would only cost time.
  const text = caption.slice(0, 2000).normalize('NFC').toLowerCase()
  const words =
    text.match(
      /[\p{L}\p{N}'’]+|\p{Extended_Pictographic}[\u{fe0f}\u{200d}\p{Emoji_Modifier}\p{Extended_Pictographic}]*/gu,
    ) ?? []
  const hour = findScene(words, hourWords)
  const found = findSubjects(words)
  const place = findScene(words, placeWords) ?? found.subjects[0]?.home
  return {
    caption,
    weather: findScene(words, weatherWords) ?? 'clear',
    subjects: found.subjects,
    ...(hour === undefined ? {} : { hour }),
    ...(place === undefined ? {} : { place }),
    ...(found.tint === undefined ? {} : { tint: found.tint }),
  }
}

// The first scene word wins by its rank in the table, not in the prompt: "a city in a snow globe on a
// table" is read from the most particular place down.
function findScene<K extends string>(words: string[], table: Record<K, string>): K | undefined {
  for (const key in table) {
    const list = listOf(table[key])
    if (words.some((word) => hasWord(list, word))) return key
  }
  return undefined
}

interface WordList {
  whole: Set<string>
  parts: string[]
}

const lists = new Map<string, WordList>()

function listOf(text: string): WordList {
  let list = lists.get(text)
  if (list === undefined) {
    const words = text.split(' ')
    list = { whole: new Set(words), parts: words.filter(isUnspaced) }
    lists.set(text, list)
  }
  return list
}

function hasWord(list: WordList, word: string): boolean {
  if (singularForms(word).some((form) => list.whole.has(form))) return true
  return isUnspaced(word) && list.parts.some((part) => word.includes(part))
}

function isUnspaced(word: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(word)
}

function findSubjects(words: string[]): { subjects: BriefSubject[]; tint?: Color } {
  const subjects: BriefSubject[] = []
  let color: Color | undefined
  let sceneTint: Color | undefined
  for (let at = 0; at < words.length && subjects.length < subjectLimit;) {
    const word = words[at] ?? ''
    const hex = colorWords.get(word)
    if (hex !== undefined) {
      color = parseHex(hex)
      sceneTint ??= color
      at++
      continue
    }
    const { subject, length } = findLongest(words, at)
    if (subject !== undefined && !subjects.some(({ icon }) => icon === subject.icon)) {
      subjects.push(color === undefined ? subject : { ...subject, tint: color })
      if (color !== undefined && sceneTint === color) sceneTint = undefined
    }
    color = undefined
    at += length
  }
  return sceneTint === undefined ? { subjects } : { subjects, tint: sceneTint }
}

function findLongest(words: string[], at: number): { subject?: Subject; length: number } {
  for (let length = Math.min(3, words.length - at); length >= 1; length--) {
    const phrase = words.slice(at, at + length).join(' ')
    if (length === 1 && quietWords.has(phrase)) continue
    const subject = findSubject(phrase) ?? (length === 1 ? findForeign(phrase) : undefined)
    if (subject !== undefined) return { subject, length }
  }
  return { length: 1 }
}

function findForeign(word: string): Subject | undefined {
  if (/\p{Extended_Pictographic}/u.test(word)) return findEmoji(word)
  const known = foreignSubjects.get(word)
  if (known !== undefined) return findSubject(known)
  if (!isUnspaced(word)) return undefined
  // The longest name first, so that a panda (熊猫) is not taken for a cat (猫).
  const part = [...foreignSubjects.keys()]
    .filter((name) => isUnspaced(name) && word.includes(name))
    .toSorted((a, b) => b.length - a.length)[0]
  return part === undefined ? undefined : findSubject(foreignSubjects.get(part) ?? '')
}
