import type { UpstreamJob } from '../upstream.ts'
import type { Json } from '../upstream.ts'
import { settingsOf } from './settings.ts'
import { toSize } from './sizes.ts'

/** A job in the upstream's words. */
export interface Order {
  fields: Readonly<Record<string, Exclude<Json, null>>>
  /** The client's field behind each field that carries its value unchanged. */
  origins: ReadonlyMap<string, string>
}

/** Undefined if the route's table has no size for it, which a model's capabilities rule out. */
export function toOrder({ route, input, images }: UpstreamJob): Order | undefined {
  const { params, seedFields, sizes } = settingsOf(route)
  const size = toSize(sizes, input)
  if (size === undefined) return undefined
  const prompt = withoutDirectives(input.prompt)
  const asked: Record<string, Json> = {
    model: route.model,
    prompt,
    n: 1,
    size,
    output_format: input.outputFormat,
  }
  for (const field of seedFields) asked[field] = input.seed
  const fields = Object.entries({ ...asked, ...params }).filter(
    (field): field is [string, Exclude<Json, null>] => field[1] !== null,
  )
  const origins = new Map(seedFields.map((field) => [field, 'seed']))
  if (prompt === input.prompt) origins.set('prompt', 'prompt')
  if (!Object.hasOwn(params, 'output_format')) origins.set('output_format', 'outputFormat')
  for (const index of images.keys()) origins.set(`image[${index}]`, `images[${index}]`)
  if (images.length > 0) origins.set('image', images.length === 1 ? 'images[0]' : 'images')
  return { fields: Object.fromEntries(fields), origins }
}

/**
 * stable-diffusion.cpp takes JSON between these tags in a prompt for settings of its own, among them
 * files of its disk. Those are the operator's to choose, so clients' tags lose what makes them tags.
 */
function withoutDirectives(prompt: string): string {
  return prompt.replaceAll(/<*(\/?sd_cpp_extra_args)>*/giu, '$1')
}
