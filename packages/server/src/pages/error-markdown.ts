import { errorCatalog, errorCodes, type ErrorCode } from '../contract/errors.ts'
import { errorContent } from './error-content.ts'
import { clientText } from './handlers.ts'

const notice = '<!-- Generated from the error catalog by tools/generate.ts. Do not edit. -->'

/** The page of one code for readers of the repository: the same content as the HTML page. */
export function errorMarkdown(code: ErrorCode, publicUrl: string): string {
  const content = errorContent(code, publicUrl)
  const operations = content.answeredBy.map(({ method, path }) => `- \`${method} ${path}\``)
  return `${notice}

# ${content.status} \`${content.code}\`: ${content.title}

${content.happened}

| | |
|---|---|
| What to do | ${content.fix} |
| Retry? | ${content.retry} |
| Billed? | ${content.billed} |
| Who has to act? | ${content.actor.answer}. ${content.actor.detail} |

## Causes

| When | What to do | Reason |
|---|---|---|
${content.causes.map(({ when, fix, reason }) => `| ${when} | ${fix} | \`${reason}\` |`).join('\n')}

The reason stands in the server's log${content.code === 'server_error' ? '' : ' at the level `debug`'}; the answer's \`message\` says the same in words.

## An example

Recorded from a running server.

${fence('sh', content.example.request)}

${fence('http', `${content.example.head}\n\n${content.example.body}`)}

## In TypeScript

${clientText(content.className, content.failsLater)}

${fence('ts', content.handler)}

## Bring it about on purpose

Put \`${content.directive}\` into the prompt of a sandbox model, or of any model with a \`sk_test_…\` key.

${fence('sh', content.reproduce)}

## Which operations answer it

${operations.length === 0 ? 'Every operation can.' : operations.join('\n')}
`
}

/** The list of all codes, for readers of the repository. */
export function errorsIndexMarkdown(): string {
  const rows = errorCodes.map((code) => {
    const { status, happened, retryable } = errorCatalog[code]
    return `| ${status} | [\`${code}\`](${code}.md) | ${happened} | ${retryable ? 'yes, with care' : 'no'} |`
  })
  return `${notice}

# Errors

Whatever goes wrong, the answer has the same form and one of these eight codes. A running server shows these
pages at \`/docs/errors\`, and the \`doc_url\` of each error points there.

| Status | Code | What happened | Retry? |
|---|---|---|---|
${rows.join('\n')}
`
}

function fence(language: string, code: string): string {
  return `\`\`\`${language}\n${code}\n\`\`\``
}
