/** A link that an answer gives is opened in a browser, as the README says people do. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postImage, postVideo } from '../support/api.ts'
import { chromiumPath, launchBrowser } from '../support/browser.ts'
import { useGateway } from './support/use-gateway.ts'

if (chromiumPath === undefined)
  console.warn('SKIPPED: no link was opened in a browser, because no Chromium was found.')

describe.skipIf(chromiumPath === undefined)('a link that is opened in a browser', () => {
  const gateway = useGateway()
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  /** Opens a link and gives the page with what it complained about. */
  async function open(url: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      // The browser's own wish, which no link of ours grants.
      if (!message.location().url.endsWith('/favicon.ico')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    const answer = await page.goto(url)
    expect(answer?.status()).toBe(200)
    return { page, complaints }
  }

  it('plays a film to its end', async () => {
    const wanted = { duration: 2, sound: true }
    const answer = await postVideo(gateway, wanted, { headers: { prefer: 'wait=50' } })
    const { page, complaints } = await open(answer.body.data[0].url)
    // The browser plays it by itself.
    let film = await page.evaluate(look)
    while (film?.ended === false && film.error === null) film = await page.evaluate(look)
    expect(film).toEqual({ width: 854, height: 480, time: 2, ended: true, error: null })
    expect(complaints).toEqual([])
    await page.close()
  })

  it.each(['png', 'jpeg', 'webp'])('shows a picture in %s', async (format) => {
    const answer = await postImage(gateway, { output_format: format, aspect_ratio: '16:9' })
    const [{ url, width, height }] = answer.body.data
    const { page, complaints } = await open(url)
    const shown = await page.evaluate(() => {
      const picture = document.querySelector('img')
      return [picture?.naturalWidth, picture?.naturalHeight]
    })
    expect(shown).toEqual([width, height])
    expect(complaints).toEqual([])
    await page.close()
  })

  it('runs no script, whatever a browser might take the file for', async () => {
    const { url } = (await postImage(gateway)).body.data[0]
    const page = await browser.newPage()
    // The policy of the real answer, with a page of an attacker in the place of the picture.
    const headers = Object.fromEntries((await fetch(url, { method: 'HEAD' })).headers)
    const body =
      '<title>before</title><script>document.title = "script ran"</script><img src=x onerror="document.title = \'handler ran\'">'
    await page.route(url, (route) =>
      route.fulfill({
        headers: { 'content-security-policy': headers['content-security-policy'] ?? '' },
        contentType: 'text/html',
        body,
      }),
    )
    await page.goto(url)
    expect(await page.title()).toBe('before')
    // The same page without the policy: the control.
    await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body }))
    await page.goto(url)
    expect(await page.title()).toMatch(/ran$/)
    await page.close()
  })
})

/** The player of the page; null if it shows none. Runs in the page. */
function look() {
  const video = document.querySelector('video')
  if (video === null) return null
  const { videoWidth: width, videoHeight: height, currentTime: time, ended, error } = video
  return { width, height, time, ended, error: error?.message ?? null }
}
