import { errorCatalog, errorCodes, errorPagePath, type ErrorCode } from '../contract/errors.ts'
import { codeBlock, httpAnswer } from './code-block.ts'
import { errorContent, type ErrorContent, type Verdict } from './error-content.ts'
import { clientText } from './handlers.ts'
import { html, prose, trusted, type Html } from './html.ts'
import { operationLink, renderPage } from './layout.ts'
import type { PageContext } from './page-context.ts'

/** The page that `doc_url` points to: what happened, what to do, and every cause this server can have. */
export function renderErrorPage(code: ErrorCode, context: PageContext): string {
  const content = errorContent(code, context.publicUrl)
  return renderPage(
    {
      title: `${content.code} (${content.status})`,
      description: `${content.happened} ${content.fix}`.replaceAll('`', ''),
      place: 'errors',
      content: html`<div class="split">
        <article>
          ${opening(content)} ${causes(content)} ${exchange(content)} ${client(content)}
          ${sandbox(content)} ${answeredBy(content)} ${pager(content)}
        </article>
        <aside class="side"><div>${sidebar(content)}</div></aside>
      </div>`,
    },
    context,
  )
}

function opening(content: ErrorContent): Html {
  return html`<p class="crumb"><a href="/docs/errors">Errors</a></p>
    <p class="codeline">
      <span class="status">${content.status}</span>
      <span class="bare"><code>${content.code}</code></span>
    </p>
    <h1>${content.title}</h1>
    <p class="lead">${prose(content.happened)}</p>
    <dl class="facts">
      <div class="fix">
        <dt>What to do</dt>
        <dd>${prose(content.fix)}</dd>
      </div>
      ${fact('Retry?', content.retryVerdict)} ${fact('Billed?', content.billedVerdict)}
      ${fact('Who has to act?', content.actor)}
    </dl>`
}

function fact(question: string, { answer, detail }: Verdict): Html {
  const mood = answer === 'Yes' ? 'yes' : answer === 'No' ? 'no' : 'other'
  // Not being billed is good news; the colour of a warning would say the opposite.
  const className = question === 'Billed?' && mood === 'no' ? 'yes' : mood
  return html`<div>
    <dt>${question}</dt>
    <dd><strong class="${className}">${answer}</strong>${prose(detail)}</dd>
  </div>`
}

function causes({ causes: list }: ErrorContent): Html {
  const intro =
    list.length === 1
      ? 'On this server there is one cause.'
      : 'The `message` of the answer tells which of these it was. Each is listed with its remedy.'
  return html`<section class="part" aria-labelledby="causes">
    <h2 id="causes">${list.length === 1 ? 'The cause' : `The ${list.length} causes`}</h2>
    <p class="soft">${prose(intro)}</p>
    <dl class="reasons">
      ${list.map(
        ({ reason, when, fix }) =>
          html`<div id="${reason}">
            <dt>${prose(when)}</dt>
            <dd>${prose(fix)}</dd>
            <dd class="slug">
              <a href="#${reason}"><code>${reason}</code></a>
            </dd>
          </div>`,
      )}
    </dl>
  </section>`
}

function exchange({ example }: ErrorContent): Html {
  return html`<section class="part" aria-labelledby="example">
    <h2 id="example">An example</h2>
    <p class="soft">Recorded from a running server.</p>
    ${codeBlock({ language: 'shell', code: example.request, title: 'Request' })}
    ${httpAnswer('Answer', example.head, example.body)}
  </section>`
}

function client({ className, failsLater, handler }: ErrorContent): Html {
  return html`<section class="part" aria-labelledby="typescript">
    <h2 id="typescript">In TypeScript</h2>
    <p>${prose(clientText(className, failsLater))}</p>
    ${codeBlock({ language: 'typescript', code: handler, title: 'Handling it' })}
  </section>`
}

function sandbox({ code, directive, reproduce }: ErrorContent): Html {
  const extra =
    code === 'rate_limit'
      ? 'With `[[rate_limit retry_after=3]]` you choose the wait; with `[[rate_limit times=2]]` the third request succeeds.'
      : `With \`[[${code} times=2]]\` only the first two requests fail, and the third succeeds.`
  const bound =
    'Requests are counted for a day, for the latest 1,000 prompts of a workspace with `times`.'
  return html`<section class="part" aria-labelledby="reproduce">
    <h2 id="reproduce">Bring it about on purpose</h2>
    <p>
      To test your handling, put <code>${directive}</code> into the prompt of a sandbox model, or of
      any model with a <code>sk_test_…</code> key. ${prose(`${extra} ${bound}`)}
    </p>
    ${codeBlock({ language: 'shell', code: reproduce, title: 'Test request' })}
  </section>`
}

function answeredBy({ code, answeredBy: rows }: ErrorContent): Html {
  const list =
    rows.length === 0
      ? html`<p>Every operation of the <a href="/docs">reference</a> can.</p>`
      : html`<ul class="ops">
          ${rows.map(
            ({ id, method, path, summary }) =>
              html`<li>
                <span class="method">${method}</span
                ><a class="bare" href="${operationLink(id)}"><code>${path}</code></a
                ><span class="soft small">${summary}</span>
              </li>`,
          )}
        </ul>`
  return html`<section class="part" aria-labelledby="operations">
    <h2 id="operations">
      Which operations answer <span class="bare"><code>${code}</code></span>
    </h2>
    ${list}
  </section>`
}

function pager({ previous, next }: ErrorContent): Html {
  const link = (code: ErrorCode | undefined, before: string, after: string) =>
    code === undefined
      ? html`<span></span>`
      : html`<a class="bare" href="${errorPagePath(code)}"
          >${before}<code>${code}</code>${after}</a
        >`
  return html`<nav class="pager" aria-label="Neighbouring codes">
    ${link(previous, '← ', '')}${link(next, '', ' →')}
  </nav>`
}

function sidebar({ code }: ErrorContent): Html {
  const parts = [
    ['causes', 'Causes'],
    ['example', 'An example'],
    ['typescript', 'In TypeScript'],
    ['reproduce', 'Bring it about on purpose'],
    ['operations', 'Operations'],
  ]
  return html`<nav class="onlywide" aria-label="On this page">
      <h2>On this page</h2>
      ${parts.map(([id, text]) => html`<a href="#${id}">${text}</a>`)}
    </nav>
    <nav aria-label="All codes">
      <h2>All codes</h2>
      ${errorCodes.map(
        (other) =>
          html`<a
            class="bare"
            href="${errorPagePath(other)}"
            ${other === code ? trusted(' aria-current="page"') : ''}
            >${errorCatalog[other].status} <code>${other}</code></a
          >`,
      )}
    </nav>`
}
