import { errorCatalog, errorPagePath } from '../contract/errors.ts'
import { answers, recordedUrl } from '../contract/generated/examples.ts'
import {
  requestHeaders,
  responseHeaders,
  type RequestHeaderName,
} from '../contract/openapi-headers.ts'
import { errorCodesOf, headersOf, tagDescriptions, tagsInUse } from '../contract/openapi.ts'
import { operationRows, type Operation, type OperationId } from '../contract/operations.ts'
import { codeBlock } from './code-block.ts'
import { curl, prettyJson } from './curl.ts'
import { html, prose, type Html, type HtmlValue } from './html.ts'
import { renderPage } from './layout.ts'
import type { PageContext } from './page-context.ts'
import { fieldsOf, fieldTable, variantsOf, type Field, type SchemaNode } from './schema-fields.ts'

type Row = Operation & { id: OperationId }
type Group = readonly [tag: Operation['tag'], rows: readonly Row[]]

/** Every operation: what it takes, what it answers, how it fails, and a request to try. */
export function renderReferencePage(context: PageContext): string {
  const groups = tagsInUse().map((tag): Group => [
    tag,
    operationRows.filter((row) => row.tag === tag),
  ])
  return renderPage(
    {
      title: 'Reference',
      description: 'Every operation of this API, with its parameters, answers and errors.',
      place: 'reference',
      content: html`<div class="split left">
        <aside class="side onlywide">
          <div><nav aria-label="Operations">${contents(groups)}</nav></div>
        </aside>
        <div>
          <h1>Reference</h1>
          <p class="lead">
            JSON in, JSON out, over HTTP. The same description for machines is at
            <a href="/openapi.json">/openapi.json</a>.
          </p>
          <details class="onlynarrow">
            <summary>All operations</summary>
            <nav class="side" aria-label="Operations">${contents(groups)}</nav>
          </details>
          ${basics(context)}
          ${groups.map(
            ([tag, rows]) =>
              html`<section class="group" aria-labelledby="${tagId(tag)}">
                <h2 id="${tagId(tag)}">${tag}</h2>
                <p>${tagDescriptions[tag]}</p>
                ${rows.map((row) => operation(row, context))}
              </section>`,
          )}
          ${headerGroup()}
        </div>
      </div>`,
    },
    context,
  )
}

function contents(groups: readonly Group[]): HtmlValue {
  return [
    html`<h2>Basics</h2>
      <a href="#keys">Keys</a><a href="#errors">Errors</a
      ><a href="#repeating">Repeating a request</a>`,
    ...groups.map(
      ([tag, rows]) =>
        html`<h2>${tag}</h2>
          ${rows.map(({ id, summary }) => html`<a href="#${id}">${summary}</a>`)}`,
    ),
    html`<h2>Headers</h2>
      <a href="#headers">Response headers</a>`,
  ]
}

function basics({ publicUrl }: PageContext): Html {
  return html`<section class="part" aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <p>
        Send your key with each request, as <code>Authorization: Bearer sk_…</code>. A
        <code>sk_test_…</code> key runs every model on the built-in sandbox at no cost. The examples
        take the key from the environment:
      </p>
      ${codeBlock({ language: 'shell', title: 'Once per terminal', code: `export FILMGATE_API_KEY=sk_test_…\ncurl ${publicUrl}/v2/models -H "Authorization: Bearer $FILMGATE_API_KEY"` })}
    </section>
    <section class="part" aria-labelledby="errors">
      <h2 id="errors">Errors</h2>
      <p>
        Every answer that is not 2xx has the same five fields and one of
        <a href="/docs/errors">eight codes</a>. Unknown body parameters are refused by name, so a
        misspelling never goes unnoticed.
      </p>
    </section>
    <section class="part" aria-labelledby="repeating">
      <h2 id="repeating">Repeating a request</h2>
      <p>
        ${prose(`\`Idempotency-Key\`: ${lowerFirst(requestHeaders['Idempotency-Key'].description)}`)}
      </p>
    </section>`
}

function operation(row: Row, context: PageContext): Html {
  const { id, method, path, summary, description } = row
  return html`<section class="op" aria-labelledby="${id}">
    <h3 id="${id}">${summary}</h3>
    <p class="route"><span class="method">${method}</span><span>${path}</span></p>
    <p class="about">${prose(description)}${access(row)}</p>
    ${request(row, context)} ${table('Path', row.params)} ${table('Query', row.query)}
    ${headerTable(row)} ${table('Body', row.body)}
    <h4>Answers</h4>
    ${example(row, context)}
    ${Object.entries(row.responses).map(([status, response]) => answer(row, status, response))}
    ${errorList(row)}
  </section>`
}

function access(row: Row): Html {
  if (row.auth === 'none') return html` Needs no key.`
  const scopes = row.scopes.map((scope) => `\`${scope}\``).join(' or ')
  return html` ${prose(`Needs a key with the scope ${scopes}.`)}`
}

function request(row: Row, { publicUrl }: PageContext): Html {
  const recorded = answers[row.id]?.request
  const fallback = {
    method: row.method,
    path: row.path,
    headers: row.auth === 'key' ? { Authorization: 'Bearer $FILMGATE_API_KEY' } : {},
  }
  const code = curl({ publicUrl, ...(recorded ?? fallback) })
  return html`<h4>Request</h4>
    ${codeBlock({ language: 'shell', code, title: row.summary })}`
}

function table(title: string, schema: SchemaNode | undefined): HtmlValue {
  return (
    schema !== undefined &&
    html`<h4>${title}</h4>
      ${fieldTable(fieldsOf(schema), true)}`
  )
}

function headerTable(row: Row): HtmlValue {
  if (row.headers === undefined) return null
  // The operations table may only name headers that have a row; its type says so.
  const names = row.headers as readonly RequestHeaderName[]
  const fields = names.map((name): Field => ({
    name,
    depth: 0,
    type: 'string',
    required: false,
    limits: `Such as \`${requestHeaders[name].example}\`.`,
    description: requestHeaders[name].description,
  }))
  return html`<h4>Headers</h4>
    ${fieldTable(fields, true)}`
}

function example(row: Row, { publicUrl }: PageContext): HtmlValue {
  const recorded = answers[row.id]?.response
  return (
    recorded !== undefined &&
    codeBlock({
      language: 'json',
      title: `Example (${recorded.status})`,
      code: prettyJson(recorded.body).replaceAll(recordedUrl, publicUrl),
    })
  )
}

function answer(
  row: Row,
  status: string,
  response: { description: string; schema?: SchemaNode; contentType?: string },
): Html {
  const shapes = response.schema === undefined ? [] : variantsOf(elementOf(response.schema))
  const headers = headersOf(row, Number(status), [])
  return html`<details class="answer">
    <summary><span class="status">${status}</span> ${prose(response.description)}</summary>
    ${response.contentType !== undefined && html`<p class="soft small">Content type <code>${response.contentType}</code>.</p>`}
    ${response.schema?.type === 'array' && html`<p class="soft small">A list; each item has these fields:</p>`}
    ${shapes.map(({ name, schema }) => {
      const fields = fieldsOf(schema)
      if (fields.length === 0) return null
      return html`${shapes.length > 1 && html`<h4>${name}</h4>`}${fieldTable(fields, false)}`
    })}
    <p class="soft small">
      ${prose(`Headers: ${headers.map((name) => `\`${name}\``).join(', ')}.`)}
    </p>
  </details>`
}

function elementOf(schema: SchemaNode): SchemaNode {
  return schema.type === 'array' ? (schema.items ?? {}) : schema
}

function errorList(row: Row): Html {
  return html`<h4>Errors</h4>
    <ul class="errlist">
      ${errorCodesOf(row).map(
        (code) =>
          html`<li>
            <a href="${errorPagePath(code)}"><span>${errorCatalog[code].status}</span>${code}</a>
          </li>`,
      )}
    </ul>`
}

function headerGroup(): Html {
  const fields = Object.entries(responseHeaders).map(([name, { description, example }]): Field => ({
    name,
    depth: 0,
    type: '',
    required: true,
    limits: `Such as \`${example}\`.`,
    description,
  }))
  return html`<section class="group" aria-labelledby="headers">
    <h2 id="headers">Response headers</h2>
    <p>Each is optional to read; none changes the meaning of the body.</p>
    <div class="op">${fieldTable(fields, false)}</div>
  </section>`
}

function tagId(tag: string): string {
  return `group-${tag.toLowerCase()}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
