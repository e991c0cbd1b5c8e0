import { readFileSync } from 'node:fs'

const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')

/** The code blocks of one language in docs/operations.md, in their order, exactly as a reader copies them. */
export function snippets(language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')
  return [...text.matchAll(fence)].map(([, code]) => code ?? '')
}

/** The code with parts replaced by those of this machine; each must occur, so that none is lost silently. */
export function adapt(code: string, changes: readonly (readonly [part: string, by: string])[]) {
  let adapted = code
  for (const [part, by] of changes) {
    if (!adapted.includes(part)) throw new Error(`docs/operations.md lacks ${part}`)
    adapted = adapted.replaceAll(part, by)
  }
  return adapted
}
