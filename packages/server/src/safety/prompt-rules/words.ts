import { fold, leetLetters, lookalikes } from './fold.ts'

/** One word of a prompt with every reading of it that is looked up. */
export interface Word {
  /** The plain spelling first, then readings of disguises. */
  forms: string[]
}

/** A prompt, ready to be looked up. */
export interface Prompt {
  words: Word[]
  /** Runs of Chinese, Japanese, Korean and Thai text, in which terms are looked for at every place. */
  unspaced: string[]
}

interface Token {
  text: string
  /** Only one separator sign stands before it, no space: `po-rn`. */
  isGlued: boolean
}

const tokenPattern = /[\p{L}\p{N}@$€!+|*]+/gu
const unspacedPattern = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}ー]+/gu
const letterPattern = /\p{L}/u
const cyrillicOrGreek = /[\u0370-\u052f]/
const latin = /[a-z]/

/** Most words: nothing in them can be a disguise. */
const plainWord = /^[a-z]+$/
const stretched = /(\p{L})\1\1/u

/** Longest word whose disguises are looked at; longer ones are no words. */
const maxWordLength = 64

/** Splits a prompt into words and their readings. Linear in the length of the prompt. */
export function readWords(prompt: string): Prompt {
  const text = fold(prompt)
  const tokens = toTokens(text)
  const isLatinPrompt = isMostlyLatin(text)
  const words = tokens.map(({ text: token }): Word => ({ forms: readingsOf(token, isLatinPrompt) }))
  addGluedReadings(tokens, words)
  addSpelledReadings(tokens, words)
  return { words, unspaced: text.match(unspacedPattern) ?? [] }
}

function isMostlyLatin(text: string): boolean {
  let balance = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0x61 && code <= 0x7a) balance++
    else if (code >= 0x370 && code <= 0x52f) balance--
  }
  return balance > 0
}

function toTokens(text: string): Token[] {
  const tokens: Token[] = []
  let end = -1
  for (const match of text.matchAll(tokenPattern)) {
    // Signs at the end are punctuation; at the start some of them are letters ("$ex", "@ss").
    const token = trimSigns(match[0])
    if (token === '') continue
    tokens.push({
      text: token,
      isGlued: match.index === end + 1 && /[-._*~/'’]/.test(text[end] ?? ''),
    })
    end = match.index + match[0].length
  }
  return tokens
}

function trimSigns(token: string): string {
  let end = token.length
  while (end > 0 && '!+|*'.includes(token[end - 1] ?? '')) end--
  let start = 0
  while (start < end && '!+|*'.includes(token[start] ?? '')) start++
  return token.slice(start, end)
}

function readingsOf(token: string, isLatinPrompt: boolean): string[] {
  const forms = [token]
  if (token.length > maxWordLength || (plainWord.test(token) && !stretched.test(token)))
    return forms
  const add = (form: string) => {
    if (form !== '' && !forms.includes(form)) forms.push(form)
  }
  const inLatin = withoutLookalikes(token, isLatinPrompt)
  add(inLatin)
  // A number stays a number: only a word with letters in it can be disguised by digits.
  if (letterPattern.test(inLatin) && /[^\p{L}*]/u.test(inLatin)) {
    add(mapCharacters(inLatin, leetLetters))
    add(mapCharacters(inLatin.replace(/[1|]/g, 'l'), leetLetters))
  }
  for (const form of forms.slice()) {
    const single = form.replace(/(\p{L})\1{2,}/gu, '$1')
    if (single === form) continue
    add(single)
    add(form.replace(/(\p{L})\1{2,}/gu, '$1$1'))
  }
  return forms
}

/**
 * A word that mixes scripts is a disguise. A word wholly in Cyrillic or Greek is read as such, and
 * as Latin only if every letter has a Latin twin and the prompt around it is Latin: mapping real
 * Russian words would hide them.
 */
function withoutLookalikes(token: string, isLatinPrompt: boolean): string {
  if (!cyrillicOrGreek.test(token)) return token
  const mapped = mapCharacters(token, lookalikes)
  if (latin.test(token)) return mapped
  return isLatinPrompt && !cyrillicOrGreek.test(mapped) ? mapped : token
}

function mapCharacters(text: string, table: ReadonlyMap<string, string>): string {
  let mapped = ''
  for (const character of text) mapped += table.get(character) ?? character
  return mapped
}

/** `po-rn`, `n*de`: pieces with one sign between them are also read as one word. */
function addGluedReadings(tokens: readonly Token[], words: readonly Word[]): void {
  for (let start = 0; start < tokens.length;) {
    let end = start + 1
    while (end < tokens.length && tokens[end]?.isGlued === true) end++
    const pieces = words.slice(start, end)
    const isShort = end - start > 1 && end - start <= 4
    if (isShort) words[start]?.forms.push(pieces.map((word) => word.forms.at(-1)).join(''))
    start = end
  }
}

/** Shorter finds inside a run would be chance; a whole run may be shorter. */
const minSpelled = 4
const maxSpelled = 12
/** Letters of one run that are read; nobody spells a whole page, and the work stays small. */
const maxRun = 256

/** `n u d e s`, `h.e.n.t.a.i`: every stretch of a run of single letters is one more reading. */
function addSpelledReadings(tokens: readonly Token[], words: readonly Word[]): void {
  for (let start = 0; start < tokens.length;) {
    let end = start
    while (end < tokens.length && isLetter(words[end])) end++
    if (end - start >= 3) readRun(words.slice(start, Math.min(end, start + maxRun)))
    start = end + 1
  }
}

function isLetter(word: Word | undefined): boolean {
  const form = word?.forms.at(-1) ?? ''
  return form.length === 1 && !/\p{N}/u.test(word?.forms[0] ?? '')
}

function readRun(run: readonly Word[]): void {
  const text = run.map((word) => word.forms.at(-1)).join('')
  for (const [start, word] of run.entries()) {
    for (let length = minSpelled; length <= maxSpelled; length++) {
      if (start + length <= text.length) word.forms.push(text.slice(start, start + length))
    }
  }
  if (text.length < minSpelled) run[0]?.forms.push(text)
}
