import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorCodes } from '../../packages/server/src/contract/errors.ts'
import { startGateway } from '../support/gateway.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  .concat(process.env['FILMGATE_CHROMIUM'] ?? [])
  .find((path) => existsSync(path))
if (executablePath === undefined)
  console.warn('SKIPPED: the pages were not opened in a browser, because no Chromium was found.')

const paths = ['/', '/docs', '/docs/models', '/docs/errors'].concat(
  errorCodes.map((code) => `/docs/errors/${code}`),
)

describe.skipIf(executablePath === undefined)('in a browser', () => {
  let browser: Browser
  let gateway: Awaited<ReturnType<typeof startGateway>>

  beforeAll(async () => {
    gateway = await startGateway()
    browser = await chromium.launch({
      args: ['--no-sandbox'],
      ...(executablePath === undefined ? {} : { executablePath }),
    })
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.stop()
  })

  async function open(path: string, width: number, colorScheme: 'light' | 'dark') {
    const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    const answer = await page.goto(gateway.baseURL + path)
    return { page, complaints, status: answer?.status() }
  }

  it.each(paths)('%s loads without a complaint and fits a phone', async (path) => {
    for (const width of [390, 1280]) {
      const { page, complaints, status } = await open(path, width, 'light')
      expect(status).toBe(200)
      expect(complaints).toEqual([])
      expect(await overflow(page), `${width} px`).toBeLessThanOrEqual(0)
      await page.close()
    }
  })

  it.each(paths)('%s is legible in light and dark', async (path) => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page } = await open(path, 1280, scheme)
      expect(await faintTexts(page), scheme).toEqual([])
      await page.close()
    }
  })

  it('a code block that is wider than a phone scrolls inside itself', async () => {
    const { page } = await open('/docs/errors/rate_limit', 390, 'light')
    const scrolls = await page.evaluate(() =>
      [...document.querySelectorAll('pre')].some((block) => block.scrollWidth > block.clientWidth),
    )
    expect(scrolls).toBe(true)
    await page.close()
  })

  it('the shown curl command carries the address that the page was loaded from', async () => {
    const { page } = await open('/', 1280, 'light')
    expect(await page.locator('pre').first().innerText()).toContain(`curl ${gateway.baseURL}/v2/`)
    await page.close()
  })
})

function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.body.scrollWidth - document.documentElement.clientWidth)
}

/** Texts whose contrast with what is behind them is below 4.5 (WCAG AA). */
function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
    const luminance = (color: string) => {
      const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
        const share = value / 255
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const behind = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)'
      const color = getComputedStyle(element).backgroundColor
      return channels(color)[3] === 0 ? behind(element.parentElement) : color
    }
    const faint = [...document.body.querySelectorAll('*')].filter((element) => {
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      )
      if (!hasText || element.closest('svg') !== null) return false
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(behind(element))]
      return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5
    })
    return faint.map((element) => `${element.tagName} ${element.textContent?.slice(0, 40)}`)
  })
}
