import type { GenerationType } from '../../contract/generations.ts'
import { outputFormats, type OutputFormat } from '../../contract/images.ts'
import type { Capabilities, Route } from '../../models/model.ts'
import { StartupError } from '../../storage/startup-error.ts'
import type { RouteConfig } from '../adapter.ts'
import type { Json } from '../upstream.ts'
import { parseSizes, type Sizes } from './sizes.ts'

/** What a route of this adapter is made of. */
export interface RouteSettings {
  /** Sent over whatever the adapter would send; null leaves a field out. */
  params: Readonly<Record<string, Json>>
  /** Names of the params whose value is the client's seed. */
  seedFields: readonly string[]
  /** Undefined: a size follows from its resolution and aspect ratio. */
  sizes: Sizes | undefined
}

/** Stands in `params` for the seed that the client chose. */
const seedPlace = '{{seed}}'

/** Throws StartupError. */
export function parseRoute(config: RouteConfig): Pick<Route, 'model' | 'settings'> {
  const { model, workflow, params = {} } = config
  if (workflow !== undefined) {
    throw new StartupError('workflow: this upstream runs none; name its model in `model` instead.')
  }
  if (model === undefined || model.trim() === '') {
    throw new StartupError(
      'model: say what the upstream calls the model, such as "gpt-image-2"; GET {base_url}/models lists the names.',
    )
  }
  for (const [name, reason] of Object.entries(reserved)) {
    if (Object.hasOwn(params, name)) throw new StartupError(`params.${name}: ${reason}`)
  }
  const { sizes, ...sent } = params
  checkFormat(sent['output_format'])
  const seedFields = Object.keys(sent).filter((name) => sent[name] === seedPlace)
  const fixed = Object.entries(sent).filter(([name]) => !seedFields.includes(name))
  const settings: RouteSettings = {
    params: Object.fromEntries(fixed),
    seedFields,
    sizes: sizes === undefined ? undefined : parseSizes(sizes),
  }
  return { model, settings }
}

const reserved: Readonly<Record<string, string>> = {
  prompt: 'the prompt is the client’s.',
  model: 'it has a field of its own in the route, `model`.',
  n: 'a generation is one picture; leave it out.',
  size: 'it follows from what the client asks for; where the model has sizes of its own, list them in `params.sizes`.',
  stream: 'answers are read whole; leave it out.',
  partial_images: 'answers are read whole; leave it out.',
  image: 'reference images are the client’s.',
  'image[]': 'reference images are the client’s.',
  images: 'reference images are the client’s.',
}

function checkFormat(format: Json | undefined): void {
  if (format === undefined || format === null || isFormat(format)) return
  throw new StartupError(
    `params.output_format: one of ${outputFormats.join(', ')}, or null where the upstream knows no such field.`,
  )
}

function isFormat(value: Json): value is OutputFormat {
  return outputFormats.some((format) => format === value)
}

/** What `parseRoute` made of a route. */
export function settingsOf(route: Pick<Route, 'settings'>): RouteSettings {
  // Routes of this adapter are parsed above, and nobody else writes there.
  return route.settings as RouteSettings
}

/** Images only. The most that these servers do; what a model cannot do has to be narrowed in the configuration. */
export function capabilities(
  type: GenerationType,
  route: Pick<Route, 'model' | 'settings'>,
): Capabilities | undefined {
  if (type !== 'image') return undefined
  const { sizes, seedFields, params } = settingsOf(route)
  return {
    aspectRatios: sizes?.aspectRatios ?? defaultAspectRatios,
    resolutions: sizes?.resolutions ?? ['1K', '2K', '4K'],
    outputFormats: formatsOf(params['output_format']),
    durations: [],
    defaultDuration: 0,
    sound: false,
    imageRoles: ['reference_image'],
    maxImages: 8,
    maxPromptLength: 4096,
    seed: seedFields.length > 0,
  }
}

// Those whose sides are multiples of 16 in every resolution, as these models want them.
const defaultAspectRatios = ['1:1', '16:9', '9:16', '4:3', '3:4']

function formatsOf(fixed: Json | undefined): readonly OutputFormat[] {
  // A server that cannot be asked answers PNG.
  if (fixed === null) return ['png']
  return fixed !== undefined && isFormat(fixed) ? [fixed] : outputFormats
}
