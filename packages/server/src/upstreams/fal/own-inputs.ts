import { imageRoles } from '../../contract/common.ts'
import { outputFormats } from '../../contract/images.ts'
import { StartupError } from '../../storage/startup-error.ts'
import type { Json } from '../upstream.ts'
import type { Choice, ImageField, Inputs, Size } from './inputs.ts'
import { toPixels } from '../../models/pixels.ts'

type Fields = Readonly<Record<string, Json>>

const keys = [
  'aspect_ratio',
  'resolution',
  'size',
  'duration',
  'output_format',
  'sound',
  'seed',
  ...imageRoles,
]

/** What the operator says of an endpoint, over what is known or assumed of it. */
export function describeInputs(own: Json, known: Inputs): Inputs {
  const fields = asObject(own, '')
  const unknown = Object.keys(fields).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw fault(unknown, `is unknown; there are ${keys.join(', ')}`)
  const { size: knownSize, seedField, ...rest } = known
  const aspectRatios = choice(fields, 'aspect_ratio', known.aspectRatios, asRatio)
  const resolutions = choice(fields, 'resolution', known.resolutions, asResolution)
  const durations = choice(fields, 'duration', known.durations, asSeconds)
  const sizeField = sizeFieldOf(fields, knownSize)
  const seed = seedOf(fields['seed'], seedField)
  return {
    ...rest,
    aspectRatios: sizeField === undefined ? aspectRatios : { values: aspectRatios.values },
    resolutions: sizeField === undefined ? resolutions : { values: resolutions.values },
    ...(sizeField === undefined
      ? {}
      : { size: { field: sizeField, sizes: toSizes(aspectRatios, resolutions, knownSize) } }),
    durations,
    defaultDuration:
      fields['duration'] === undefined ? known.defaultDuration : (durations.values[0]?.[0] ?? 0),
    outputFormats: choice(fields, 'output_format', known.outputFormats, asFormat),
    sound: soundOf(fields['sound'], known.sound),
    ...(seed === undefined ? {} : { seedField: seed }),
    images: imagesOf(fields, known.images),
  }
}

function choice<Ours extends string | number>(
  fields: Fields,
  key: string,
  known: Choice<Ours>,
  read: (text: string) => Ours | undefined,
): Choice<Ours> {
  const given = fields[key]
  if (given === undefined) return known
  const { field, values } = asObject(given, key)
  if (field !== undefined && (typeof field !== 'string' || field === '')) {
    throw fault(`${key}.field`, 'is the name of a field, or left out where nothing is sent')
  }
  const pairs: [Json, Json][] = Array.isArray(values)
    ? values.map((value) => [value, value])
    : Object.entries(asObject(values ?? {}, `${key}.values`))
  const named =
    values === undefined ? known.values : pairs.map(([name, theirs]) => pair(name, theirs))
  if (named.length === 0)
    throw fault(`${key}.values`, 'names what clients may ask for, at least one')
  return { ...(field === undefined ? {} : { field }), values: named }

  function pair(name: Json, theirs: Json): [Ours, Json] {
    const value =
      typeof name === 'string' || typeof name === 'number' ? read(String(name)) : undefined
    if (value !== undefined) return [value, theirs]
    throw fault(`${key}.values`, `has ${JSON.stringify(name)}, which clients cannot ask for`)
  }
}

function asRatio(text: string): string | undefined {
  return /^[1-9]\d{0,3}:[1-9]\d{0,3}$/u.test(text) ? text : undefined
}

function asResolution(text: string): string | undefined {
  return /^[1-9]\d{0,4}[Kp]$/u.test(text) ? text : undefined
}

function asSeconds(text: string): number | undefined {
  return /^[1-9]\d{0,3}$/u.test(text) ? Number(text) : undefined
}

function asFormat(text: string) {
  return outputFormats.find((format) => format === text)
}

// A field of their own for shape or resolution takes the place of the one for both.
function sizeFieldOf(fields: Fields, known: Inputs['size']): string | undefined {
  const given = fields['size']
  if (given === undefined) {
    const replaced = [fields['aspect_ratio'], fields['resolution']].some(
      (value) => value !== undefined,
    )
    return replaced ? undefined : known?.field
  }
  if (given === false) return undefined
  if (typeof given === 'string' && given !== '') return given
  throw fault('size', 'is the name of the field that takes width and height, or false')
}

function toSizes(
  aspectRatios: Choice<string>,
  resolutions: Choice<string>,
  known: Inputs['size'],
): Record<string, Record<string, Size>> {
  return Object.fromEntries(
    resolutions.values.map(([resolution]) => [
      resolution,
      Object.fromEntries(
        aspectRatios.values.map(([ratio]) => [
          ratio,
          known?.sizes[resolution]?.[ratio] ?? toPixels(resolution, ratio),
        ]),
      ),
    ]),
  )
}

function soundOf(given: Json | undefined, known: Inputs['sound']): Inputs['sound'] {
  if (given === undefined) return known
  if (typeof given === 'boolean') return given ? 'always' : 'never'
  if (typeof given === 'string' && given !== '') return { field: given }
  throw fault('sound', 'is the name of a field, true for films that always have sound, or false')
}

function seedOf(given: Json | undefined, known: string | undefined): string | undefined {
  if (given === undefined) return known
  if (given === false) return undefined
  if (typeof given === 'string' && given !== '') return given
  throw fault('seed', 'is the name of a field, or false')
}

function imagesOf(fields: Fields, known: Inputs['images']): Inputs['images'] {
  const given = imageRoles.filter((role) => fields[role] !== undefined)
  if (given.length === 0) return known
  return Object.fromEntries(given.map((role) => [role, imageField(fields[role] ?? null, role)]))
}

function imageField(given: Json, role: string): ImageField {
  const { field, max, optional } = asObject(given, role)
  if (typeof field !== 'string' || field === '') {
    throw fault(`${role}.field`, 'is the name of the field that takes the address of the image')
  }
  if (max !== undefined && (!Number.isInteger(max) || Number(max) < 1)) {
    throw fault(
      `${role}.max`,
      'says how many the list takes; leave it out where the field is no list',
    )
  }
  return {
    field,
    ...(max === undefined ? {} : { max: Number(max) }),
    ...(optional === true ? { isOptional: true } : {}),
  }
}

function asObject(value: Json, key: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw fault(key, 'is an object')
}

function fault(key: string, problem: string): StartupError {
  return new StartupError(`\`params.$inputs${key === '' ? '' : `.${key}`}\` ${problem}.`)
}
