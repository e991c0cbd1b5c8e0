/**
 * Prints every sentence that the server and its command line can say, once, from the source: those of
 * failures by code and reason, those that end a start or a command, and what such sentences are put
 * together from. It is for reading: does each say what, where and what next?
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

const root = fileURLToPath(new URL('../../packages/server/src/', import.meta.url))
/** Files whose words are no messages: tests, drawings, word lists, pages, descriptions of schemas. */
const others = /\.test\.ts$|^(pages|contract|sandbox\/render|safety\/prompt-rules)\//
const isSql = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|PRAGMA|BEGIN|ON)\b/

interface Sentence {
  /** `rate_limit requests_in_flight`, the name of an error class, or `parts`. */
  kind: string
  text: string
  place: string
}

/** A node of the syntax tree, as far as this tool looks. */
interface Node {
  type: string
  start: number
  end: number
  [key: string]: unknown
}

function sentencesOf(file: string): Sentence[] {
  const code = readFileSync(join(root, file), 'utf8')
  const found: Sentence[] = []
  const add = (kind: string, node: Node) => {
    const text = code.slice(node.start + 1, node.end - 1).replaceAll(/\s+/g, ' ')
    if (isSql.test(text) || !/[a-z]{2,}\W* \W*[\w$]/.test(text)) return
    const line = code.slice(0, node.start).split('\n').length
    found.push({ kind, text, place: `${file}:${line}` })
  }
  // The tree of the parser has other fields than those named above; they are looked at as unknown.
  visit(parseAst(code, { lang: 'ts' }) as unknown as Node, 'parts', add)
  return found
}

/** Hands on each piece of text, with the kind of the innermost call around it. */
function visit(node: Node, kind: string, add: (kind: string, node: Node) => void): void {
  if (/^(Import|Export(All|Named))|^TS/.test(node.type) && node['source'] != null) return
  const isText =
    node.type === 'TemplateLiteral' ||
    (node.type === 'Literal' && typeof node['value'] === 'string')
  if (isText) add(kind, node)
  const inner = kindOf(node) ?? kind
  for (const child of Object.values(node)) {
    for (const each of Array.isArray(child) ? child : [child]) {
      if (isNode(each)) visit(each, inner, add)
    }
  }
}

function kindOf({ type, callee, arguments: given }: Node): string | undefined {
  if (!isNode(callee) || !Array.isArray(given)) return undefined
  const name = toText(callee['name'])
  if (type === 'NewExpression') return name.endsWith('Error') ? name : undefined
  if (name !== 'fail') return undefined
  const words = given
    .slice(0, 2)
    .map((part: unknown) => (isNode(part) ? toText(part['value']) : ''))
  return words.map((word) => word || '…').join(' ')
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
const all = files
  .filter((name) => name.endsWith('.ts') && !others.test(name))
  .flatMap((name) => sentencesOf(name))
for (const kind of new Set(all.map((sentence) => sentence.kind).toSorted())) {
  process.stdout.write(`\n${kind}\n`)
  for (const { text, place } of all.filter((sentence) => sentence.kind === kind)) {
    process.stdout.write(`  ${text}\n      ${place}\n`)
  }
}
