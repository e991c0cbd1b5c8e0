import { shorten } from '../contract/shorten.ts'

/** What must not be read in a note, whatever an upstream quotes. */
export interface Hidden {
  /** The operator's key, as it was sent. */
  secret?: string | undefined
  /** What the client asked for. */
  prompt?: string | undefined
}

/**
 * An upstream's own words, fit for a note: one line of at most 300 characters without keys, signed
 * addresses, folders of the server, the prompt or parts of either. Hides too much rather than too little.
 */
export function redact(text: string, { secret, prompt }: Hidden = {}): string {
  let note = cut(text)
  if (secret !== undefined) {
    for (const form of formsOf(secret)) note = hideRuns(note, form, { least: 8, mark: '[key]' })
  }
  note = toOneLine(note)
  if (prompt !== undefined) {
    note = hideRuns(note, toOneLine(prompt), { least: 16, mark: '[prompt]' })
  }
  for (const [pattern, replacement] of rows) note = note.replace(pattern, replacement)
  return shorten(note.replace(looksLikeKey, hideKey), maxNoteLength).trim()
}

const maxNoteLength = 300

/** What is looked at of a text: the note holds less, but long addresses and pictures shrink on the way. */
const maxLookedAt = 4000

// The last word is dropped with the rest: it may be half of a key, which nobody would recognise.
function cut(text: string): string {
  if (text.length <= maxLookedAt) return text
  const head = text.slice(0, maxLookedAt)
  return head.slice(0, Math.max(head.lastIndexOf(' '), 0))
}

function formsOf(secret: string): Set<string> {
  return new Set([
    secret,
    encodeURIComponent(secret.toWellFormed()),
    Buffer.from(secret).toString('base64'),
  ])
}

function toOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
}

/**
 * Replaces every part of at least `least` characters that the text shares with `hidden`, so that a
 * shortened quote does not get through. What is shorter than that as a whole is looked for as a whole.
 */
function hideRuns(
  text: string,
  hidden: string,
  { least, mark }: { least: number; mark: string },
): string {
  const window = Math.min(least, hidden.length)
  // One to three letters occur in every text.
  if (window < 4) return text
  let result = ''
  let at = 0
  while (at < text.length) {
    if (!hidden.includes(text.slice(at, at + window)) || at + window > text.length) {
      result += text.charAt(at)
      at += 1
      continue
    }
    let end = at + window
    while (end < text.length && hidden.includes(text.slice(end - window + 1, end + 1))) end += 1
    result += mark
    at = end
  }
  return result
}

/** In this order: each works on what those before it have left. */
const rows: readonly [RegExp, string][] = [
  [/data:[\w/+.-]{0,80}[;,][^\s"'<>]*/giu, '[data]'],
  // A name and password before the host, then a query or fragment after the path.
  [/\b([a-z][a-z\d+.-]{0,15}:\/\/)[^\s"'<>/?#]*@/giu, '$1'],
  [/\b([a-z][a-z\d+.-]{0,15}:\/\/[^\s"'<>?#]*)[?#][^\s"'<>]*/giu, '$1'],
  [
    /\b((?:x-)?api[_-]?key|authorization|password|secret|signature|token)(["']?\s{0,4}[:=]\s{0,4}["']?)(?:(?:bearer|basic|key|token)\s+)?[^\s"',;&]+/giu,
    '$1$2[key]',
  ],
  [/\b(bearer|basic|key|token)\s+(?=\S*\d)[\w.~+/=:*-]{8,}/giu, '$1 [key]'],
  [/\b(?:sk|pk|r8|hf|xai|key|luma|bfl|whsec)[-_](?=[\w*-]*[\d*])[\w*-]{6,}/gu, '[key]'],
  [/\beyJ[\w-]{10,}(?:\.[\w-]*){0,4}/gu, '[key]'],
  [/[A-Za-z\d+/]{64,}={0,2}/gu, '[data]'],
  // Folders of the server; the file's name is what helps.
  [/(?<![\w/.:\]])(?:\/[\w.@+~-]+)+\/(?=[\w.@+~-])/gu, '…/'],
  [/(?<!\w)(?:[A-Za-z]:|\\)\\(?:[^\s\\"'<>|]+\\)+/gu, '…\\'],
]

const looksLikeKey = /[\w-]{24,}/gu

// Names of models have digits and dashes, too, but no long part that mixes digits and letters; ids
// of requests are what an upstream's support asks for.
function hideKey(word: string): string {
  if (/^req[_-]/iu.test(word)) return word
  const parts = word.split(/[-_]/u)
  const isKey = parts.some((part) => part.length >= 16 && /\d/u.test(part) && /[a-z]/iu.test(part))
  return isKey ? '[key]' : word
}
