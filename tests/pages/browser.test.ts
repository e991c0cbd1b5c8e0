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

const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'light' } as const
const desktop = { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' } as const

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

  it.each(paths)('%s loads without a complaint, fits a phone and is legible', async (path) => {
    for (const view of [phone, desktop]) {
      const page = await browser.newPage(view)
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
      const answer = await page.goto(gateway.baseURL + path)
      expect(answer?.status()).toBe(200)
      expect(complaints).toEqual([])
      expect(await overflow(page), `${view.viewport.width} px`).toBeLessThanOrEqual(0)
      expect(await faintTexts(page), view.colorScheme).toEqual([])
      await page.close()
    }
  })

  it('the checks see a page that is too wide and too faint', async () => {
    const page = await browser.newPage(phone)
    await page.setContent('<p style="width:500px;color:#999">faint</p>')
    expect(await overflow(page)).toBeGreaterThan(0)
    expect(await faintTexts(page)).toEqual(['P faint'])
    await page.close()
  })

  it('a code block that is wider than a phone scrolls inside itself', async () => {
    const page = await browser.newPage(phone)
    await page.goto(`${gateway.baseURL}/docs/errors/rate_limit`)
    const scrolls = await page.evaluate(() =>
      [...document.querySelectorAll('pre')].some((block) => block.scrollWidth > block.clientWidth),
    )
    expect(scrolls).toBe(true)
    await page.close()
  })

  it('the shown curl command carries the address that the page was loaded from', async () => {
    const page = await browser.newPage(desktop)
    await page.goto(gateway.baseURL)
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
