/**
 * What an endpoint takes, and by which names: each of our parameters has a field there and words of
 * its own. Endpoints ignore what they do not know, so nothing is sent that is not written down here.
 */
import type { ImageRole } from '../../contract/common.ts'
import type { GenerationType } from '../../contract/generations.ts'
import type { OutputFormat } from '../../contract/images.ts'
import type { Json } from '../upstream.ts'

/** The values of one parameter, in order: ours, and what the endpoint calls it. */
export interface Choice<Ours extends string | number> {
  /** Left out where nothing is sent, because the endpoint has no choice. */
  field?: string
  values: readonly (readonly [ours: Ours, theirs: Json])[]
}

export interface Size {
  width: number
  height: number
}

/** Pixels by resolution, then by aspect ratio. */
export type Sizes = Readonly<Record<string, Readonly<Record<string, Size>>>>

/** Where images of one role go. */
export interface ImageField {
  field: string
  /** The field is a list of at most so many; a single address when left out. */
  max?: number
  /** The endpoint works without; else it is only for requests that have such an image. */
  isOptional?: boolean
}

/** What one endpoint takes besides the prompt. */
export interface Inputs {
  aspectRatios: Choice<string>
  /** The result has the shape of the image, so none is sent. */
  followsImage: boolean
  resolutions: Choice<string>
  /** One field for both of the above; these then have none. */
  size?: { field: string; sizes: Sizes }
  /** Whole seconds; videos only. */
  durations: Choice<number>
  defaultDuration: number
  /** Images only. */
  outputFormats: Choice<OutputFormat>
  /** The switch, or what the endpoint does without one. */
  sound: { field: string } | 'always' | 'never'
  seedField?: string
  images: Readonly<Partial<Record<ImageRole, ImageField>>>
}

export interface Endpoint {
  /** Such as `fal-ai/veo3.1/image-to-video`. */
  id: string
  inputs: Inputs
}

/** Endpoints that are one model to a client: with images, a request goes to a sibling. */
export interface Family {
  type: GenerationType
  /** What the endpoints' names begin with; each base is a model of its own. */
  bases: readonly string[]
  inputs: Inputs
  /** The first one needs no images. `*` stands for the base. */
  endpoints: readonly { id: string; changes?: Partial<Inputs> }[]
}

/** What the adapter knows of a route. */
export interface FalSettings {
  type: GenerationType
  /** The first one that takes the images of a request gets it. */
  endpoints: readonly Endpoint[]
  /** The operator's fixed fields. */
  params: Readonly<Record<string, Json>>
  /** Images are uploaded even if they are small. */
  isUploaded: boolean
}

/** Values that are called there as they are here. */
export function same<Ours extends string | number>(
  field: string,
  values: readonly Ours[],
): Choice<Ours> {
  return { field, values: values.map((value) => [value, value]) }
}

/** The only values there are: nothing is sent. */
export function fixed<Ours extends string | number>(...values: Ours[]): Choice<Ours> {
  return { values: values.map((value) => [value, value]) }
}

/** Values that are called differently there. */
export function worded<Ours extends string | number>(
  field: string,
  values: readonly Ours[],
  toTheirs: (ours: Ours) => Json,
): Choice<Ours> {
  return { field, values: values.map((value) => [value, toTheirs(value)]) }
}

/** Whole numbers from one to another, both included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
