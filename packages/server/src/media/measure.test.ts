import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRenderer } from '@filmgate/sandbox-renderer'
import { measure, UnusableFileError } from './measure.ts'

let folder: string
const films: { silent?: Uint8Array; sounding?: Uint8Array } = {}
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmgate-measure-'))
  const renderer = createRenderer({})
  const scene = { prompt: 'a fox', seed: 1, width: 320, height: 180, durationSeconds: 1 }
  films.silent = await renderer.video({ ...scene, sound: false, references: [] })
  films.sounding = await renderer.video({ ...scene, sound: true, references: [] })
  await renderer.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A file of this content, under a name that tells nothing. */
function fileOf(content: Uint8Array | string): string {
  const path = join(folder, 'file')
  writeFileSync(path, content)
  return path
}

// Noise does not compress, so the file is long enough to be cut anywhere.
const noise = () =>
  sharp({
    create: {
      width: 200,
      height: 120,
      channels: 3,
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
      background: 'white',
    },
  })
const formats = ['png', 'jpeg', 'webp'] as const

test.each(formats)('a %s is measured from its content', async (format) => {
  expect(await measure(fileOf(await noise().toFormat(format).toBuffer()), 'image')).toEqual({
    mimeType: `image/${format}`,
    width: 200,
    height: 120,
    durationMs: null,
    fps: null,
    hasSound: null,
  })
})

test.each(['silent', 'sounding'] as const)(
  'a %s film is measured from its content',
  async (kind) => {
    const measured = await measure(fileOf(films[kind] ?? ''), 'video')
    expect(measured).toMatchObject({
      mimeType: 'video/mp4',
      width: 320,
      height: 180,
      fps: 24,
      hasSound: kind === 'sounding',
    })
    expect(measured.durationMs).toBeGreaterThanOrEqual(1000)
    expect(measured.durationMs).toBeLessThan(1100)
  },
)

const shares = [0.01, 0.1, 0.5, 0.9, 0.99]
test.each(formats.flatMap((format) => shares.map((share) => [format, share] as const)))(
  'a %s that was cut off at %f of its length is unusable',
  async (format, share) => {
    const whole = await noise().toFormat(format).toBuffer()
    const cut = whole.subarray(0, Math.floor(whole.byteLength * share))
    await expect(measure(fileOf(cut), 'image')).rejects.toThrow(UnusableFileError)
  },
)

test.each(shares)('a film that was cut off at %f of its length is unusable', async (share) => {
  const whole = films.sounding ?? new Uint8Array()
  const cut = whole.subarray(0, Math.floor(whole.byteLength * share))
  await expect(measure(fileOf(cut), 'video')).rejects.toThrow(UnusableFileError)
})

test.each([
  ['nothing', ''],
  ['a page', '<!doctype html><title>502 Bad Gateway</title>'],
  ['an error', '{"error": "not found"}'],
  ['a picture as text', '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'],
  ['zeros', Buffer.alloc(100_000)],
])('%s is neither picture nor film', async (_what, content) => {
  await expect(measure(fileOf(content), 'image')).rejects.toThrow(UnusableFileError)
  await expect(measure(fileOf(content), 'video')).rejects.toThrow(UnusableFileError)
})

test('a film is no picture, and a picture is no film', async () => {
  await expect(measure(fileOf(films.silent ?? ''), 'image')).rejects.toThrow(/not an image: video/)
  const png = await noise().png().toBuffer()
  await expect(measure(fileOf(png), 'video')).rejects.toThrow(/not a video: image/)
})

test('measuring changes nothing', async () => {
  const png = await noise().png().toBuffer()
  const path = fileOf(png)
  await measure(path, 'image')
  expect(readFileSync(path).equals(png)).toBe(true)
})
