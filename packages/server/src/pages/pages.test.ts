import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { errorCatalog, errorCodes, reasonsOf } from '../contract/errors.ts'
import type { Model } from '../contract/models.ts'
import { operationRows } from '../contract/operations.ts'
import { errorContent } from './error-content.ts'
import { renderErrorPage } from './error-page.ts'
import { errorMarkdown, errorsIndexMarkdown } from './error-markdown.ts'
import { renderErrorsIndexPage } from './errors-index.ts'
import { renderHomePage } from './home.ts'
import { prose } from './html.ts'
import { contentSecurityPolicy } from './layout.ts'
import { formatDurations, formatUsd, renderModelsPage } from './models.ts'
import type { PageContext } from './page-context.ts'
import { renderReferencePage } from './reference.ts'

const image: Model = {
  id: 'paint-1',
  name: 'Paint',
  type: 'image',
  created_at: '2026-11-22T00:00:00.000Z',
  status: 'available',
  capabilities: {
    aspect_ratios: ['1:1', '16:9'],
    resolutions: ['1K', '2K'],
    output_formats: ['jpeg', 'png'],
    image_roles: ['reference_image'],
    max_images: 4,
    max_prompt_length: 4096,
    seed: true,
  },
  pricing: { currency: 'USD', billable_unit: 'image', unit_prices: { '1K': 0.02, '2K': 0.045 } },
}
const video: Model = {
  ...image,
  id: 'film-1',
  name: 'Film',
  type: 'video',
  capabilities: {
    aspect_ratios: ['16:9'],
    resolutions: ['720p'],
    durations: [1, 2, 3, 4, 5],
    default_duration: 4,
    sound: true,
    image_roles: ['first_frame', 'last_frame'],
    max_images: 2,
    max_prompt_length: 2000,
    seed: false,
  },
  pricing: { currency: 'USD', billable_unit: 'video_second', unit_prices: { '720p': 0.05 } },
}
const context: PageContext = {
  publicUrl: 'https://films.example',
  version: '1.2.3',
  models: [image, video],
}

function allPages(from: PageContext): [name: string, page: string][] {
  return [
    ['home', renderHomePage(from)],
    ['reference', renderReferencePage(from)],
    ['models', renderModelsPage(from)],
    ['errors', renderErrorsIndexPage(from)],
    ...errorCodes.map((code): [string, string] => [code, renderErrorPage(code, from)]),
  ]
}

const voidTags = new Set(['meta', 'link', 'br', 'hr', 'img', 'input'])

/** Tags that are not closed in order, or an attribute that is not quoted. */
function faultsOf(page: string): string[] {
  const body = page.replace(/<style>.*?<\/style>/s, '')
  const faults: string[] = []
  const open: string[] = []
  for (const [tag, slash, name = '', rest = ''] of body.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)([^>]*)>/g,
  )) {
    if (/=(?!")/.test(rest.replace(/"[^"]*"/g, '""'))) faults.push(`unquoted attribute: ${tag}`)
    if (slash === '/') {
      const last = open.pop()
      if (last !== name) faults.push(`</${name}> closes <${last ?? 'nothing'}>`)
    } else if (!voidTags.has(name) && !rest.endsWith('/')) open.push(name)
  }
  return [...faults, ...open.map((name) => `<${name}> is not closed`)]
}

describe('every page', () => {
  it.each(allPages(context))(
    '%s is well-formed, with one h1, one main and unique ids',
    (_, page) => {
      expect(faultsOf(page)).toEqual([])
      expect(page.match(/<h1[ >]/g)).toHaveLength(1)
      expect(page.match(/<main[ >]/g)).toHaveLength(1)
      const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1])
      expect(new Set(ids).size).toBe(ids.length)
    },
  )

  it.each(allPages(context))('%s loads nothing, runs nothing, and keeps its policy', (_, page) => {
    expect(page).not.toMatch(/<script|\son\w+=|\sstyle=|javascript:|@import|url\((?!#)/)
    expect(page).not.toMatch(/(?:src|href)="https?:/)
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(contentSecurityPolicy).toContain(`'sha256-${hash}'`)
  })

  it.each(allPages(context))('%s links only to anchors and pages that exist', (_, page) => {
    const known = ['/', '/docs', '/docs/models', '/docs/errors', '/openapi.json']
    const paths = new Set([...known, ...errorCodes.map((code) => `/docs/errors/${code}`)])
    const reference = renderReferencePage(context)
    for (const [, href = ''] of page.matchAll(/<a\b[^>]* href="([^"]*)"/g)) {
      const [path = '', anchor] = href.split('#')
      if (path !== '') expect(paths).toContain(path)
      if (anchor !== undefined) expect(path === '' ? page : reference).toContain(` id="${anchor}"`)
    }
  })

  it.each(allPages(context))(
    '%s speaks of this server, not of the one it was recorded from',
    (_, page) => {
      expect(page).not.toContain('127.0.0.1')
      expect(page).toContain('https://films.example')
    },
  )

  it('shows the hostile name of a model as text', () => {
    const hostile = `"><script>alert(1)</script><img src=x onerror='x'>`
    const models = [
      { ...image, id: hostile, name: hostile },
      { ...video, name: hostile },
    ]
    for (const [name, page] of allPages({ ...context, models, version: hostile })) {
      expect(page, name).not.toMatch(/<script|<img/)
      expect(faultsOf(page), name).toEqual([])
    }
  })

  it('is still a page when there is no model', () => {
    for (const [name, page] of allPages({ ...context, models: [] }))
      expect(faultsOf(page), name).toEqual([])
  })
})

describe('the page of a code', () => {
  it.each(errorCodes)('%s has every text of the catalog and every reason', (code) => {
    const page = renderErrorPage(code, context)
    const { title, happened, fix } = errorCatalog[code]
    expect(page).toContain(title)
    for (const text of [happened, fix]) expect(page).toContain(prose(text).text)
    for (const [reason, { when, fix: remedy }] of reasonsOf(code)) {
      expect(page).toContain(` id="${reason}"`)
      for (const text of [when, remedy]) expect(page).toContain(prose(text).text)
    }
  })

  it.each(errorCodes)(
    '%s has a recorded answer of that code, a handler and a directive',
    (code) => {
      const content = errorContent(code, context.publicUrl)
      expect(content.example.head).toContain(`HTTP/1.1 ${errorCatalog[code].status} `)
      expect(content.example.body).toContain(`"code": "${code}"`)
      expect(content.example.body).toContain(`https://films.example/docs/errors/${code}`)
      expect(content.handler).toContain(content.className)
      expect(content.reproduce).toContain(`[[${code}]]`)
      expect(content.answeredBy.length > 0).toBe(code !== 'server_error')
    },
  )

  it.each(errorCodes)('%s answers in one word whether to retry and who pays', (code) => {
    const { retryVerdict, billedVerdict, retryable } = errorContent(code, context.publicUrl)
    expect(retryVerdict.answer).toBe(retryable ? 'Yes' : 'No')
    expect(billedVerdict.answer).toBe('No')
    expect(retryVerdict.detail).not.toBe('')
    expect(billedVerdict.detail).not.toBe('')
  })

  it('no text of the catalog is empty, and none stands twice', () => {
    const texts = errorCodes.flatMap((code) => {
      const { title, happened, fix, retry, billed } = errorCatalog[code]
      const reasons = reasonsOf(code).flatMap(([, reason]) => [reason.when, reason.fix])
      return [title, happened, fix, retry, billed, ...reasons]
    })
    for (const text of texts) expect(text.trim().length).toBeGreaterThan(5)
    expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([])
  })

  it('no handler throws away what may have been paid for', () => {
    for (const code of errorCodes) {
      expect(errorContent(code, context.publicUrl).handler).not.toMatch(/delete|forget|remove/i)
    }
  })

  it('no two pages of handlers or examples are the same', () => {
    const contents = errorCodes.map((code) => errorContent(code, context.publicUrl))
    expect(new Set(contents.map(({ handler }) => handler)).size).toBe(errorCodes.length)
    expect(new Set(contents.map(({ example }) => example.body)).size).toBe(errorCodes.length)
  })

  it.each(errorCodes)('%s says the same in Markdown', (code) => {
    const markdown = errorMarkdown(code, context.publicUrl)
    for (const [reason, { when, fix }] of reasonsOf(code))
      for (const text of [`\`${reason}\``, when, fix]) expect(markdown).toContain(text)
    // A bar inside a cell would break the table.
    for (const line of markdown.split('\n').filter((text) => text.startsWith('| ')))
      expect([4, 5]).toContain(line.split('|').length)
    expect(errorsIndexMarkdown()).toContain(`(${code}.md)`)
  })
})

describe('the reference', () => {
  it.each(operationRows.map((row) => [row.id, row] as const))('%s is on it', (id, row) => {
    const page = renderReferencePage(context)
    expect(page).toContain(` id="${id}"`)
    expect(page).toContain(prose(row.description).text)
    for (const name of Object.keys({ ...row.body?.properties, ...row.query?.properties }))
      expect(page).toContain(`<code>${name}</code>`)
  })
})

describe('the models page', () => {
  it('shows what each model accepts and costs', () => {
    const page = renderModelsPage(context)
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
    for (const text of ['paint-1', '16:9', '2K', '$0.045 per image', 'png', 'reference_image'])
      expect(page).toContain(text)
    for (const text of ['film-1', '1 to 5 s; 4 s when omitted', '$0.05 per second', 'last_frame'])
      expect(page).toContain(text)
  })

  it('writes durations and prices as a person would', () => {
    expect(formatDurations([5, 10])).toBe('5, 10 s')
    expect(formatDurations([3, 1, 2])).toBe('1 to 3 s')
    expect(formatUsd(1)).toBe('$1.00')
    expect(formatUsd(0.000125)).toBe('$0.000125')
  })
})
