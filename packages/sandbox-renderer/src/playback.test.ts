import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRenderer, type VideoSpec } from './renderer.ts'

// What a player really shows: Node cannot decode H.264, so these films are played in a browser.

const chromium = '/usr/bin/chromium'
const hasBrowser = existsSync(chromium)
if (!hasBrowser)
  console.warn(`SKIPPED: ${chromium} is absent, so no film was played and no frame looked at.`)

const renderer = createRenderer({ threads: 2 })
const films = new Map<string, Uint8Array>()
let server: Server
let browser: Browser
let page: Page

beforeAll(async () => {
  if (!hasBrowser) return
  const { chromium: driver } = await import('playwright-core')
  server = createServer((request, response) => {
    const film = films.get(request.url ?? '')
    response.setHeader('content-type', film === undefined ? 'text/html' : 'video/mp4')
    response.end(film ?? '<!doctype html><title>films</title>')
  }).listen(0, '127.0.0.1')
  browser = await driver.launch({ executablePath: chromium, args: ['--no-sandbox'] })
  page = await browser.newPage()
  const { port } = server.address() as AddressInfo // listening on TCP, so never a string
  await page.goto(`http://127.0.0.1:${port}/`)
})

afterAll(async () => {
  await renderer.close()
  await browser?.close()
  server?.close()
})

const base: VideoSpec = {
  prompt: 'a fox in the snow',
  seed: 4,
  width: 640,
  height: 360,
  durationSeconds: 3,
  sound: true,
  references: [],
}

interface Shot {
  /** Colour in the middle of the picture. */
  center: number[]
  /** Share of the bottom row that the progress bar fills. */
  progress: number
}

/** Seeks to the middle of each frame and reads the picture. */
async function seek(film: Uint8Array, frames: number[]): Promise<Shot[]> {
  const url = `/${films.size}.mp4`
  films.set(url, film)
  const script = `(async () => {
    const video = document.createElement('video')
    video.muted = true
    video.src = URL.createObjectURL(await (await fetch('${url}')).blob())
    await new Promise((resolve, reject) => { video.onloadeddata = resolve; video.onerror = () => reject(video.error) })
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight)
    const brush = canvas.getContext('2d', { willReadFrequently: true })
    const shots = []
    for (const frame of ${JSON.stringify(frames)}) {
      const sought = new Promise((resolve) => { video.onseeked = resolve })
      const shown = new Promise((resolve) => { video.requestVideoFrameCallback(resolve) })
      video.currentTime = (frame + 0.5) / 24
      await sought
      await shown
      brush.drawImage(video, 0, 0)
      const row = brush.getImageData(0, canvas.height - 2, canvas.width, 1).data
      let filled = 0
      for (let x = 0; x < canvas.width; x++) if (row[x * 4] > 140) filled++
      const center = [...brush.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data].slice(0, 3)
      shots.push({ center, progress: filled / canvas.width })
    }
    return shots
  })()`
  return page.evaluate<Shot[]>(script)
}

interface Played {
  ended: boolean
  duration: number
  audioBytes: number
}

async function playToEnd(film: Uint8Array): Promise<Played> {
  const url = `/${films.size}.mp4`
  films.set(url, film)
  const script = `(async () => {
    const video = document.createElement('video')
    video.muted = true
    video.src = '${url}'
    await new Promise((resolve, reject) => { video.onended = resolve; video.onerror = () => reject(video.error); video.play() })
    return { ended: video.ended, duration: video.duration, audioBytes: video.webkitAudioDecodedByteCount }
  })()`
  return page.evaluate<Played>(script)
}

const run = test.skipIf(!hasBrowser)

run('a seek lands on exactly the frame asked for', async () => {
  const film = await renderer.video(base)
  const frames = [0, 1, 23, 24, 25, 35, 36, 37, 50, 71]
  const shots = await seek(film, frames)
  shots.forEach(({ progress }, index) => {
    expect(Math.round(progress * 72)).toBe((frames[index] ?? 0) + 1)
  })
})

run('a film plays to its end with its sound decoded, and a silent one has none', async () => {
  const loud = await playToEnd(await renderer.video({ ...base, durationSeconds: 1 }))
  expect(loud).toMatchObject({ ended: true, duration: 1 })
  expect(loud.audioBytes).toBeGreaterThan(4000)
  const silent = await playToEnd(
    await renderer.video({ ...base, durationSeconds: 1, sound: false }),
  )
  expect(silent).toMatchObject({ ended: true, duration: 1, audioBytes: 0 })
})

run('a film opens on its first frame, shows the scene, and ends on its last frame', async () => {
  const paint = (background: string) =>
    sharp({ create: { width: 400, height: 300, channels: 3, background } })
      .png()
      .toBuffer()
  const film = await renderer.video({
    ...base,
    references: [
      { bytes: await paint('#ff00ff'), role: 'first_frame' },
      { bytes: await paint('#00c853'), role: 'last_frame' },
    ],
  })
  const [first, middle, last] = await seek(film, [0, 36, 71])
  const distance = (shot: Shot | undefined, color: number[]) =>
    color.reduce((sum, value, at) => sum + Math.abs(value - (shot?.center[at] ?? 999)), 0)
  expect(distance(first, [255, 0, 255])).toBeLessThan(24)
  expect(distance(last, [0, 200, 83])).toBeLessThan(24)
  expect(distance(middle, [255, 0, 255])).toBeGreaterThan(90)
  expect(distance(middle, [0, 200, 83])).toBeGreaterThan(90)
})
