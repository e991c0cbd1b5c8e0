import { html, type Html } from './html.ts'

/** Languages that the pages show. */
export type CodeLanguage = 'shell' | 'json' | 'http' | 'typescript'

interface CodeBlock {
  language: CodeLanguage
  code: string
  /** Names the block, for the caption and for those who cannot see it. */
  title: string
}

type Rule = readonly [className: string, pattern: RegExp]

const string = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/y

const rules: Readonly<Record<CodeLanguage, readonly Rule[]>> = {
  json: [
    ['t-key', /"(?:[^"\\\n]|\\.)*"(?=\s*:)/y],
    ['t-str', /"(?:[^"\\\n]|\\.)*"/y],
    ['t-num', /-?\d+(?:\.\d+)?\b|\b(?:true|false|null)\b/y],
  ],
  shell: [
    ['t-com', /#[^\n]*/y],
    ['t-str', string],
    ['t-kw', /\b(?:curl|export|npx|npm)\b/y],
    ['t-num', /\B--?[a-zA-Z][\w-]*/y],
  ],
  http: [
    ['t-kw', /(?:HTTP\/1\.1 \d{3}[^\n]*|(?:GET|POST) [^\n]*)/y],
    ['t-key', /[A-Z][\w-]*(?=: )/y],
  ],
  typescript: [
    ['t-com', /\/\/[^\n]*/y],
    ['t-str', string],
    [
      't-kw',
      /\b(?:import|from|try|catch|if|else|throw|await|const|new|return|instanceof|async|for|of)\b/y,
    ],
    ['t-num', /\b\d[\d_]*\b/y],
    ['t-key', /\b[A-Z]\w+\b/y],
  ],
}

/** A framed piece of code with its title. It scrolls inside itself and can be reached by keyboard. */
export function codeBlock({ language, code, title }: CodeBlock): Html {
  return frame(title, 'code', highlight(code, language))
}

/** A framed HTTP answer: status line, headers, JSON body. Long lines wrap, for messages are to be read. */
export function httpAnswer(title: string, head: string, body: string): Html {
  return frame(title, 'code wraps', [
    ...highlight(head, 'http'),
    html`${'\n\n'}`,
    ...highlight(body, 'json'),
  ])
}

function frame(title: string, className: string, content: Html[]): Html {
  return html`<figure class="${className}">
    <figcaption>${title}</figcaption>
    <pre tabindex="0" role="region" aria-label="${title}"><code>${content}</code></pre>
  </figure>`
}

/** Markup with a span around each part of the code that has a meaning. */
export function highlight(code: string, language: CodeLanguage): Html[] {
  const out: Html[] = []
  let position = 0
  let plainFrom = 0
  while (position < code.length) {
    const match = matchAt(code, position, language)
    if (match === undefined) {
      position += 1
      continue
    }
    if (plainFrom < position) out.push(html`${code.slice(plainFrom, position)}`)
    out.push(html`<span class="${match.className}">${match.text}</span>`)
    position += match.text.length
    plainFrom = position
  }
  if (plainFrom < code.length) out.push(html`${code.slice(plainFrom)}`)
  return out
}

function matchAt(code: string, position: number, language: CodeLanguage) {
  // Words are only looked for where a word begins, and header names where a line begins.
  const before = code[position - 1] ?? '\n'
  if (/\w/.test(before) || (language === 'http' && before !== '\n')) return undefined
  for (const [className, pattern] of rules[language]) {
    pattern.lastIndex = position
    const text = pattern.exec(code)?.[0]
    if (text) return { className, text }
  }
  return undefined
}
