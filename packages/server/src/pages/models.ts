import type { Model } from '../contract/models.ts'
import { codeBlock } from './code-block.ts'
import { curl } from './curl.ts'
import { html, type Html, type HtmlValue } from './html.ts'
import { renderPage } from './layout.ts'
import type { PageContext } from './page-context.ts'

/** What each model accepts and costs. */
export function renderModelsPage(context: PageContext): string {
  const { models, publicUrl } = context
  return renderPage(
    {
      title: 'Models',
      description: 'The models of this server: ratios, resolutions, durations, roles and prices.',
      place: 'models',
      content: html`<h1>Models</h1>
        <p class="lead">
          What this server can run. Requests are checked against the same table before anything is
          spent.
        </p>
        ${models.length === 0 ? html`<p class="lead soft">No model is configured yet.</p>` : html`<div class="models">${models.map(card)}</div>`}
        <section class="part" aria-labelledby="machines">
          <h2 id="machines">For programs</h2>
          <p>
            The same figures as JSON; <code>?type=image</code> or <code>?type=video</code> narrows
            the list. To learn the price of one request without generating anything, send it with
            <code>dry_run: true</code>.
          </p>
          ${codeBlock({
            language: 'shell',
            title: 'List the models',
            code: curl({
              publicUrl,
              method: 'GET',
              path: '/v2/models',
              headers: { Authorization: 'Bearer $FILMGATE_API_KEY' },
            }),
          })}
        </section>`,
    },
    context,
  )
}

/** A price in US dollars: at least two decimals, and as many as it needs up to six. */
export function formatUsd(amount: number): string {
  const format = { minimumFractionDigits: 2, maximumFractionDigits: 6 }
  return `$${amount.toLocaleString('en-US', format)}`
}

/** Whole seconds as a person would say them: `1 to 10 s`, or `5, 10 s` where there are gaps. */
export function formatDurations(seconds: readonly number[]): string {
  const sorted = seconds.toSorted((a, b) => a - b)
  const first = sorted[0]
  const last = sorted.at(-1)
  if (first === undefined || last === undefined) return ''
  const hasNoGaps = last - first === sorted.length - 1
  return sorted.length > 2 && hasNoGaps ? `${first} to ${last} s` : `${sorted.join(', ')} s`
}

function card(model: Model): Html {
  const { capabilities, pricing } = model
  return html`<article class="model">
    <header>
      <h2>${model.name}</h2>
      <span class="soft small">${model.type === 'image' ? 'Images' : 'Videos'}</span>
    </header>
    <p class="id"><code>${model.id}</code></p>
    <dl class="spec">
      ${row('Aspect ratios', chips(capabilities.aspect_ratios))}
      ${row('Resolutions', chips(capabilities.resolutions))}
      ${row('File formats', capabilities.output_formats && chips(capabilities.output_formats))}
      ${row('Duration', capabilities.durations && durations(capabilities.durations, capabilities.default_duration))}
      ${row('Sound', capabilities.sound !== undefined && (capabilities.sound ? 'On request' : 'No'))}
      ${row('Reference images', references(model))}
      ${row('Prompt', `Up to ${capabilities.max_prompt_length.toLocaleString('en-US')} characters`)}
      ${row('Seed', capabilities.seed ? 'Same seed and request, same file' : 'Not supported')}
      ${row('Price', prices(pricing))}
    </dl>
  </article>`
}

function row(name: string, value: HtmlValue): HtmlValue {
  return (
    Boolean(value) &&
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`
  )
}

function chips(values: readonly string[]): Html {
  return html`<span class="chips"
    >${values.map(
      (value, index) =>
        html`<code${index === 0 && values.length > 1 && html` class="default"`}>${value}</code> `,
    )}</span
  >`
}

function durations(seconds: readonly number[], usual: number | undefined): string {
  return formatDurations(seconds) + (usual === undefined ? '' : `; ${usual} s when omitted`)
}

function references({ capabilities: { image_roles: roles, max_images: most } }: Model): HtmlValue {
  if (most === 0 || roles.length === 0) return 'None'
  return html`Up to ${most}:
  ${roles.map((role, index) => html`${index > 0 && ', '}<code>${role}</code>`)}`
}

function prices({ unit_prices: byResolution, billable_unit: unit }: Model['pricing']): Html {
  const unitName = unit === 'image' ? 'image' : 'second'
  return html`<table class="prices">
    <tbody>
      ${Object.entries(byResolution).map(
        ([resolution, price]) =>
          html`<tr>
            <th scope="row"><code>${resolution}</code></th>
            <td>${formatUsd(price)} per ${unitName}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}
