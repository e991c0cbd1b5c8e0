import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../upstream.ts'
import type { Choice, ImageField, Inputs, Size } from './inputs.ts'

type Params = Readonly<Record<string, Json>>

/**
 * What is left of an endpoint's choices once the operator has fixed some of its fields: of what is
 * fixed, clients may ask for that one value, and it is not sent twice.
 */
export function narrow(inputs: Inputs, params: Params): Inputs {
  const { size, seedField, sound, images, ...rest } = inputs
  const shape = size === undefined ? undefined : findShape(size, params)
  return {
    ...rest,
    ...(shape === undefined
      ? {
          aspectRatios: narrowChoice(inputs.aspectRatios, params),
          resolutions: narrowChoice(inputs.resolutions, params),
          ...(size === undefined ? {} : { size }),
        }
      : {
          aspectRatios: { values: [[shape.aspectRatio, shape.aspectRatio]] },
          resolutions: { values: [[shape.resolution, shape.resolution]] },
        }),
    durations: narrowChoice(inputs.durations, params),
    outputFormats: narrowChoice(inputs.outputFormats, params),
    sound: narrowSound(sound, params),
    ...(seedField === undefined || seedField in params ? {} : { seedField }),
    images: Object.fromEntries(
      Object.entries(images).filter(([, { field }]: [string, ImageField]) => !(field in params)),
    ),
  }
}

/** Says which fixed value is none of those that an endpoint is known to take. */
export function findUnknown(inputs: Inputs, params: Params): string | undefined {
  const { aspectRatios, resolutions, durations, outputFormats, size } = inputs
  if (size !== undefined && size.field in params && findShape(size, params) === undefined) {
    return `\`params.${size.field}\` is none of the sizes that clients can ask for. Say in \`params.$inputs\` what they get: \`aspect_ratio\` and \`resolution\` with one of \`values\` each.`
  }
  const choices: [string, Choice<string | number>][] = Object.entries({
    aspect_ratio: aspectRatios,
    resolution: resolutions,
    duration: durations,
    output_format: outputFormats,
  })
  for (const [name, choice] of choices) {
    const { field, values } = choice
    if (field === undefined || !(field in params) || findValue(choice, params) !== undefined) {
      continue
    }
    const known = values.map(([, theirs]) => JSON.stringify(theirs)).join(', ')
    return `\`params.${field}\` is none of the values that are known of this endpoint (${known}). Choose one, or say in \`params.$inputs.${name}\` what clients get, as a list of one under \`values\`.`
  }
  return undefined
}

function narrowChoice<Ours extends string | number>(
  choice: Choice<Ours>,
  params: Params,
): Choice<Ours> {
  const value = findValue(choice, params)
  return value === undefined ? choice : { values: [value] }
}

function findValue<Ours extends string | number>(
  { field, values }: Choice<Ours>,
  params: Params,
): readonly [Ours, Json] | undefined {
  if (field === undefined || !(field in params)) return undefined
  return values.find(([, theirs]) => isDeepStrictEqual(theirs, params[field]))
}

const namedSizes: Readonly<Record<string, Size>> = {
  square_hd: { width: 1024, height: 1024 },
  square: { width: 512, height: 512 },
  landscape_4_3: { width: 1024, height: 768 },
  portrait_4_3: { width: 768, height: 1024 },
  landscape_16_9: { width: 1024, height: 576 },
  portrait_16_9: { width: 576, height: 1024 },
}

function findShape(
  { field, sizes }: NonNullable<Inputs['size']>,
  params: Params,
): { resolution: string; aspectRatio: string } | undefined {
  const asked = params[field]
  if (asked === undefined) return undefined
  const wanted = typeof asked === 'string' ? namedSizes[asked] : asked
  for (const [resolution, byRatio] of Object.entries(sizes)) {
    for (const [aspectRatio, size] of Object.entries(byRatio)) {
      if (isDeepStrictEqual(size, wanted)) return { resolution, aspectRatio }
    }
  }
  return undefined
}

function narrowSound(sound: Inputs['sound'], params: Params): Inputs['sound'] {
  if (typeof sound === 'string' || !(sound.field in params)) return sound
  return params[sound.field] === true ? 'always' : 'never'
}
