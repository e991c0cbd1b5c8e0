import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import sharp from 'sharp'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postVideo } from '../support/api.ts'
import { useGateway } from './support/use-gateway.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  .concat(process.env['FILMGATE_CHROMIUM'] ?? [])
  .find((path) => existsSync(path))
if (executablePath === undefined)
  console.warn('SKIPPED: no film was played in a browser, because no Chromium was found.')

const seconds = 4
const fps = 24
const pageHtml = `<!doctype html><meta charset="utf-8"><title>film</title><video playsinline></video>`

describe.skipIf(executablePath === undefined)('a film in a browser', () => {
  const gateway = useGateway()
  let browser: Browser
  let host: Server
  let page: Page
  let url: string

  beforeAll(async () => {
    // The file's own Content-Security-Policy is about the file as a page; here another page shows it.
    host = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(pageHtml)
    })
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
    browser = await chromium.launch({
      args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
      ...(executablePath === undefined ? {} : { executablePath }),
    })
    page = await browser.newPage()
    // The host listens on a port, so its address is an object.
    await page.goto(`http://127.0.0.1:${(host.address() as AddressInfo).port}/`)
    const film = { duration: seconds, sound: true, prompt: 'a fox runs through the snow' }
    const answer = await postVideo(gateway, film, { headers: { prefer: 'wait=60' } })
    url = answer.body.data[0].url
    await page.evaluate(load, url)
  })
  afterAll(async () => {
    await browser?.close()
    host?.close()
  })

  it('has the size and the length that were asked for', async () => {
    const measured = await page.evaluate(() => {
      const video = document.querySelector('video')
      return { width: video?.videoWidth, height: video?.videoHeight, length: video?.duration }
    })
    expect(measured).toEqual({ width: 854, height: 480, length: seconds })
  })

  it('plays to its end with its sound', async () => {
    const played = await page.evaluate(play)
    expect(played.ended).toBe(true)
    expect(played.time).toBe(seconds)
    // Chromium counts what its decoders have put out.
    expect(played.audioBytes).toBeGreaterThan(1000)
    expect(played.frames).toBeGreaterThan((seconds * fps) / 2)
  })

  it('without sound has none, which shows that the check above can fail', async () => {
    const silent = await postVideo(gateway, { sound: false }, { headers: { prefer: 'wait=60' } })
    await page.evaluate(load, silent.body.data[0].url)
    const played = await page.evaluate(play)
    await page.evaluate(load, url)
    expect(played.ended).toBe(true)
    expect(played.audioBytes).toBe(0)
  })

  it('seeks, forwards and backwards, to exactly the frame of that moment', async () => {
    const frames = [60, 12, 95, 0, 47, 48]
    for (const frame of frames) {
      // The middle of a frame leaves no doubt which one it is.
      const shown = await page.evaluate(seek, (frame + 0.5) / fps)
      expect(Math.round(shown * fps)).toBe(frame)
    }
  })

  it('shows after a seek the very picture that playing shows there', async () => {
    for (const from of [0.7, 2.4]) {
      const reached = await page.evaluate(playUntil, from)
      const played = await picture()
      await page.evaluate(seek, from < 2 ? 3.5 : 0.2)
      const elsewhere = await picture()
      const shown = await page.evaluate(seek, reached + 0.5 / fps)
      expect(shown).toBeCloseTo(reached, 3)
      expect(await difference(played, await picture())).toBeLessThan(0.5)
      // Or the comparison would prove nothing.
      expect(await difference(played, elsewhere)).toBeGreaterThan(2)
    }
  })

  const picture = () => page.locator('video').screenshot()
})

/** Mean difference of two pictures, per channel from 0 to 255. */
async function difference(left: Buffer, right: Buffer): Promise<number> {
  const [a, b] = await Promise.all([left, right].map((file) => sharp(file).raw().toBuffer()))
  if (a === undefined || b?.length !== a.length) throw new Error('pictures of different sizes')
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length
}

/* What follows runs in the page. */

async function load(source: string): Promise<void> {
  const video = document.querySelector('video')
  if (video === null) throw new Error('no video element')
  // Shown some time after it can be played; whoever seeks before would take it for the frame sought.
  const firstFrame = new Promise((resolve) => video.requestVideoFrameCallback(resolve))
  video.src = source
  await new Promise((resolve, reject) => {
    video.oncanplaythrough = resolve
    video.onerror = () => reject(new Error(video.error?.message ?? 'cannot load'))
  })
  await firstFrame
}

async function play() {
  const video = document.querySelector('video')
  if (video === null) throw new Error('no video element')
  video.currentTime = 0
  const ended = new Promise((resolve) => {
    video.onended = resolve
  })
  await video.play()
  await ended
  return {
    ended: video.ended,
    time: video.currentTime,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    // Chromium's own; no other browser has it.
    audioBytes: (video as unknown as { webkitAudioDecodedByteCount: number })
      .webkitAudioDecodedByteCount,
  }
}

/** Seeks and gives the time of the frame that is then shown. */
async function seek(time: number): Promise<number> {
  const video = document.querySelector('video')
  if (video === null) throw new Error('no video element')
  const shown = new Promise<number>((resolve) => {
    video.requestVideoFrameCallback((_now, { mediaTime }) => resolve(mediaTime))
  })
  video.currentTime = time
  return shown
}

/** Plays from the start, pauses soon after `time`, and gives the time of the frame that stands. */
async function playUntil(time: number): Promise<number> {
  const video = document.querySelector('video')
  if (video === null) throw new Error('no video element')
  video.currentTime = 0
  let shown = 0
  const onFrame = (_now: number, { mediaTime }: VideoFrameCallbackMetadata) => {
    shown = mediaTime
    if (mediaTime >= time) video.pause()
    video.requestVideoFrameCallback(onFrame)
  }
  video.requestVideoFrameCallback(onFrame)
  const paused = new Promise((resolve) => {
    video.onpause = resolve
  })
  await video.play()
  await paused
  // A frame that was on its way when it paused is shown within the next two repaints.
  for (let repaints = 0; repaints < 3; repaints += 1) await new Promise(requestAnimationFrame)
  return shown
}
