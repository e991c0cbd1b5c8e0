import { expect, test } from 'vitest'
import { StartupError } from '../../storage/startup-error.ts'
import type { RouteConfig } from '../adapter.ts'
import { imageFamilies } from './image-families.ts'
import { parseRoute, toCapabilities } from './settings.ts'
import { videoFamilies } from './video-families.ts'

const families = [...imageFamilies, ...videoFamilies]

test.each(families.flatMap((family) => family.bases.map((base) => ({ base, family }))))(
  'everything that $base can be asked for has one word there',
  ({ base, family }) => {
    const [first = { id: '' }] = family.endpoints
    const route = parseRoute({ model: first.id.replace('*', base) }, family.type)
    const capabilities = toCapabilities(family.type, route)
    expect(toCapabilities(family.type === 'image' ? 'video' : 'image', route)).toBeUndefined()
    for (const list of ['aspectRatios', 'resolutions'] as const) {
      expect(capabilities?.[list].length).toBeGreaterThan(0)
    }
    if (family.type === 'image') expect(capabilities?.outputFormats.length).toBeGreaterThan(0)
    else expect(capabilities?.durations).toContain(capabilities?.defaultDuration)
    expect(family.endpoints[0]?.changes?.images).toBeUndefined()
  },
)

test('an endpoint of fal shows what it and its siblings take', () => {
  const route = parseRoute({ model: 'fal-ai/veo3.1' }, 'video')
  expect(toCapabilities('video', route)).toEqual({
    aspectRatios: ['16:9', '9:16'],
    resolutions: ['720p', '1080p', '2160p'],
    outputFormats: [],
    durations: [4, 6, 8],
    defaultDuration: 8,
    sound: true,
    imageRoles: ['reference_image', 'first_frame', 'last_frame'],
    maxImages: 3,
    maxPromptLength: 4096,
    seed: true,
  })
})

test('an endpoint that needs an image is itself alone', () => {
  const route = parseRoute({ model: 'fal-ai/veo3.1/image-to-video' }, 'video')
  expect(toCapabilities('video', route)).toMatchObject({
    imageRoles: ['first_frame'],
    maxImages: 1,
  })
})

test('an endpoint that stands in no table makes one size and one length', () => {
  const image = parseRoute({ model: 'somebody/their-model' }, 'image')
  expect(toCapabilities('image', image)).toMatchObject({
    aspectRatios: ['1:1', '4:3', '3:4', '16:9', '9:16'],
    resolutions: ['1K'],
    outputFormats: ['jpeg', 'png'],
    imageRoles: [],
    maxImages: 0,
  })
  const film = parseRoute({ model: 'somebody/their-model/image-to-video' }, 'video')
  expect(toCapabilities('video', film)).toMatchObject({
    resolutions: ['720p'],
    durations: [5],
    sound: false,
    imageRoles: ['first_frame'],
  })
})

test('what the operator fixes, clients cannot choose', () => {
  const params = {
    resolution: '1080p',
    duration: '6s',
    generate_audio: false,
    seed: 7,
    negative_prompt: 'blur',
  }
  const route = parseRoute({ model: 'fal-ai/veo3.1', params }, 'video')
  expect(toCapabilities('video', route)).toMatchObject({
    resolutions: ['1080p'],
    durations: [6],
    defaultDuration: 6,
    sound: false,
    seed: false,
  })
  const flux = { model: 'fal-ai/flux/schnell', params: { image_size: 'landscape_16_9' } }
  expect(toCapabilities('image', parseRoute(flux, 'image'))).toMatchObject({
    aspectRatios: ['16:9'],
    resolutions: ['1K'],
  })
})

test('the operator says what an endpoint takes', () => {
  const $inputs = {
    aspect_ratio: { field: 'ratio', values: { '16:9': 'wide', '9:16': 'tall' } },
    resolution: { values: ['1080p'] },
    duration: { field: 'seconds', values: { '5': 'five', '10': 'ten' } },
    sound: 'with_audio',
    seed: 'noise',
    first_frame: { field: 'start' },
    reference_image: { field: 'refs', max: 4 },
  }
  const route = parseRoute({ model: 'somebody/their-film', params: { $inputs, extra: 1 } }, 'video')
  expect(toCapabilities('video', route)).toMatchObject({
    aspectRatios: ['16:9', '9:16'],
    resolutions: ['1080p'],
    durations: [5, 10],
    defaultDuration: 5,
    sound: true,
    seed: true,
    imageRoles: ['reference_image', 'first_frame'],
    maxImages: 5,
  })
  expect(route.settings).toMatchObject({ params: { extra: 1 } })
})

const faults: [name: string, config: RouteConfig, message: RegExp][] = [
  ['no model', {}, /^`model` is missing/],
  ['an address', { model: 'https://fal.run/fal-ai/veo3.1' }, /^`model` is no endpoint of fal/],
  ['a way out', { model: 'fal-ai/../admin' }, /^`model` is no endpoint of fal/],
  ['one word', { model: 'veo3.1' }, /^`model` is no endpoint of fal/],
  ['a workflow', { model: 'a/b', workflow: 'x.json' }, /^`workflow` is not for fal/],
  [
    'a fixed prompt',
    { model: 'a/b', params: { prompt: 'x' } },
    /^`params\.prompt` cannot be fixed/,
  ],
  [
    'sync mode',
    { model: 'a/b', params: { sync_mode: true } },
    /^`params\.sync_mode` cannot be true/,
  ],
  [
    'an unknown value',
    { model: 'google/nano-banana-2.1', params: { resolution: '8K' } },
    /^`params\.resolution` is none of the values .* \("1K", "2K", "4K"\)/,
  ],
  [
    'an unknown size',
    { model: 'fal-ai/flux/schnell', params: { image_size: 'square' } },
    /^`params\.image_size` is none of the sizes/,
  ],
  ['a list', { model: 'a/b', params: { $inputs: [] } }, /^`params\.\$inputs` is an object/],
  [
    'a slip',
    { model: 'a/b', params: { $inputs: { ratio: {} } } },
    /^`params\.\$inputs\.ratio` is unknown/,
  ],
  [
    'what nobody can ask for',
    { model: 'a/b', params: { $inputs: { resolution: { values: ['huge'] } } } },
    /^`params\.\$inputs\.resolution\.values` has "huge"/,
  ],
  [
    'nothing',
    { model: 'a/b', params: { $inputs: { output_format: { field: 'f', values: [] } } } },
    /^`params\.\$inputs\.output_format\.values` names what/,
  ],
  [
    'an image without a field',
    { model: 'a/b', params: { $inputs: { first_frame: {} } } },
    /^`params\.\$inputs\.first_frame\.field` is the name/,
  ],
  [
    'a list of none',
    { model: 'a/b', params: { $inputs: { first_frame: { field: 'f', max: 0 } } } },
    /^`params\.\$inputs\.first_frame\.max` says how many/,
  ],
  ['a wish', { model: 'a/b', params: { $upload: 'yes' } }, /^`params\.\$upload` is true if/],
  [
    'a number for sound',
    { model: 'a/b', params: { $inputs: { sound: 1 } } },
    /^`params\.\$inputs\.sound`/,
  ],
  [
    'a true seed',
    { model: 'a/b', params: { $inputs: { seed: true } } },
    /^`params\.\$inputs\.seed`/,
  ],
  [
    'an empty size',
    { model: 'a/b', params: { $inputs: { size: '' } } },
    /^`params\.\$inputs\.size`/,
  ],
]

test.each(faults)('a route with %s says what to do', (_, config, message) => {
  expect(() => parseRoute(config, 'image')).toThrow(message)
  expect(() => parseRoute(config, 'image')).toThrow(StartupError)
})
