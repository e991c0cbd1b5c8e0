import { expect, test } from 'vitest'
import type { GenerationInput } from '../../models/parse-input.ts'
import type { Json, UpstreamImage, UpstreamJob } from '../upstream.ts'
import { planJob } from './plan.ts'
import { parseRoute } from './settings.ts'

const imageInput: GenerationInput = {
  prompt: 'a fox',
  images: [],
  aspectRatio: '16:9',
  resolution: '1K',
  seed: null,
  outputFormat: 'jpeg',
  duration: null,
  sound: null,
}
const videoInput: GenerationInput = {
  ...imageInput,
  resolution: '720p',
  outputFormat: null,
  duration: 8,
  sound: false,
}

function image(role: UpstreamImage['role'], width = 1600, height = 900): UpstreamImage {
  return { role, mimeType: 'image/png', width, height, bytes: 3, async *open() {} }
}

function plan(
  model: string,
  input: Partial<GenerationInput>,
  { images = [], params = {} }: { images?: UpstreamImage[]; params?: Record<string, Json> } = {},
) {
  const type = input.duration === undefined ? 'image' : 'video'
  const job: UpstreamJob = {
    id: 'att_1',
    generationId: 'gen_1',
    workspaceId: 'ws_1',
    tenant: 'ws_1',
    type,
    route: { upstream: 'fal', ...parseRoute({ model, params }, type) },
    input: { ...(type === 'image' ? imageInput : videoInput), ...input },
    images,
  }
  const planned = planJob(job)
  if (planned.kind === 'refused') return { refused: planned.failure }
  const { endpoint, fields } = planned
  return { endpoint, fields, input: planned.toInput(images.map((_, index) => `url-${index}`)) }
}

test('an image is asked for in pixels, or by ratio and resolution, as the endpoint wants it', () => {
  expect(plan('fal-ai/flux/schnell', { seed: 7, outputFormat: 'png' })).toMatchObject({
    endpoint: 'fal-ai/flux/schnell',
    input: {
      prompt: 'a fox',
      image_size: { width: 1024, height: 576 },
      output_format: 'png',
      seed: 7,
    },
  })
  const flux3 = plan('blackforestlabs/flux-3/text-to-image', { resolution: '2K' })
  expect(flux3.input).toEqual({
    prompt: 'a fox',
    aspect_ratio: '16:9',
    resolution: '2k',
    output_format: 'jpeg',
  })
})

test('the images of a request decide which endpoint gets it', () => {
  const film = { duration: 8, sound: true }
  const first = image('first_frame')
  const last = image('last_frame')
  const reference = image('reference_image')
  const veo = (images: UpstreamImage[]) => plan('fal-ai/veo3.1/fast', film, { images })
  expect(veo([])).toMatchObject({
    endpoint: 'fal-ai/veo3.1/fast',
    input: { duration: '8s', generate_audio: true, resolution: '720p', aspect_ratio: '16:9' },
  })
  expect(veo([first])).toMatchObject({
    endpoint: 'fal-ai/veo3.1/fast/image-to-video',
    input: { image_url: 'url-0' },
    fields: { image_url: ['images[0]'], duration: 'duration' },
  })
  expect(veo([last, first])).toMatchObject({
    endpoint: 'fal-ai/veo3.1/fast/first-last-frame-to-video',
    input: { last_frame_url: 'url-0', first_frame_url: 'url-1' },
  })
  expect(veo([reference, reference])).toMatchObject({
    endpoint: 'fal-ai/veo3.1/fast/reference-to-video',
    input: { image_urls: ['url-0', 'url-1'] },
  })
  expect(plan('google/nano-banana-2.1', {}, { images: [reference] })).toMatchObject({
    endpoint: 'google/nano-banana-2.1/edit',
    input: { image_urls: ['url-0'] },
  })
})

test('what no endpoint takes together is refused before anything is sent', () => {
  const refused = (field: string) => ({
    refused: { kind: 'bad_input', field, job: 'none', billed: 'no' },
  })
  const veo = 'fal-ai/veo3.1'
  const reference = image('reference_image')
  const film = { duration: 8 }
  const mixed = [reference, image('first_frame')]
  expect(plan(veo, film, { images: mixed })).toMatchObject(refused('images'))
  expect(plan(veo, film, { images: [image('last_frame')] })).toMatchObject(refused('images'))
  expect(plan(`${veo}/image-to-video`, film)).toMatchObject(refused('images'))
  expect(plan(veo, { duration: 4 }, { images: [reference] })).toMatchObject(refused('duration'))
  const grok = { duration: 5, resolution: '1080p' }
  expect(plan('xai/grok-imagine-video/v1.5', grok, { images: [reference] })).toMatchObject(
    refused('resolution'),
  )
})

test('where the film follows its first frame, another shape is refused if somebody asked for it', () => {
  const kling = (aspectRatio: string, width: number, height: number) =>
    plan(
      'fal-ai/kling-video/v3/pro',
      { duration: 5, resolution: '1080p', aspectRatio },
      { images: [image('first_frame', width, height)] },
    )
  expect(kling('9:16', 720, 1280).input).toEqual({
    prompt: 'a fox',
    start_image_url: 'url-0',
    duration: '5',
    generate_audio: false,
  })
  expect(kling('16:9', 1000, 1000).input).toBeDefined()
  expect(kling('9:16', 1000, 1000)).toMatchObject({ refused: { field: 'aspectRatio' } })
})

test("the operator's fields go over everything but the prompt", () => {
  const params = { output_format: 'png', num_images: 2, enable_safety_checker: true }
  const input = { outputFormat: 'png' as const }
  expect(plan('fal-ai/flux/schnell', input, { params }).input).toEqual({
    prompt: 'a fox',
    image_size: { width: 1024, height: 576 },
    ...params,
  })
})

test('an endpoint that the operator describes is spoken to in those words', () => {
  const $inputs = {
    aspect_ratio: { field: 'ratio', values: { '16:9': 'wide' } },
    resolution: { values: ['1080p'] },
    duration: { field: 'seconds', values: { '8': 8.5 } },
    sound: 'with_audio',
    seed: 'noise',
    last_frame: { field: 'end', optional: true },
  }
  const input = { duration: 8, resolution: '1080p', sound: true, seed: 3 }
  expect(
    plan('somebody/film', input, { params: { $inputs }, images: [image('last_frame')] }),
  ).toMatchObject({
    endpoint: 'somebody/film',
    input: { ratio: 'wide', seconds: 8.5, with_audio: true, noise: 3, end: 'url-0' },
    fields: { ratio: 'aspectRatio', seconds: 'duration', noise: 'seed', end: ['images[0]'] },
  })
  const sized = { size: 'wh', aspect_ratio: { values: ['2:1'] }, resolution: { values: ['2K'] } }
  expect(
    plan('a/b', { aspectRatio: '2:1', resolution: '2K' }, { params: { $inputs: sized } }).input,
  ).toEqual({ prompt: 'a fox', wh: { width: 2048, height: 1024 }, output_format: 'jpeg' })
})
