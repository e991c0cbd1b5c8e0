import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  .concat(process.env['FILMGATE_CHROMIUM'] ?? [])
  .find((path) => existsSync(path))

/** Whether films can be looked at here: Node itself cannot decode H.264. */
export const canPlay = executablePath !== undefined

/** The first and the last picture of a film as a player shows them, as PNG. */
export async function firstAndLastFrame(film: Buffer): Promise<[first: Buffer, last: Buffer]> {
  const browser = await chromium.launch({
    args: ['--no-sandbox'],
    ...(executablePath === undefined ? {} : { executablePath }),
  })
  try {
    const page = await browser.newPage()
    const [first, last] = await page.evaluate<string[]>(script(film.toString('base64')))
    return [toPng(first), toPng(last)]
  } finally {
    await browser.close()
  }
}

// A frame counts as shown once the player says that it presented it, so nothing is timed here.
const script = (base64: string) => `(async () => {
  const bytes = Uint8Array.from(atob('${base64}'), (char) => char.charCodeAt(0))
  const video = document.createElement('video')
  video.muted = true
  document.body.append(video)
  const loaded = new Promise((resolve, reject) => { video.onloadeddata = resolve; video.onerror = () => reject(video.error) })
  video.src = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }))
  await loaded
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight })
  const pictures = []
  for (const seconds of [0.01, video.duration - 0.01]) {
    const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve))
    const sought = new Promise((resolve) => { video.onseeked = resolve })
    video.currentTime = seconds
    await Promise.all([shown, sought])
    canvas.getContext('2d').drawImage(video, 0, 0)
    pictures.push(canvas.toDataURL('image/png'))
  }
  return pictures
})()`

function toPng(url: string | undefined): Buffer {
  return Buffer.from(url?.split(',')[1] ?? '', 'base64')
}
