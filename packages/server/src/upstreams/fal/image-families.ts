import { toPixels } from '../../models/pixels.ts'
import {
  fixed,
  same,
  worded,
  type Family,
  type ImageField,
  type Inputs,
  type Sizes,
} from './inputs.ts'

const ratios7 = ['1:1', '3:2', '2:3', '4:3', '3:4', '16:9', '9:16']
const ratios10 = [...ratios7, '4:5', '5:4', '21:9']
// In these, a longer side of 1024 or 2048 leaves the shorter one a multiple of 64, which no model rounds.
const evenRatios = ['1:1', '4:3', '3:4', '16:9', '9:16']

/** Neither shape nor seed can be chosen. */
const plainInputs: Inputs = {
  aspectRatios: fixed(...evenRatios),
  followsImage: false,
  resolutions: fixed('1K'),
  durations: fixed(),
  defaultDuration: 0,
  outputFormats: same('output_format', ['jpeg', 'png']),
  sound: 'never',
  images: {},
}

/** What is assumed of an endpoint that makes images and stands in no table. */
export const imageInputs: Inputs = {
  ...plainInputs,
  ...sized(computedSizes(['1K'])),
  seedField: 'seed',
}

/** Shape and resolution as one field of width and height. */
function sized(sizes: Sizes): Pick<Inputs, 'aspectRatios' | 'resolutions' | 'size'> {
  const ratios = Object.values(sizes).flatMap((byRatio) => Object.keys(byRatio))
  return {
    aspectRatios: fixed(...new Set(ratios)),
    resolutions: fixed(...Object.keys(sizes)),
    size: { field: 'image_size', sizes },
  }
}

/** Longer side 1024 times the number of the resolution. */
function computedSizes(
  resolutions: readonly string[],
  ratios: readonly string[] = evenRatios,
): Sizes {
  return Object.fromEntries(
    resolutions.map((resolution) => [
      resolution,
      Object.fromEntries(ratios.map((ratio) => [ratio, toPixels(resolution, ratio)])),
    ]),
  )
}

/** Sizes of models that count pixels instead of sides; each is given lying and standing. */
function listedSizes(lying: Record<string, Record<string, [number, number]>>): Sizes {
  return Object.fromEntries(
    Object.entries(lying).map(([resolution, sizes]) => [
      resolution,
      Object.fromEntries(
        Object.entries(sizes).flatMap(([ratio, [width, height]]) => [
          [ratio, { width, height }],
          [ratio.split(':').toReversed().join(':'), { width: height, height: width }],
        ]),
      ),
    ]),
  )
}

// 0.65 to 8.29 million pixels, sides in steps of 16 and up to 3840.
const gptSizes = listedSizes({
  '1K': { '1:1': [1024, 1024], '3:2': [1248, 832], '4:3': [1152, 864], '16:9': [1280, 720] },
  '2K': { '1:1': [2048, 2048], '3:2': [2496, 1664], '4:3': [2304, 1728], '16:9': [2560, 1440] },
  '4K': { '1:1': [2880, 2880], '3:2': [3504, 2336], '4:3': [3264, 2448], '16:9': [3840, 2160] },
})

// From 1024² to 2048² pixels.
const seedreamSizes = listedSizes({
  '1K': { '1:1': [1024, 1024], '3:2': [1260, 840], '4:3': [1184, 888], '16:9': [1376, 774] },
  '2K': { '1:1': [2048, 2048], '3:2': [2496, 1664], '4:3': [2360, 1770], '16:9': [2720, 1530] },
})

const allFormats = same('output_format', ['jpeg', 'png', 'webp'] as const)

/** An endpoint that edits, at the family's own address. */
function edit(images: ImageField, path = 'edit') {
  return { id: `*/${path}`, changes: { images: { reference_image: images } } }
}

/** Models that make images; the facts are those of their pages as they were read, none was run. */
export const imageFamilies: readonly Family[] = [
  {
    type: 'image',
    bases: ['fal-ai/flux/schnell', 'fal-ai/flux/dev', 'fal-ai/z-image/turbo'],
    inputs: imageInputs,
    endpoints: [{ id: '*' }],
  },
  {
    type: 'image',
    bases: ['fal-ai/flux-2-pro', 'fal-ai/flux-2-flex'],
    inputs: {
      ...imageInputs,
      ...sized(computedSizes(['1K', '2K'])),
    },
    endpoints: [{ id: '*' }, edit({ field: 'image_urls', max: 8 })],
  },
  {
    type: 'image',
    bases: ['blackforestlabs/flux-3'],
    inputs: {
      ...plainInputs,
      aspectRatios: same('aspect_ratio', [...ratios10, '2:1', '1:2']),
      resolutions: worded('resolution', ['1K', '2K', '4K'], (ours) => ours.toLowerCase()),
    },
    endpoints: [{ id: '*/text-to-image' }, edit({ field: 'image_urls', max: 8 }, 'edit-image')],
  },
  {
    type: 'image',
    bases: ['google/nano-banana-2.1', 'fal-ai/nano-banana-2', 'fal-ai/nano-banana-pro'],
    inputs: {
      ...plainInputs,
      seedField: 'seed',
      aspectRatios: same('aspect_ratio', ratios10),
      resolutions: same('resolution', ['1K', '2K', '4K']),
      outputFormats: allFormats,
    },
    endpoints: [{ id: '*' }, edit({ field: 'image_urls', max: 8 })],
  },
  {
    type: 'image',
    bases: ['openai/gpt-image-2.5/flare', 'openai/gpt-image-2.5/sunburst'],
    inputs: {
      ...plainInputs,
      ...sized(gptSizes),
      outputFormats: allFormats,
    },
    endpoints: [{ id: '*/text-to-image' }, edit({ field: 'image_urls', max: 8 })],
  },
  {
    type: 'image',
    bases: ['bytedance/seedream/v5/pro'],
    inputs: {
      ...plainInputs,
      ...sized(seedreamSizes),
    },
    endpoints: [{ id: '*/text-to-image' }, edit({ field: 'image_urls', max: 8 })],
  },
  {
    type: 'image',
    bases: ['alibaba/qwen-image-3'],
    inputs: {
      ...imageInputs,
      ...sized(computedSizes(['1K', '2K'])),
    },
    endpoints: [{ id: '*/text-to-image' }, edit({ field: 'image_urls', max: 3 })],
  },
  {
    type: 'image',
    bases: ['ideogram/v4.5'],
    inputs: { ...plainInputs, ...sized(computedSizes(['1K'])), outputFormats: fixed('png') },
    endpoints: [{ id: '*' }],
  },
  {
    type: 'image',
    bases: ['fal-ai/recraft/v4.1'],
    inputs: { ...plainInputs, ...sized(computedSizes(['1K'])), outputFormats: fixed('webp') },
    endpoints: [{ id: '*/text-to-image' }],
  },
  {
    type: 'image',
    bases: ['xai/grok-imagine-image/v2.0'],
    inputs: {
      ...plainInputs,
      aspectRatios: same('aspect_ratio', [...ratios7, '2:1', '1:2']),
      resolutions: worded('resolution', ['1K', '2K'], (ours) => ours.toLowerCase()),
    },
    endpoints: [{ id: '*/text-to-image' }, edit({ field: 'image_urls', max: 3 })],
  },
]
