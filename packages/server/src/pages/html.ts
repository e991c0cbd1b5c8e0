/** A piece of markup that is safe to put into a page. Only this module makes them. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template: text is escaped, markup is not, lists are joined, nothing stays nothing. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | null | undefined | false

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Tag for markup. Every value is escaped unless it is markup itself, also inside quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let text = strings[0] ?? ''
  for (const [index, value] of values.entries()) text += render(value) + (strings[index + 1] ?? '')
  return new Html(text)
}

/** Markup written in this folder itself: drawings, the stylesheet. Never for anything that comes from outside. */
export function trusted(text: string): Html {
  return new Html(text)
}

/** A sentence of the contract: words between backticks become code, everything is escaped. */
export function prose(sentence: string): Html {
  const parts = sentence.split('`')
  // An odd number of backticks would swallow the rest of the sentence; then they are shown as they are.
  if (parts.length % 2 === 0) return html`${sentence}`
  return html`${parts.map((part, index) => (index % 2 === 0 ? part : code(part)))}`
}

// A line break inside a short name is harder to read than a ragged line; a long one has to break.
const longestUnbroken = 24

function code(text: string): Html {
  return text.length > longestUnbroken
    ? html`<code>${text}</code>`
    : html`<code class="unbroken">${text}</code>`
}

/** Escapes text for markup and for quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character)
}

function render(value: HtmlValue): string {
  if (value instanceof Html) return value.text
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return value.map(render).join('')
}
