import { expect, test } from 'vitest'
import { sizeWarnings, toFrame } from './frame.ts'

const exact = [
  ['image', '1024x1024', '1:1', '1K'],
  ['image', '2048x1152', '16:9', '2K'],
  ['image', '2304x4096', '9:16', '4K'],
  ['image', '1024x682', '3:2', '1K'],
  ['image', '4096x1756', '21:9', '4K'],
  ['video', '1280x720', '16:9', '720p'],
  ['video', '1080x1920', '9:16', '1080p'],
  ['video', '854x480', '16:9', '480p'],
  ['video', '3840x2160', '16:9', '2160p'],
] as const

test.each(exact)('an %s of %s is %s in %s', (type, size, aspect_ratio, resolution) => {
  const frame = toFrame(type, { size, aspectRatio: undefined })
  expect(frame).toEqual({ fields: { aspect_ratio, resolution }, warnings: [], expected: size })
  expect(toFrame(type, { size, aspectRatio: aspect_ratio })).toEqual(frame)
})

test('a size between the resolutions gives its ratio, and is compared with the result', () => {
  const frame = toFrame('image', { size: '1200x900', aspectRatio: undefined })
  expect(frame).toEqual({ fields: { aspect_ratio: '4:3' }, warnings: [], expected: '1200x900' })
  expect(sizeWarnings('image', '1200x900', { width: 1024, height: 768 })).toEqual([
    {
      type: 'compatibility',
      feature: 'size',
      details: '1200x900 was asked for, and the result is 1024x768.',
    },
  ])
  expect(sizeWarnings('image', '1200x900', { width: 1200, height: 900 })).toEqual([])
  expect(sizeWarnings('image', undefined, { width: 1200, height: 900 })).toEqual([])
})

test.each([
  [{ toString: 0 }, 1],
  ['1200', '900'],
  [null, Number.NaN],
  [undefined, 900],
])('%j by %j is no size, of which nobody is warned', (width, height) => {
  expect(sizeWarnings('image', '1200x900', { width, height })).toEqual([])
})

const lost = [
  ['700x400', undefined, {}, /700x400 is none of the ratios 1:1/],
  ['1024x1024', '16:9', { aspect_ratio: '16:9' }, /1024x1024 is not 16:9/],
  ['huge', '16:9', { aspect_ratio: '16:9' }, /huge is no size in pixels/],
  ['720p', undefined, {}, /720p is no size in pixels, .*resolution/],
] as const

test.each(lost)(
  '%s with the ratio %s is left out with a warning',
  (size, aspectRatio, fields, details) => {
    const frame = toFrame('image', { size, aspectRatio })
    expect(frame.fields).toEqual(fields)
    expect(frame.expected).toBeUndefined()
    expect(frame.warnings).toEqual([
      { type: 'unsupported', feature: 'size', details: expect.stringMatching(details) },
    ])
  },
)

test('a ratio alone goes as it is, and adaptive is left out with a warning', () => {
  const any = { size: undefined, aspectRatio: '7:4' }
  expect(toFrame('image', any)).toEqual({ fields: { aspect_ratio: '7:4' }, warnings: [] })
  expect(toFrame('video', { size: undefined, aspectRatio: undefined })).toEqual({
    fields: {},
    warnings: [],
  })
  const adaptive = toFrame('video', { size: '1280x720', aspectRatio: 'adaptive' })
  expect(adaptive.fields).toEqual({})
  expect(adaptive.warnings).toMatchObject([{ feature: 'aspectRatio' }, { feature: 'resolution' }])
})
