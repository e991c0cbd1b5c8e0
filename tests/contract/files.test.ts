import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { postImage, postVideo, type ApiAnswer } from '../support/api.ts'
import { download } from './support/files.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway({ balanceUsd: '1000.00' })
const ratios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '21:9']
const formats = ['jpeg', 'png', 'webp']

const cross = <A, B>(left: A[], right: B[]): [A, B][] =>
  left.flatMap((a) => right.map((b): [A, B] => [a, b]))

/** Sides of a picture (`1K` names the longer) or a film (`720p` names the shorter), made even. */
function sidesOf(resolution: string, ratio: string): { width: number; height: number } {
  const [across = 1, down = 1] = ratio.split(':').map(Number)
  const named = Number.parseInt(resolution, 10)
  const scale = resolution.endsWith('K')
    ? (named * 1024) / Math.max(across, down)
    : named / Math.min(across, down)
  const even = (side: number) => Math.round((side * scale) / 2) * 2
  return { width: even(across), height: even(down) }
}

const prices: Record<string, number> = { '1K': 0.01, '2K': 0.02, '4K': 0.04 }

describe('a picture decodes to the size that the answer says and that was asked for', () => {
  async function expectPicture(format: string, ratio: string, resolution: string) {
    const answer = await postImage(gateway, {
      output_format: format,
      aspect_ratio: ratio,
      resolution,
      prompt: 'a fox in a forest',
    })
    expect(answer.status, answer.text).toBe(200)
    const [image] = answer.body.data
    const sides = sidesOf(resolution, ratio)
    expect(image).toMatchObject({ ...sides, mime_type: `image/${format}` })
    expect(answer.body.usage.total_cost).toBe(prices[resolution])
    const file = await download(image.url)
    const decoded = await sharp(file, { failOn: 'warning' })
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect(decoded.info).toMatchObject(sides)
    expect((await sharp(file).metadata()).format).toBe(format)
    // A picture, not a surface of one colour.
    const { entropy } = await sharp(file).stats()
    expect(entropy).toBeGreaterThan(2)
  }

  it.each(cross(formats, ratios))('%s %s at 1K', (format, ratio) =>
    expectPicture(format, ratio, '1K'),
  )
  it.each(ratios)('jpeg %s at 2K', (ratio) => expectPicture('jpeg', ratio, '2K'))
  it.each(ratios)('jpeg %s at 4K', (ratio) => expectPicture('jpeg', ratio, '4K'))
  it.each(cross(['png', 'webp'], ['2K', '4K']))('%s 1:1 at %s', (format, resolution) =>
    expectPicture(format, '1:1', resolution),
  )
})

describe('a film measures what the answer says and what was asked for', () => {
  async function expectFilm(film: {
    aspect_ratio: string
    resolution: string
    duration: number
    sound: boolean
  }) {
    const answer = await postVideo(gateway, film, { headers: { prefer: 'wait=60' } })
    expect(answer.body.status, answer.text).toBe('completed')
    const [video] = answer.body.data
    const sides = sidesOf(film.resolution, film.aspect_ratio)
    expect(video).toMatchObject({
      ...sides,
      duration: film.duration,
      fps: 24,
      has_sound: film.sound,
      mime_type: 'video/mp4',
    })
    expect(await measure(await download(video.url))).toEqual({
      ...sides,
      duration: film.duration,
      frames: film.duration * 24,
      pictures: 'avc',
      sound: film.sound ? 'aac' : null,
    })
  }

  it.each(ratios)('480p %s', (ratio) =>
    expectFilm({ aspect_ratio: ratio, resolution: '480p', duration: 1, sound: false }),
  )
  it.each(cross(['480p', '720p', '1080p'], [true, false]))(
    '%s for two seconds, sound: %s',
    (resolution, sound) => expectFilm({ aspect_ratio: '16:9', resolution, duration: 2, sound }),
  )
  it('480p for ten seconds, the longest', () =>
    expectFilm({ aspect_ratio: '16:9', resolution: '480p', duration: 10, sound: true }))

  it('is five seconds of 720p without sound when nothing is said', async () => {
    const answer: ApiAnswer = await postVideo(
      gateway,
      { duration: undefined, resolution: undefined },
      { headers: { prefer: 'wait=60' } },
    )
    expect(answer.body.data[0]).toMatchObject({
      width: 1280,
      height: 720,
      duration: 5,
      has_sound: false,
    })
    expect(answer.body.usage).toMatchObject({ quantity: 5, total_cost: 0.25 })
  })
})

async function measure(file: Buffer) {
  const input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS })
  try {
    const [pictures, sound] = [
      await input.getPrimaryVideoTrack(),
      await input.getPrimaryAudioTrack(),
    ]
    if (pictures === null) throw new Error('a film without pictures')
    let frames = 0
    for await (const packet of new EncodedPacketSink(pictures).packets()) {
      if (packet.byteLength > 0) frames += 1
    }
    return {
      width: pictures.displayWidth,
      height: pictures.displayHeight,
      duration: Math.round((await input.computeDuration()) * 1000) / 1000,
      frames,
      pictures: pictures.codec,
      sound: sound?.codec ?? null,
    }
  } finally {
    input.dispose()
  }
}
