import { fold } from './fold.ts'
import type { Prompt, Word } from './words.ts'

/**
 * Where a term of a list was found. Positions count words; in scripts without spaces they count
 * characters from `unspacedOrigin` on. `end` is one past the last.
 */
export interface Hit<Name extends string> {
  list: Name
  term: string
  start: number
  end: number
}

/** Positions from here on are characters of unspaced text; no prompt has as many words. */
export const unspacedOrigin = 1e9

/** Every term of every list, ready to be looked up. */
export interface TermIndex<Name extends string> {
  /** All hits. Time grows with the length of the prompt, not with the number of terms. */
  find(prompt: Prompt): Hit<Name>[]
}

interface Pattern<Name extends string> {
  list: Name
  term: string
  /** The words after the first, which the tree has matched already. */
  rest: readonly Part[]
}

interface Part {
  text: string
  /** A star at the end of a word: its ending does not matter. */
  isStem: boolean
}

/** A tree of characters: `exact` patterns need the word to end here, `stems` do not. */
interface Node<Name extends string> {
  next: Map<string, Node<Name>>
  exact: Pattern<Name>[]
  stems: Pattern<Name>[]
}

/** Builds the index once, at start. A term is one or more words, each with an optional star. */
export function buildTermIndex<Name extends string>(
  lists: Record<Name, readonly string[]>,
): TermIndex<Name> {
  const root = newNode<Name>()
  // Object.entries loses the key type, which is exactly Name here.
  for (const [list, terms] of Object.entries(lists) as [Name, readonly string[]][]) {
    for (const term of terms) insert(root, list, term)
  }
  return {
    find: ({ words, unspaced }) => [...findInWords(root, words), ...findUnspaced(root, unspaced)],
  }
}

function newNode<Name extends string>(): Node<Name> {
  return { next: new Map(), exact: [], stems: [] }
}

function insert<Name extends string>(root: Node<Name>, list: Name, term: string): void {
  const [first, ...rest] = term.split(' ').map(toPart)
  if (first === undefined || first.text === '') throw new Error(`empty term in ${list}`)
  let node = root
  for (const character of first.text) {
    let next = node.next.get(character)
    if (next === undefined) {
      next = newNode()
      node.next.set(character, next)
    }
    node = next
  }
  // In unspaced text a word never ends visibly, so every term there is a stem.
  const isStem = first.isStem || unspacedStart.test(first.text)
  const target = isStem ? node.stems : node.exact
  target.push({ list, term, rest })
}

const unspacedStart = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u

function toPart(text: string): Part {
  const isStem = text.endsWith('*')
  return { text: fold(isStem ? text.slice(0, -1) : text), isStem }
}

function findInWords<Name extends string>(root: Node<Name>, words: readonly Word[]): Hit<Name>[] {
  const hits: Hit<Name>[] = []
  for (const [start, { forms }] of words.entries()) {
    for (const form of forms) {
      if (unspacedStart.test(form)) continue
      walk(root, form, 0, ({ list, term, rest }) => {
        if (matchesRest(words, start, rest)) {
          hits.push({ list, term, start, end: start + rest.length + 1 })
        }
      })
    }
  }
  return hits
}

function findUnspaced<Name extends string>(root: Node<Name>, runs: readonly string[]): Hit<Name>[] {
  const hits: Hit<Name>[] = []
  let origin = unspacedOrigin
  for (const run of runs) {
    for (let index = 0; index < run.length; index++) {
      const start = origin + index
      walk(root, run, index, ({ list, term }) => {
        hits.push({ list, term, start, end: start + term.length })
      })
    }
    // A gap, so that the last character of one run and the first of the next do not touch.
    origin += run.length + 1
  }
  return hits
}

/** Reports every pattern whose first word begins at `from`. */
function walk<Name extends string>(
  root: Node<Name>,
  text: string,
  from: number,
  report: (pattern: Pattern<Name>) => void,
): void {
  let node: Node<Name> | undefined = root
  let index = from
  for (; index < text.length; index++) {
    node = node.next.get(text[index] ?? '')
    if (node === undefined) return
    for (const pattern of node.stems) report(pattern)
  }
  for (const pattern of node.exact) report(pattern)
}

function matchesRest(words: readonly Word[], start: number, rest: readonly Part[]): boolean {
  return rest.every(({ text, isStem }, offset) => {
    const forms = words[start + offset + 1]?.forms
    return forms?.some((form) => (isStem ? form.startsWith(text) : form === text)) ?? false
  })
}
