import { expect, test } from 'vitest'
import type { CreateImageRequest } from '../contract/images.ts'
import type { CreateVideoRequest } from '../contract/videos.ts'
import { sandboxModels } from '../upstreams/sandbox/models.ts'
import { findModel, parseInput } from './parse-input.ts'

const image = findModel(sandboxModels, 'sandbox-image', 'image')
const video = findModel(sandboxModels, 'sandbox-video', 'video')
const asked = { model: 'sandbox-image', prompt: 'a fox' }

test('every default is filled in from the model', () => {
  expect(parseInput(image, asked)).toEqual({
    prompt: 'a fox',
    images: [],
    aspectRatio: '1:1',
    resolution: '1K',
    seed: null,
    outputFormat: 'jpeg',
    duration: null,
    sound: null,
  })
  expect(parseInput(video, asked)).toMatchObject({
    aspectRatio: '16:9',
    resolution: '720p',
    outputFormat: null,
    duration: 5,
    sound: false,
  })
})

test('what was asked for is kept', () => {
  const body = { ...asked, aspect_ratio: '21:9', resolution: '480p', duration: 10, sound: true }
  expect(parseInput(video, { ...body, seed: 7 })).toMatchObject({
    aspectRatio: '21:9',
    resolution: '480p',
    duration: 10,
    sound: true,
    seed: 7,
  })
})

test('a picture without a role is a reference image', () => {
  const body: CreateImageRequest = { ...asked, images: [{ url: 'https://example.com/a.png' }] }
  // Admission's type is that of both kinds; the schema of each was checked before.
  const input = parseInput(image, body as CreateImageRequest & CreateVideoRequest)
  expect(input.images).toEqual([{ url: 'https://example.com/a.png', role: 'reference_image' }])
})

const url = 'https://example.com/a.png'
const refusals: [string, typeof image, object, string, RegExp][] = [
  ['a ratio', image, { aspect_ratio: '5:4' }, 'aspect_ratio', /Supported: 1:1, 16:9/],
  ['a resolution', image, { resolution: '8K' }, 'resolution', /Supported: 1K, 2K, 4K/],
  ['a format', image, { output_format: 'gif' }, 'output_format', /Supported: /],
  ['a duration', video, { duration: 11 }, 'duration', /Supported: 1 to 10/],
  ['a blank prompt', image, { prompt: ' \n\t' }, 'prompt', /blank/],
  ['a long prompt', image, { prompt: 'x'.repeat(4097) }, 'prompt', /4096/],
  ['nine pictures', image, { images: Array(9).fill({ url }) }, 'images', /at most 8/],
  ['a role', image, { images: [{ url, role: 'first_frame' }] }, 'images[0].role', /Supported/],
  [
    'two first frames',
    video,
    { images: ['reference_image', 'first_frame', 'first_frame'].map((role) => ({ url, role })) },
    'images[2].role',
    /one first_frame/,
  ],
  ['sound', { ...video, sound: false }, { sound: true }, 'sound', /does not support sound/],
  ['a seed', { ...image, seed: false }, { seed: 1 }, 'seed', /does not support a seed/],
]
test.each(refusals)(
  '%s that the model does not take is refused by name, with what it does take',
  (_what, model, body, param, message) => {
    const parse = () => parseInput(model, { ...asked, ...body })
    expect(parse).toThrow(message)
    expect(parse).toThrow(expect.objectContaining({ code: 'invalid_parameter', param }))
  },
)

test('the length of a prompt is counted in characters, not in halves of them', () => {
  expect(parseInput(image, { ...asked, prompt: '🦊'.repeat(4096) }).prompt).toHaveLength(8192)
})

test('a model that is not served, or makes the other kind, is refused with those that do', () => {
  expect(() => findModel(sandboxModels, 'x', 'image')).toThrow(
    'The model `x` is not served here. Available image models: sandbox-image.',
  )
  expect(() => findModel(sandboxModels, 'sandbox-video', 'image')).toThrow(
    '`sandbox-video` makes videos, not images.',
  )
})

test('a long value of a stranger does not blow up the message', () => {
  const body = { ...asked, aspect_ratio: 'x'.repeat(100_000) }
  expect(() => parseInput(image, body)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{1,400}$/) }),
  )
})
