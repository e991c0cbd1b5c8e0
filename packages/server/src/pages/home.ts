import type { Model } from '../contract/models.ts'
import { codeBlock } from './code-block.ts'
import { curl } from './curl.ts'
import { codeList } from './errors-index.ts'
import { filmStrip } from './film-strip.ts'
import { html, type Html } from './html.ts'
import { renderPage } from './layout.ts'
import { formatUsd } from './models.ts'
import type { PageContext } from './page-context.ts'

/** The start page: what this server is, and the shortest way to a first picture. */
export function renderHomePage(context: PageContext): string {
  return renderPage(
    {
      title: 'Filmgate',
      description: 'This server makes images and videos through one HTTP API.',
      place: 'home',
      content: html`<div class="hero">
          <div>
            <h1>Images and films through one API</h1>
            <p class="lead">
              This is a Filmgate server. It takes a prompt and answers with a picture or a film,
              whichever model draws it, and it is up and running.
            </p>
          </div>
          ${firstRequest(context)}
        </div>
        ${filmStrip()}
        <section class="block" aria-labelledby="next">
          <h2 id="next">Where to go from here</h2>
          <ul class="doors">
            ${doors.map(
              ({ href, name, text }) =>
                html`<li>
                  <a href="${href}"><strong>${name}</strong><span>${text}</span></a>
                </li>`,
            )}
          </ul>
        </section>
        <section class="block" aria-labelledby="models">
          <h2 id="models">What it can run</h2>
          ${modelList(context.models)}
        </section>
        <section class="block" aria-labelledby="errors">
          <h2 id="errors">When something goes wrong</h2>
          <p>There are eight codes. Each answer links to the page of its own.</p>
          ${codeList()}
        </section>`,
    },
    context,
  )
}

const doors = [
  {
    href: '/docs',
    name: 'Reference',
    text: 'Every operation with its parameters, answers and a request to try.',
  },
  {
    href: '/docs/models',
    name: 'Models',
    text: 'Ratios, resolutions, lengths and prices of each model.',
  },
  {
    href: '/docs/errors',
    name: 'Errors',
    text: 'What each code means, what to do, and whether to retry.',
  },
  {
    href: '/openapi.json',
    name: 'OpenAPI',
    text: 'The same description for code generators and tools.',
  },
]

function firstRequest({ publicUrl, models }: PageContext): Html {
  const model = models.find(({ type }) => type === 'image')?.id ?? 'sandbox-image'
  const command = curl({
    publicUrl,
    method: 'POST',
    path: '/v2/images/generations',
    headers: {
      Authorization: 'Bearer $FILMGATE_API_KEY',
      'Content-Type': 'application/json',
    },
    body: { model, prompt: 'A fox in the snow at dawn' },
  })
  return html`<div>
    ${codeBlock({ language: 'shell', title: 'Your first picture', code: `export FILMGATE_API_KEY=sk_test_…\n\n${command}` })}
    <p class="soft small">
      The server prints a key when it starts for the first time;
      <code>npx filmgate keys create --test</code> makes another. Open the <code>url</code> of the
      answer to see the picture.
    </p>
  </div>`
}

function modelList(models: readonly Model[]): Html {
  if (models.length === 0) return html`<p>No model is configured yet.</p>`
  return html`<ul class="ops">
    ${models.map(({ id, name, type, pricing }) => {
      const lowest = Math.min(...Object.values(pricing.unit_prices))
      const price = Number.isFinite(lowest)
        ? `from ${formatUsd(lowest)} per ${pricing.billable_unit === 'image' ? 'image' : 'second'}`
        : ''
      return html`<li>
        <a class="bare" href="/docs/models"><code>${id}</code></a
        ><span>${name}</span><span class="soft small">${type}${price && `, ${price}`}</span>
      </li>`
    })}
  </ul>`
}
