import { expect, test } from 'vitest'
import type { RouteConfig } from '../adapter.ts'
import type { Json } from '../upstream.ts'
import { capabilities, parseRoute } from './settings.ts'

function can(config: RouteConfig) {
  return capabilities('image', parseRoute(config))
}

test('a route needs a model and takes no workflow', () => {
  expect(() => parseRoute({})).toThrow(/^model: say what the upstream calls the model/u)
  expect(() => parseRoute({ model: ' ' })).toThrow(/^model: /u)
  expect(() => parseRoute({ model: 'm', workflow: 'x.json' })).toThrow(/^workflow: /u)
})

test.each(['prompt', 'model', 'n', 'size', 'stream', 'image', 'images'])(
  'what the adapter says itself is no param: %s',
  (name) => {
    expect(() => parseRoute({ model: 'm', params: { [name]: null } })).toThrow(
      new RegExp(`^params\\.${name}: `, 'u'),
    )
  },
)

test('a model of this upstream makes images only', () => {
  const route = parseRoute({ model: 'gpt-image-2' })
  expect(route.model).toBe('gpt-image-2')
  expect(capabilities('video', route)).toBeUndefined()
  expect(capabilities('image', route)).toMatchObject({
    aspectRatios: ['1:1', '16:9', '9:16', '4:3', '3:4'],
    outputFormats: ['jpeg', 'png', 'webp'],
    imageRoles: ['reference_image'],
    seed: false,
  })
})

test('a model takes a seed where the operator says in which field', () => {
  expect(can({ model: 'm', params: { seed: '{{seed}}' } })).toMatchObject({ seed: true })
})

test('a format that the operator fixed is the only one', () => {
  expect(can({ model: 'm', params: { output_format: 'webp' } })?.outputFormats).toEqual(['webp'])
  expect(can({ model: 'm', params: { output_format: null } })?.outputFormats).toEqual(['png'])
  expect(() => can({ model: 'm', params: { output_format: 'jpg' } })).toThrow(
    'params.output_format: one of jpeg, png, webp, or null where the upstream knows no such field.',
  )
})

test('sizes of its own say what a model can do', () => {
  const sizes = {
    '1K': { '1:1': '1024x1024', '3:2': '1536x1024' },
    '2K': { '3:2': '3072x2048', '1:1': '2048x2048' },
  }
  expect(can({ model: 'm', params: { sizes } })).toMatchObject({
    resolutions: ['1K', '2K'],
    aspectRatios: ['1:1', '3:2'],
  })
})

const wrong: [sizes: Json, message: string][] = [
  ['1024x1024', 'params.sizes: a table is wanted here'],
  [{}, 'params.sizes: a table is wanted here'],
  [{ '1K': {} }, 'params.sizes["1K"]: a table is wanted here'],
  [{ '1K': ['1024x1024'] }, 'params.sizes["1K"]: a table is wanted here'],
  [{ '720p': { '1:1': '720x720' } }, 'params.sizes["720p"]: a resolution is named like 1K or 2K.'],
  [
    { '1K': { square: '720x720' } },
    'params.sizes["1K"]["square"]: an aspect ratio is named like 3:2.',
  ],
  [{ '1K': { '1:1': 'auto' } }, 'params.sizes["1K"]["1:1"]: a size is written like "1536x1024".'],
  [
    { '1K': { '1:1': '64x64', '3:2': '96x64' }, '2K': { '1:1': '64x64' } },
    'params.sizes["2K"]: every resolution needs the same aspect ratios, and 3:2 is not in all of them.',
  ],
  [
    { '1K': { '1:1': '64x64' }, '2K': { '1:1': '64x64', '3:2': '96x64' } },
    'params.sizes["2K"]: every resolution needs the same aspect ratios, and 3:2 is not in all of them.',
  ],
]
test.each(wrong)('sizes that are none are refused: %j', (sizes, message) => {
  expect(() => parseRoute({ model: 'm', params: { sizes } })).toThrow(message)
})
