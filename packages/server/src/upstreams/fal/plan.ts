import type { ImageRole } from '../../contract/common.ts'
import type { GenerationInput } from '../../models/parse-input.ts'
import type { Json, UpstreamFailure, UpstreamImage, UpstreamJob } from '../upstream.ts'
import type { Choice, Endpoint, ImageField, Inputs } from './inputs.ts'
import type { FieldMap } from './job-ref.ts'
import { asSettings } from './settings.ts'

/** What is sent where, or why nothing can be. */
export type Plan =
  | {
      kind: 'ready'
      endpoint: string
      /** `urls` are the addresses of the job's images, in their order. */
      toInput(urls: readonly string[]): Record<string, Json>
      fields: FieldMap
    }
  | { kind: 'refused'; failure: UpstreamFailure }

/**
 * Finds the endpoint for a job's images and puts the job into its words. What one endpoint of a
 * model can and another cannot stands in no list of capabilities; it is refused here.
 */
export function planJob(job: UpstreamJob): Plan {
  const { endpoints, params } = asSettings(job.route.settings)
  const endpoint = endpoints.find(({ inputs }) => takes(inputs, job.images))
  if (endpoint === undefined) return refused('images', describeImages(job.images))
  const field = findUnsupported(endpoint.inputs, job.input, job.images)
  if (field !== undefined) {
    return refused(field, `${endpoint.id} does not take this value`)
  }
  return {
    kind: 'ready',
    endpoint: endpoint.id,
    toInput: (urls) => ({
      ...toChoices(endpoint.inputs, job.input),
      ...toImages(endpoint, job.images, urls),
      ...params,
      prompt: job.input.prompt,
    }),
    fields: toFields(endpoint.inputs, job.images),
  }
}

function takes({ images: known }: Inputs, images: readonly UpstreamImage[]): boolean {
  const counts = new Map<ImageRole, number>()
  for (const { role } of images) counts.set(role, (counts.get(role) ?? 0) + 1)
  const fits = [...counts].every(([role, count]) => count <= limitOf(known[role]))
  return (
    fits && rolesOf(known).every(([role, { isOptional = false }]) => isOptional || counts.has(role))
  )
}

function limitOf(field: ImageField | undefined): number {
  return field === undefined ? 0 : (field.max ?? 1)
}

function rolesOf(images: Inputs['images']): [ImageRole, ImageField][] {
  // The keys are roles by their type, which Object.entries forgets.
  return Object.entries(images) as [ImageRole, ImageField][]
}

function findUnsupported(
  inputs: Inputs,
  input: GenerationInput,
  images: readonly UpstreamImage[],
): string | undefined {
  if (!has(inputs.aspectRatios, input.aspectRatio)) return 'aspectRatio'
  if (inputs.followsImage && !mayFollow(inputs, input.aspectRatio, images)) return 'aspectRatio'
  if (!has(inputs.resolutions, input.resolution)) return 'resolution'
  if (input.duration !== null && !has(inputs.durations, input.duration)) return 'duration'
  if (input.outputFormat !== null && !has(inputs.outputFormats, input.outputFormat)) {
    return 'outputFormat'
  }
  if (input.seed !== null && inputs.seedField === undefined) return 'seed'
  if (input.sound === true && inputs.sound === 'never') return 'sound'
  return undefined
}

function has<Ours extends string | number>(
  { values }: Choice<Ours>,
  value: string | number,
): boolean {
  return values.some(([ours]) => ours === value)
}

// The first ratio is what those get who named none, so it does not tell what somebody wants.
function mayFollow(inputs: Inputs, asked: string, images: readonly UpstreamImage[]): boolean {
  if (asked === inputs.aspectRatios.values[0]?.[0]) return true
  const [across = 1, down = 1] = asked.split(':').map(Number)
  const image = images.find(({ role }) => role === 'first_frame')
  return image === undefined || Math.abs((image.width / image.height) * (down / across) - 1) < 0.02
}

function toChoices(inputs: Inputs, input: GenerationInput): Record<string, Json> {
  const size = inputs.size?.sizes[input.resolution]?.[input.aspectRatio]
  return {
    ...(inputs.followsImage ? {} : toField(inputs.aspectRatios, input.aspectRatio)),
    ...toField(inputs.resolutions, input.resolution),
    ...(inputs.size === undefined || size === undefined
      ? {}
      : { [inputs.size.field]: { width: size.width, height: size.height } }),
    ...(input.duration === null ? {} : toField(inputs.durations, input.duration)),
    ...(input.outputFormat === null ? {} : toField(inputs.outputFormats, input.outputFormat)),
    // Said either way: where there is a switch, models differ in what they do when it is left alone.
    ...(typeof inputs.sound === 'string' ? {} : { [inputs.sound.field]: input.sound === true }),
    ...(inputs.seedField === undefined || input.seed === null
      ? {}
      : { [inputs.seedField]: input.seed }),
  }
}

function toField<Ours extends string | number>(
  { field, values }: Choice<Ours>,
  value: string | number,
): Record<string, Json> {
  const pair = values.find(([ours]) => ours === value)
  return field === undefined || pair === undefined ? {} : { [field]: pair[1] }
}

function toImages(
  { inputs }: Endpoint,
  images: readonly UpstreamImage[],
  urls: readonly string[],
): Record<string, Json> {
  const input: Record<string, Json> = {}
  for (const [role, { field, max }] of rolesOf(inputs.images)) {
    const own = urls.filter((_, index) => images[index]?.role === role)
    const [first] = own
    if (first !== undefined) input[field] = max === undefined ? first : own
  }
  return input
}

function toFields(inputs: Inputs, images: readonly UpstreamImage[]): FieldMap {
  const named: [string | undefined, string][] = [
    [inputs.aspectRatios.field, 'aspectRatio'],
    [inputs.size?.field, 'aspectRatio'],
    [inputs.resolutions.field, 'resolution'],
    [inputs.durations.field, 'duration'],
    [inputs.outputFormats.field, 'outputFormat'],
    [typeof inputs.sound === 'string' ? undefined : inputs.sound.field, 'sound'],
    [inputs.seedField, 'seed'],
  ]
  const fields: Record<string, string | string[]> = { prompt: 'prompt' }
  for (const [theirs, ours] of named) if (theirs !== undefined) fields[theirs] = ours
  for (const [role, { field }] of rolesOf(inputs.images)) {
    fields[field] = images.flatMap((image, index) =>
      image.role === role ? [`images[${index}]`] : [],
    )
  }
  return fields
}

function describeImages(images: readonly UpstreamImage[]): string {
  const roles = images.map(({ role }) => role).join(', ')
  return `no endpoint of this model takes ${roles === '' ? 'a prompt without an image' : `just these images: ${roles}`}`
}

function refused(field: string, note: string): Plan {
  const failure: UpstreamFailure = { kind: 'bad_input', field, note, job: 'none', billed: 'no' }
  return { kind: 'refused', failure }
}
