import { imageRoles } from '../../contract/common.ts'
import type { GenerationType } from '../../contract/generations.ts'
import type { Capabilities, Route } from '../../models/model.ts'
import { StartupError } from '../../storage/startup-error.ts'
import type { RouteConfig } from '../adapter.ts'
import type { Json } from '../upstream.ts'
import { findEndpoints } from './families.ts'
import type { FalSettings, Inputs } from './inputs.ts'
import { findUnknown, narrow } from './narrow.ts'
import { describeInputs } from './own-inputs.ts'

/** Fields of `params` that are not sent: what an endpoint takes, and that it takes no data URIs. */
const inputsKey = '$inputs'
const uploadKey = '$upload'

/** Reads a route; throws StartupError with the field at fault. */
export function parseRoute(
  { model, params = {}, workflow }: RouteConfig,
  type: GenerationType,
): Pick<Route, 'model' | 'settings'> {
  if (workflow !== undefined) {
    throw new StartupError('`workflow` is not for fal; name the endpoint in `model`.')
  }
  if (model === undefined || model === '') {
    throw new StartupError(
      '`model` is missing; give the name of the endpoint, such as `fal-ai/flux/schnell`.',
    )
  }
  if (!/^\w[\w.-]*(?:\/\w[\w.-]*){1,6}$/u.test(model)) {
    throw new StartupError(
      '`model` is no endpoint of fal; it is written without an address, such as `fal-ai/flux/schnell`.',
    )
  }
  const { [inputsKey]: own, [uploadKey]: isUploaded = false, ...sent } = params
  if (typeof isUploaded !== 'boolean') {
    throw new StartupError('`params.$upload` is true if images are always uploaded, or left out.')
  }
  checkParams(sent)
  const known = findEndpoints(model, type)
  const endpoints =
    own === undefined
      ? known.endpoints
      : [{ id: model, inputs: describeInputs(own, inputsOf(known.endpoints, model)) }]
  const [problem] = endpoints.map(({ inputs }) => findUnknown(inputs, sent))
  if (problem !== undefined) throw new StartupError(problem)
  const settings: FalSettings = {
    type: known.type,
    // A sibling that does not take what is fixed is left out, and with it the images it is for.
    endpoints: endpoints
      .filter(({ inputs }) => findUnknown(inputs, sent) === undefined)
      .map(({ id, inputs }) => ({ id, inputs: narrow(inputs, sent) })),
    params: sent,
    isUploaded,
  }
  return { model, settings }
}

/** What a route can do: what any of its endpoints can. */
export function toCapabilities(
  type: GenerationType,
  { settings }: Pick<Route, 'settings'>,
): Capabilities | undefined {
  const { type: made, endpoints } = asSettings(settings)
  if (made !== type) return undefined
  const all = endpoints.map(({ inputs }) => inputs)
  const durations = union(all, ({ durations: choice }) => ours(choice.values))
  const wanted = all[0]?.defaultDuration ?? 0
  return {
    aspectRatios: union(all, ({ aspectRatios }) => ours(aspectRatios.values)),
    resolutions: union(all, ({ resolutions }) => ours(resolutions.values)),
    outputFormats: union(all, ({ outputFormats }) => ours(outputFormats.values)),
    durations,
    defaultDuration: durations.includes(wanted) ? wanted : (durations[0] ?? 0),
    sound: all.some(({ sound }) => sound !== 'never'),
    imageRoles: imageRoles.filter((role) => all.some(({ images }) => images[role] !== undefined)),
    maxImages: Math.min(8, Math.max(0, ...all.map(countImages))),
    maxPromptLength: 4096,
    seed: all.some(({ seedField }) => seedField !== undefined),
  }
}

/** What `parseRoute` has made. */
export function asSettings(settings: unknown): FalSettings {
  // Routes come back to the adapter that has read them.
  return settings as FalSettings
}

function inputsOf(endpoints: FalSettings['endpoints'], model: string): Inputs {
  const inputs = (endpoints.find(({ id }) => id === model) ?? endpoints[0])?.inputs
  if (inputs === undefined) throw new Error(`no inputs are known of ${model}`)
  return inputs
}

function checkParams(params: Readonly<Record<string, Json>>): void {
  if ('prompt' in params) {
    throw new StartupError('`params.prompt` cannot be fixed: the prompt is what clients ask for.')
  }
  if (params['sync_mode'] === true) {
    throw new StartupError(
      '`params.sync_mode` cannot be true: pictures would come inside the answer. Leave it out.',
    )
  }
}

function ours<Value extends string | number>(values: readonly (readonly [Value, Json])[]): Value[] {
  return values.map(([value]) => value)
}

function union<Value>(all: Inputs[], read: (inputs: Inputs) => readonly Value[]): Value[] {
  return [...new Set(all.flatMap(read))]
}

function countImages({ images }: Inputs): number {
  return Object.values(images).reduce((sum, { max = 1 }) => sum + max, 0)
}
