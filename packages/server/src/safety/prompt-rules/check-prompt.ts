/**
 * The first gate: word lists and rules about which words stand together. It reads a prompt as
 * words in all their likely disguises, takes out harmless phrases and negations, and lets the rules
 * add up what is left. It knows no meaning; docs/safety.md says what that implies.
 */
import {
  contextWithin,
  promptCategories,
  rules,
  termLists,
  type ListName,
  type PromptCategory,
  type Rule,
} from './rules.ts'
import { buildTermIndex, unspacedOrigin, type Hit } from './term-index.ts'
import { exempt, fillers, negators } from './terms/exempt.ts'
import { readWords, type Word } from './words.ts'

/** What one category came to. */
export interface PromptVerdict {
  category: PromptCategory
  /** 0 to 1; not a probability, but higher is worse. */
  score: number
  /** The rule that weighed most. */
  rule: string
}

export interface PromptCheck {
  /** Every category above zero, worst first. */
  verdicts: PromptVerdict[]
  /** The first verdict that reaches its threshold. */
  refused: PromptVerdict | undefined
}

/** From this score on a category is refused, unless the caller says otherwise. */
export const defaultPromptThreshold = 0.8

type Found = Hit<ListName>

const terms = buildTermIndex(termLists)
const harmless = buildTermIndex({ exempt, negator: negators })

/**
 * Judges a prompt. Pure, and linear in its length: 32 KB take some ten milliseconds. Thresholds are
 * per category; above 1 a category is never refused.
 */
export function checkPrompt(
  prompt: string,
  { thresholds = {} }: { thresholds?: Readonly<Record<string, number>> } = {},
): PromptCheck {
  const hits = findTerms(prompt)
  const verdicts = promptCategories
    .map((category) => judge(category, hits))
    .filter((verdict) => verdict !== undefined)
    .toSorted((left, right) => right.score - left.score)
  const refused = verdicts.find(
    ({ category, score }) => score >= (thresholds[category] ?? defaultPromptThreshold),
  )
  return { verdicts, refused }
}

type HitsByList = ReadonlyMap<ListName, readonly Found[]>

function findTerms(prompt: string): HitsByList {
  const read = readWords(prompt)
  const quiet = harmless.find(read)
  const masked = new Set<number>()
  for (const { list, start, end } of quiet) {
    if (list === 'exempt') for (let at = start; at < end; at++) masked.add(at)
  }
  const negated = new Set(quiet.filter(({ list }) => list === 'negator').map(({ end }) => end))
  const byList = new Map<ListName, Found[]>()
  const found = terms.find(read).toSorted((left, right) => left.start - right.start)
  for (const hit of found) {
    if (isMasked(hit, masked) || isNegated(hit, negated, read.words)) continue
    const list = byList.get(hit.list)
    if (list === undefined) byList.set(hit.list, [hit])
    else list.push(hit)
  }
  return byList
}

/** A term wholly inside a harmless phrase; one that reaches out of it stays. */
function isMasked({ start, end }: Found, masked: ReadonlySet<number>): boolean {
  for (let at = start; at < end; at++) if (!masked.has(at)) return false
  return true
}

/**
 * A term right after a negator, at most two fillers between. It passes the negation on, so that
 * `no nudity, gore or blood` negates all three; `negated` collects the places where that is so.
 */
function isNegated({ start, end }: Found, negated: Set<number>, words: readonly Word[]): boolean {
  if (start >= unspacedOrigin) return false
  let at = start
  for (let skipped = 0; skipped < 2 && !negated.has(at); skipped++) {
    if (at === 0 || !fillers.has(words[at - 1]?.forms[0] ?? '')) break
    at--
  }
  if (!negated.has(at)) return false
  negated.add(end)
  return true
}

function judge(category: PromptCategory, hits: HitsByList): PromptVerdict | undefined {
  let doubt = 1
  let heaviest: { weight: number; rule: string } | undefined
  for (const rule of rules) {
    if (rule.category !== category) continue
    const weights = weigh(rule, hits)
    for (const weight of weights) doubt *= 1 - weight
    const top = weights[0]
    if (top !== undefined && top > (heaviest?.weight ?? 0))
      heaviest = { weight: top, rule: rule.name }
  }
  if (heaviest === undefined) return undefined
  return { category, score: Math.round((1 - doubt) * 100) / 100, rule: heaviest.rule }
}

/** The weights of the rule's different terms, highest first, as many as it counts. */
function weigh(rule: Rule, hits: HitsByList): number[] {
  const softeners = collect(rule.softenedBy ?? [], hits)
  const near = rule.near === undefined ? undefined : collect(rule.near, hits)
  const byTerm = new Map<string, number>()
  for (const hit of collect(rule.any, hits)) {
    if (near !== undefined && !hasNeighbour(hit, near, rule, hits)) continue
    const isSoftened = isNear(hit, softeners, contextWithin)
    const weight = isSoftened ? rule.weight / 2 : rule.weight
    byTerm.set(hit.term, Math.max(weight, byTerm.get(hit.term) ?? 0))
  }
  return [...byTerm.values()].toSorted((left, right) => right - left).slice(0, rule.counts ?? 1)
}

/** Hits of several lists in the order of the text. */
function collect(lists: readonly ListName[], hits: HitsByList): Found[] {
  const found = lists.flatMap((list) => hits.get(list) ?? [])
  return lists.length < 2 ? found : found.toSorted((left, right) => left.start - right.start)
}

function hasNeighbour(hit: Found, near: readonly Found[], rule: Rule, hits: HitsByList): boolean {
  const within = rule.within ?? contextWithin
  if (rule.followed === true) {
    return neighbours(hit, near, within).some((other) => other.start >= hit.end)
  }
  if (rule.between === undefined) return isNear(hit, near, within)
  const links = neighbours(hit, hits.get(rule.between) ?? [], within)
  return links.some(
    (link) =>
      link.start >= hit.end &&
      neighbours(link, near, within).some((other) => other.start >= link.end),
  )
}

function isNear(hit: Found, others: readonly Found[], within: number): boolean {
  return isAcrossScripts(hit, others) || neighbours(hit, others, within).length > 0
}

/** Words and unspaced text have no common measure of distance; one prompt that mixes them is near enough. */
function isAcrossScripts(hit: Found, others: readonly Found[]): boolean {
  const edge = hit.start >= unspacedOrigin ? others[0] : others.at(-1)
  return edge !== undefined && edge.start >= unspacedOrigin !== hit.start >= unspacedOrigin
}

/** The hits within a distance. Only what can be close is looked at: a prompt full of hits stays linear. */
function neighbours(hit: Found, others: readonly Found[], within: number): Found[] {
  const reach = longestTerm + within * (hit.start >= unspacedOrigin ? charactersPerWord : 1)
  let low = 0
  let high = others.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((others[middle]?.start ?? 0) < hit.start - reach) low = middle + 1
    else high = middle
  }
  const found: Found[] = []
  for (let index = low; index < others.length && found.length < maxNeighbours; index++) {
    const other = others[index]
    if (other === undefined || other.start > hit.end + reach) break
    if (distance(hit, other) <= within) found.push(other)
  }
  return found
}

const longestTerm = 12
const charactersPerWord = 3
const maxNeighbours = 50

function distance(left: Found, right: Found): number {
  const gap = Math.max(right.start - left.end, left.start - right.end, 0)
  return left.start >= unspacedOrigin ? gap / charactersPerWord : gap
}
