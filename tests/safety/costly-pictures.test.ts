/** Small files that would become large ones, or keep a decoder for long. */
import sharp, { type Sharp } from 'sharp'
import { expect, test } from 'vitest'
import { decodeImage } from '../../packages/server/src/safety/reference-images/decode-image.ts'
import { defaultReferenceImageSettings } from '../../packages/server/src/safety/reference-images/settings.ts'
import { noise } from './support/made-pictures.ts'

test.each<[string, () => Sharp]>([
  ['JPEG', () => noise(1200, 800).jpeg({ quality: 12, chromaSubsampling: '4:4:4' })],
  ['WebP', () => noise(1200, 800).webp({ quality: 5, effort: 0 })],
  ['AVIF', () => noise(1200, 800).avif({ quality: 20, effort: 0 })],
  ['WebP with alpha', () => noise(1200, 800, 4).webp({ quality: 5, alphaQuality: 5 })],
  ['AVIF with alpha', () => noise(1200, 800, 4).avif({ quality: 20, effort: 0 })],
])('noise as %s is shrunk to what is accepted', async (_type, make) => {
  const bytes = await make().toBuffer()
  const maxBytes = Math.ceil(bytes.length * 1.05)
  const source = await sharp(bytes).metadata()
  const made = await decodeImage(bytes, { ...defaultReferenceImageSettings, maxBytes })
  expect(made.bytes.length).toBeLessThanOrEqual(maxBytes)
  // Not much smaller than it has to be, and in its proportions.
  expect(made.bytes.length).toBeGreaterThan(maxBytes / 4)
  expect(made.width).toBeLessThan(source.width)
  expect(made.width / made.height).toBeCloseTo(source.width / source.height, 1)
  const { width, hasAlpha } = await sharp(made.bytes).metadata()
  expect({ width, hasAlpha }).toEqual({ width: made.width, hasAlpha: source.hasAlpha })
})

test('a PNG that would be too large becomes lossy, and keeps its size if that is enough', async () => {
  const bytes = await noise(1200, 800).blur(3).png().toBuffer()
  const lossless = await decodeImage(bytes, defaultReferenceImageSettings)
  expect(lossless).toMatchObject({ mimeType: 'image/png', width: 1200 })
  const maxBytes = lossless.bytes.length - 1
  const lossy = await decodeImage(bytes, { ...defaultReferenceImageSettings, maxBytes })
  expect(lossy).toMatchObject({ mimeType: 'image/webp', width: 1200, height: 800 })
})

test('one time limit covers all that is done to a picture', async () => {
  const bytes = await noise(2000, 2000, 4).png().toBuffer()
  const settings = { ...defaultReferenceImageSettings, decodeTimeoutMs: 1 }
  await expect(decodeImage(bytes, settings)).rejects.toThrow('takes too long to decode')
  expect(await decodeImage(bytes, defaultReferenceImageSettings)).toMatchObject({ width: 2000 })
})
