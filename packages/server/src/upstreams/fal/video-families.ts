import { fixed, range, same, worded, type Family, type ImageField, type Inputs } from './inputs.ts'

const twoRatios = ['16:9', '9:16']
const ratios3 = ['16:9', '9:16', '1:1']
const ratios6 = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']
const ratios7 = ['16:9', '9:16', '1:1', '4:3', '3:4', '3:2', '2:3']

/** What is assumed of an endpoint that makes films and stands in no table. */
export const videoInputs: Inputs = {
  aspectRatios: same('aspect_ratio', twoRatios),
  followsImage: false,
  resolutions: fixed('720p'),
  durations: worded('duration', [5], String),
  defaultDuration: 5,
  outputFormats: fixed(),
  sound: 'never',
  images: {},
}

const sound = { field: 'generate_audio' } as const
const optional = (field: string): ImageField => ({ field, isOptional: true })
const text = { id: '*/text-to-video' }

function fromImage(first: string, last?: string, changes: Partial<Inputs> = {}) {
  const images = {
    first_frame: { field: first },
    ...(last === undefined ? {} : { last_frame: optional(last) }),
  }
  return { id: '*/image-to-video', changes: { images, ...changes } }
}

function fromReferences(field: string, max: number, changes: Partial<Inputs> = {}) {
  return {
    id: '*/reference-to-video',
    changes: { images: { reference_image: { field, max } }, ...changes },
  }
}

function betweenFrames(first: string, last: string) {
  return {
    id: '*/first-last-frame-to-video',
    changes: { images: { first_frame: { field: first }, last_frame: { field: last } } },
  }
}

function veo(bases: string[], resolutions: Inputs['resolutions']): Family {
  const durations = worded('duration', [4, 6, 8], (seconds) => `${seconds}s`)
  return {
    type: 'video',
    bases,
    inputs: {
      ...videoInputs,
      resolutions,
      durations,
      defaultDuration: 8,
      sound,
      seedField: 'seed',
    },
    endpoints: [
      { id: '*' },
      { id: '*/image-to-video', changes: { images: { first_frame: { field: 'image_url' } } } },
      betweenFrames('first_frame_url', 'last_frame_url'),
      fromReferences('image_urls', 3, {
        durations: { field: 'duration', values: [[8, '8s']] },
      }),
    ],
  }
}

function kling(tier: string, resolution: string): Family {
  return {
    type: 'video',
    bases: [`fal-ai/kling-video/v3/${tier}`],
    inputs: {
      ...videoInputs,
      aspectRatios: same('aspect_ratio', ratios3),
      resolutions: fixed(resolution),
      durations: worded('duration', range(3, 15), String),
      sound,
    },
    endpoints: [text, fromImage('start_image_url', 'end_image_url', { followsImage: true })],
  }
}

function seedance(bases: string[], resolutions: string[], longest: number): Family {
  return {
    type: 'video',
    bases,
    inputs: {
      ...videoInputs,
      aspectRatios: same('aspect_ratio', ratios6),
      resolutions: same('resolution', resolutions),
      durations: worded('duration', range(4, longest), String),
      sound,
      seedField: 'seed',
    },
    endpoints: [text, fromImage('image_url', 'end_image_url'), fromReferences('image_urls', 8)],
  }
}

function minimax(base: string, resolutions: string[]): Family {
  return {
    type: 'video',
    bases: [base],
    inputs: {
      ...videoInputs,
      aspectRatios: same('aspect_ratio', ratios6),
      resolutions: worded('resolution', resolutions, (ours) => ours.toUpperCase()),
      durations: same('duration', range(5, 15)),
      sound: 'always',
      seedField: 'seed',
    },
    endpoints: [text, fromImage('image_url', 'end_image_url', { followsImage: true })],
  }
}

function ltx(tier: string, resolutions: string[], durations: number[]): Family {
  return {
    type: 'video',
    bases: ['lightricks/ltx-2.5'],
    inputs: {
      ...videoInputs,
      resolutions: same('resolution', resolutions),
      durations: same('duration', durations),
      defaultDuration: 6,
      sound,
    },
    endpoints: [
      { id: `*/text-to-video/${tier}` },
      {
        id: `*/image-to-video/${tier}`,
        changes: {
          images: { first_frame: { field: 'image_url' }, last_frame: optional('end_image_url') },
        },
      },
    ],
  }
}

/** Models that make films; the facts are those of their pages as they were read, none was run. */
export const videoFamilies: readonly Family[] = [
  veo(
    ['fal-ai/veo3.1', 'fal-ai/veo3.1/fast'],
    worded('resolution', ['720p', '1080p', '2160p'], (ours) => (ours === '2160p' ? '4k' : ours)),
  ),
  veo(['fal-ai/veo3.1/lite'], same('resolution', ['720p', '1080p'])),
  kling('pro', '1080p'),
  kling('standard', '720p'),
  seedance(['bytedance/seedance-2.5'], ['720p', '480p', '1080p'], 30),
  seedance(['bytedance/seedance-2.0'], ['720p', '480p', '1080p'], 15),
  seedance(['bytedance/seedance-2.0/fast', 'bytedance/seedance-2.0/mini'], ['720p', '480p'], 15),
  {
    type: 'video',
    bases: ['alibaba/wan-3.0'],
    inputs: {
      ...videoInputs,
      aspectRatios: same('aspect_ratio', ratios6.slice(0, 5)),
      resolutions: same('resolution', ['1080p', '720p', '480p']),
      durations: same('duration', range(2, 30)),
      sound: { field: 'audio' },
      seedField: 'seed',
    },
    endpoints: [
      text,
      fromImage('start_image_url', 'end_image_url'),
      fromReferences('reference_image_urls', 8),
    ],
  },
  minimax('minimax/h3', ['768p', '480p']),
  minimax('minimax/h3-max', ['768p', '480p', '1080p']),
  ltx('pro', ['1080p', '720p'], [6, 8, 10]),
  ltx('fast', ['1080p', '720p', '1440p', '2160p'], [6, 8, 10]),
  {
    type: 'video',
    bases: ['blackforestlabs/flux-3'],
    inputs: {
      ...videoInputs,
      aspectRatios: same('aspect_ratio', [...ratios6, '2:1']),
      resolutions: same('resolution', ['720p', '1080p']),
      durations: same('duration', range(5, 20)),
      sound,
    },
    endpoints: [text, fromImage('image_url'), betweenFrames('start_image_url', 'end_image_url')],
  },
  {
    type: 'video',
    bases: ['xai/grok-imagine-video/v1.5'],
    inputs: {
      ...videoInputs,
      aspectRatios: same('aspect_ratio', ratios7),
      resolutions: same('resolution', ['720p', '480p', '1080p']),
      durations: same('duration', range(1, 15)),
      defaultDuration: 6,
      sound: 'always',
    },
    endpoints: [
      text,
      fromImage('image_url', undefined, { followsImage: true }),
      fromReferences('reference_image_urls', 7, {
        resolutions: same('resolution', ['720p', '480p']),
      }),
    ],
  },
]
