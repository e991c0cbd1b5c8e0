import type { ImageRole } from '../contract/common.ts'
import { fail } from '../contract/failure.ts'
import type { GenerationType } from '../contract/generations.ts'
import { outputFormats, type CreateImageRequest, type OutputFormat } from '../contract/images.ts'
import { shorten } from '../contract/shorten.ts'
import type { CreateVideoRequest } from '../contract/videos.ts'
import type { Model } from './model.ts'

/** A request with every default filled in: what is stored, priced and sent to an upstream. */
export interface GenerationInput {
  prompt: string
  images: { url: string; role: ImageRole }[]
  aspectRatio: string
  resolution: string
  /** Null unless the client chose one. */
  seed: number | null
  /** Images only, else null. */
  outputFormat: OutputFormat | null
  /** Seconds; videos only, else null. */
  duration: number | null
  /** Videos only, else null. */
  sound: boolean | null
}

/** The model a request names; throws invalid_parameter when there is none of this kind. */
export function findModel(models: readonly Model[], id: string, type: GenerationType): Model {
  const model = models.find((candidate) => candidate.id === id)
  if (model?.type === type) return model
  const served = models.filter((candidate) => candidate.type === type).map(({ id: name }) => name)
  const problem =
    model === undefined
      ? `The model ${quote(id)} is not served here.`
      : `${quote(id)} makes ${model.type}s, not ${type}s.`
  throw fail('invalid_parameter', 'unknown_model', {
    message: `${problem} Available ${type} models: ${served.join(', ')}.`,
    param: 'model',
  })
}

/** Checks a request against the model's table and fills in the defaults. */
export function parseInput(
  model: Model,
  body: CreateImageRequest & CreateVideoRequest,
): GenerationInput {
  checkPrompt(model, body.prompt)
  checkImages(model, body.images ?? [])
  if (body.seed !== undefined && !model.seed) {
    throw unsupported(model, 'seed', 'a seed', 'Leave it out.')
  }
  if (body.sound === true && !model.sound) {
    throw unsupported(model, 'sound', 'sound', 'Leave it out, or choose a model with sound.')
  }
  const video = model.type === 'video'
  return {
    prompt: body.prompt,
    images: (body.images ?? []).map(({ url, role }) => ({ url, role: role ?? 'reference_image' })),
    aspectRatio: choose(model, 'aspect_ratio', body.aspect_ratio, model.aspectRatios),
    resolution: choose(model, 'resolution', body.resolution, model.resolutions),
    seed: body.seed ?? null,
    outputFormat: video
      ? null
      : choose(
          model,
          'output_format',
          body.output_format ?? defaultFormat(model),
          model.outputFormats,
        ),
    duration: video
      ? choose(model, 'duration', body.duration ?? model.defaultDuration, model.durations)
      : null,
    sound: video ? (body.sound ?? false) : null,
  }
}

function defaultFormat(model: Model): OutputFormat {
  return model.outputFormats[0] ?? outputFormats[0]
}

function choose<Value extends string | number>(
  model: Model,
  param: string,
  asked: Value | undefined,
  allowed: readonly Value[],
): Value {
  const value = asked ?? allowed[0]
  if (value !== undefined && allowed.includes(value)) return value
  throw fail('invalid_parameter', 'unsupported_value', {
    message: `${model.id} does not support ${param} ${quote(String(value))}. Supported: ${toList(allowed)}.`,
    param,
  })
}

// A run of whole numbers reads better as a range: durations can be many.
function toList(values: readonly (string | number)[]): string {
  const [first, last] = [values[0], values.at(-1)]
  const isRun = values.length > 3 && values.every((value, index) => value === Number(first) + index)
  return isRun ? `${first} to ${last}` : values.join(', ')
}

function checkPrompt(model: Model, prompt: string): void {
  if (prompt.trim() === '') {
    throw fail('invalid_parameter', 'out_of_range', {
      message: 'The prompt is blank. Describe what the result should show.',
      param: 'prompt',
    })
  }
  const length = [...prompt].length
  if (length > model.maxPromptLength) {
    throw fail('invalid_parameter', 'out_of_range', {
      message: `The prompt has ${length} characters, and ${model.id} reads at most ${model.maxPromptLength}. Shorten it.`,
      param: 'prompt',
    })
  }
}

function checkImages(model: Model, images: { role?: ImageRole }[]): void {
  if (images.length > model.maxImages) {
    throw fail('invalid_parameter', 'out_of_range', {
      message: `${model.id} takes ${model.maxImages === 0 ? 'no' : `at most ${model.maxImages}`} reference images; the request has ${images.length}. Leave out ${images.length - model.maxImages}.`,
      param: 'images',
    })
  }
  const seen = new Set<ImageRole>()
  for (const [index, { role = 'reference_image' }] of images.entries()) {
    const param = `images[${index}].role`
    if (!model.imageRoles.includes(role)) {
      throw fail('invalid_parameter', 'unsupported_value', {
        message: `${model.id} does not support the role ${role}. Supported: ${model.imageRoles.join(', ')}.`,
        param,
      })
    }
    if (role !== 'reference_image' && seen.has(role)) {
      throw fail('invalid_parameter', 'out_of_range', {
        message: `A film has one ${role}; the request has several. Keep one, and leave out the others or send them as reference_image where the model takes that.`,
        param,
      })
    }
    seen.add(role)
  }
}

function unsupported(model: Model, param: string, what: string, fix: string) {
  return fail('invalid_parameter', 'unsupported_value', {
    message: `${model.id} does not support ${what}. ${fix}`,
    param,
  })
}

// Values come from strangers; a long one must not blow up the message.
function quote(value: string): string {
  return `\`${shorten(value, 64)}\``
}
