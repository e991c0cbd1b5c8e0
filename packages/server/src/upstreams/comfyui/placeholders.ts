/** The names by which a workflow says where the values of an order go: `{{prompt}}` and the like. */
import type { ImageRole } from '../../contract/common.ts'
import type { GenerationType } from '../../contract/generations.ts'
import type { Json } from '../upstream.ts'

/** Most reference images of an order. */
const maxImages = 8

interface Placeholder {
  /** Videos only. */
  isForVideo?: boolean
  /** Set in a node that has the placeholder's name as its title: the first of these that it has. */
  inputs: readonly string[]
  /** What the client calls it; undefined for what only the operator sets. */
  field?: string
  role?: ImageRole
}

const image = (role: ImageRole): Placeholder => ({ inputs: ['image', 'value'], role })

const numberedImages = Array.from({ length: maxImages }, (_, index): [string, Placeholder] => [
  `image_${index + 1}`,
  image('reference_image'),
])

/** All there are, in the order in which people are told of them. */
export const placeholders: ReadonlyMap<string, Placeholder> = new Map<string, Placeholder>([
  ['prompt', { inputs: ['text', 'prompt', 'value', 'string'], field: 'prompt' }],
  ['negative_prompt', { inputs: ['text', 'prompt', 'value', 'string'] }],
  ['width', { inputs: ['width', 'value'], field: 'resolution' }],
  ['height', { inputs: ['height', 'value'], field: 'resolution' }],
  ['seed', { inputs: ['seed', 'noise_seed', 'value'], field: 'seed' }],
  ['duration', { isForVideo: true, inputs: ['duration', 'seconds', 'value'], field: 'duration' }],
  ['frames', { isForVideo: true, inputs: ['length', 'frames', 'value'], field: 'duration' }],
  ['fps', { isForVideo: true, inputs: ['fps', 'frame_rate', 'value'] }],
  ['first_frame', { ...image('first_frame'), isForVideo: true }],
  ['last_frame', { ...image('last_frame'), isForVideo: true }],
  ...numberedImages,
])

/** What is put in for each name. */
export type Values = ReadonlyMap<string, string | number>

const anywhere = /\{\{\s*(\w+)\s*\}\}/g
const alone = /^\s*\{\{\s*(\w+)\s*\}\}\s*$/

/** The names in a value, at any depth; also such as mean nothing here. */
export function namesIn(value: Json): string[] {
  if (typeof value === 'string') return [...value.matchAll(anywhere)].map(([, name = '']) => name)
  if (typeof value !== 'object' || value === null) return []
  return (Array.isArray(value) ? value : Object.values(value)).flatMap(namesIn)
}

/**
 * A copy with the values put in. A text that is nothing but a placeholder becomes the value itself,
 * with its type; in a longer one it is replaced as text. What is put in is not looked at again, so a
 * prompt that speaks of `{{seed}}` stays as it is.
 */
export function fillIn(value: Json, values: Values): Json {
  if (typeof value === 'string') {
    const name = alone.exec(value)?.[1]
    const whole = name === undefined ? undefined : values.get(name)
    if (whole !== undefined) return whole
    return value.replace(anywhere, (text, inner: string) => String(values.get(inner) ?? text))
  }
  if (Array.isArray(value)) return value.map((part) => fillIn(part, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fillIn(part, values)]))
}

/** Whether a generation of this type has a value for the name. */
export function hasValue(name: string, type: GenerationType): boolean {
  const placeholder = placeholders.get(name)
  return placeholder !== undefined && (type === 'video' || placeholder.isForVideo !== true)
}

/** The name of the placeholder that each image of an order goes to, by position. */
export function placeholdersOf(images: readonly { role: ImageRole }[]): string[] {
  let references = 0
  return images.map(({ role }) => (role === 'reference_image' ? `image_${++references}` : role))
}
