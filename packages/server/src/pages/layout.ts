import { createHash } from 'node:crypto'
import { publicPath } from '../contract/public-path.ts'
import { escapeHtml, html, trusted, type HtmlValue } from './html.ts'
import type { PageContext } from './page-context.ts'
import { stylesheet } from './styles.ts'

/** The page that a reader is on, for the mark in the navigation. */
export type Place = 'home' | 'reference' | 'models' | 'errors'

interface Page {
  /** For the tab and for search; without the name of the product. */
  title: string
  description: string
  place: Place
  content: HtmlValue
}

const mark =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="26" height="26" fill="none" aria-hidden="true" focusable="false"><rect x="2.5" y="4.5" width="27" height="23" rx="4.5" stroke="currentColor" stroke-width="3"/><rect x="11" y="10" width="10" height="12" rx="1.8" fill="currentColor"/><path d="M7 9.5v2M7 15v2M7 20.5v2M25 9.5v2M25 15v2M25 20.5v2" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/></svg>'

const favicon = `data:image/svg+xml,${encodeURIComponent(
  mark.replaceAll('currentColor', '#d9661f').replace(' aria-hidden="true" focusable="false"', ''),
)}`

// Kept in one piece: the policy below knows the stylesheet by the hash of its exact bytes.
const styleElement = trusted(`<style>${stylesheet}</style>`)

/**
 * Content-Security-Policy for every page: nothing is loaded and nothing runs; only the one
 * stylesheet, known by its hash, and the icon in the page itself are let in.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(stylesheet).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const links: readonly { place: Place | null; href: string; text: string }[] = [
  { place: 'reference', href: '/docs', text: 'Reference' },
  { place: 'models', href: '/docs/models', text: 'Models' },
  { place: 'errors', href: '/docs/errors', text: 'Errors' },
  { place: null, href: '/openapi.json', text: 'OpenAPI' },
]

/** A whole page as text, ready to be sent as text/html. */
export function renderPage(page: Page, context: PageContext): string {
  const title = page.place === 'home' ? 'Filmgate' : `${page.title} · Filmgate`
  const text = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <meta name="description" content="${page.description}" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="${favicon}" />
        ${styleElement}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <div class="wrap">
            <a
              class="brand"
              href="/"
              ${page.place === 'home' ? trusted(' aria-current="page"') : ''}
              >${trusted(mark)}Filmgate</a
            >
            <nav aria-label="Main">
              <ul>
                ${links.map(
                  ({ place, href, text }) =>
                    html`<li>
                      <a
                        href="${href}"
                        ${place === page.place ? trusted(' aria-current="true"') : ''}
                        >${text}</a
                      >
                    </li>`,
                )}
              </ul>
            </nav>
          </div>
        </header>
        <main id="content" class="wrap">${page.content}</main>
        <footer class="foot">
          <div class="wrap">
            <p>
              Filmgate ${context.version} at
              <span class="bare"><code>${context.publicUrl}</code></span>
            </p>
            <p>No scripts, no trackers; every page is made by this server.</p>
          </div>
        </footer>
      </body>
    </html> `.text
  return belowPath(text, publicPath(context.publicUrl))
}

// Links are written from the root. Text has its quotes escaped, so this finds attributes and nothing else.
function belowPath(page: string, path: string): string {
  return page.replaceAll('href="/', `href="${escapeHtml(path)}/`)
}

/** Anchor of an operation on the reference page. */
export function operationLink(id: string): string {
  return `/docs#${id}`
}
