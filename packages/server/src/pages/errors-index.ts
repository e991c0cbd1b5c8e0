import { errorCatalog, errorCodes, errorPagePath, type ErrorCode } from '../contract/errors.ts'
import { httpAnswer } from './code-block.ts'
import { errorContent } from './error-content.ts'
import { html, prose, type Html } from './html.ts'
import { renderPage } from './layout.ts'
import type { PageContext } from './page-context.ts'

/** All codes on one page, with the form that every error answer has. */
export function renderErrorsIndexPage(context: PageContext): string {
  const { example } = errorContent('rate_limit', context.publicUrl)
  return renderPage(
    {
      title: 'Errors',
      description: 'The eight error codes of this API: what they mean and whether to retry.',
      place: 'errors',
      content: html`<h1>Errors</h1>
        <p class="lead">
          Whatever goes wrong, the answer has the same form and one of these eight codes. Branch on
          <code>error.code</code>; show <code>error.message</code> to a person.
        </p>
        ${codeList()}
        <section class="part" aria-labelledby="form">
          <h2 id="form">The form of an error</h2>
          <p>
            The body always has exactly these five fields. <code>param</code> names the parameter at
            fault and is <code>null</code> when there is none; <code>doc_url</code> is the page of
            the code.
          </p>
          ${httpAnswer('Answer', example.head, example.body)}
        </section>
        <section class="part" aria-labelledby="retrying">
          <h2 id="retrying">Retrying safely</h2>
          <p>
            Two codes are worth sending again: <code>rate_limit</code> after the seconds in
            <code>Retry-After</code>, and <code>server_error</code> with growing pauses and a limit.
            <code>X-Should-Retry</code> says so on every error and knows the exceptions.
          </p>
          <p>
            Send an <code>Idempotency-Key</code> with each POST and keep it for the retry: then the
            same request is never generated or charged twice, even if the first answer was lost on
            its way.
          </p>
        </section>
        <section class="part" aria-labelledby="videos">
          <h2 id="videos">Videos that fail later</h2>
          <p>
            A video that fails after it was accepted is not an HTTP error. Reading it answers 200
            with <code>status: "failed"</code> and an <code>error</code> of the same five fields.
            That is final; to try again, submit a new generation.
          </p>
        </section>`,
    },
    context,
  )
}

/** The codes as a list of links, for this page and the home page. */
export function codeList(): Html {
  return html`<ul class="codes">
    ${errorCodes.map(codeRow)}
  </ul>`
}

function codeRow(code: ErrorCode): Html {
  const { status, happened, retryable } = errorCatalog[code]
  return html`<li>
    <a href="${errorPagePath(code)}"
      ><span class="num">${status}</span><span class="name">${code}</span
      ><span class="what">${prose(happened)}</span
      ><span class="advice"
        >${retryable ? html`<strong class="yes">Retry</strong> with care` : 'Do not retry'}</span
      ></a
    >
  </li>`
}
