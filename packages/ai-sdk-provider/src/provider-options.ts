import { InvalidArgumentError, type SharedV4ProviderOptions } from '@ai-sdk/provider'
import type { ImageParams, VideoParams } from '@filmgate/client'
import { isAddress } from './reference-images.ts'

type ImageRole = NonNullable<VideoParams['images']>[number]['role']

/** `providerOptions.filmgate` of images: what the API takes and the AI SDK has no name for. */
export type FilmgateImageOptions = {
  /** Such as `2K`; the model lists what it supports. */
  resolution?: string
  output_format?: NonNullable<ImageParams['output_format']>
  /** Reference images, after those of the prompt. */
  images?: { url: string; role?: ImageRole }[]
  /** 1-255 printable ASCII characters. The same key and parameters never make a second generation. */
  idempotencyKey?: string
}

/** `providerOptions.filmgate` of films: what the API takes and the AI SDK has no name for. */
export type FilmgateVideoOptions = {
  /** Such as `1080p`; the model lists what it supports. */
  resolution?: string
  /** Whether the film has sound; wins over `generateAudio`. */
  sound?: boolean
  /** Reference images and frames, after those of the AI SDK. */
  images?: { url: string; role: ImageRole }[]
  /** 1-255 printable ASCII characters. The same key and parameters never make a second generation. */
  idempotencyKey?: string
}

/** The options for an image. Throws an InvalidArgumentError that names the one at fault. */
export function parseImageOptions(options: SharedV4ProviderOptions): FilmgateImageOptions {
  // What only the model can judge is left to the server.
  return parse(options, {
    resolution: isText,
    output_format: isText,
    images: areImages(false),
    idempotencyKey: isKey,
  })
}

/** The options for a film. Throws an InvalidArgumentError that names the one at fault. */
export function parseVideoOptions(options: SharedV4ProviderOptions): FilmgateVideoOptions {
  return parse(options, {
    resolution: isText,
    sound: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
    images: areImages(true),
    idempotencyKey: isKey,
  })
}

/** What is wrong with a value, in words that follow its name; undefined when nothing is. */
type Check = (value: unknown) => string | undefined

function parse(options: SharedV4ProviderOptions, checks: Record<string, Check>): object {
  const given: unknown = options['filmgate'] ?? {}
  if (!isRecord(given)) throw refused('must be an object')
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (!check) throw refused(`has no ${name}; there are: ${Object.keys(checks).join(', ')}`)
    const problem = value === undefined ? undefined : check(value)
    if (problem) throw refused(`${name} ${problem}`, '.')
  }
  return given
}

function refused(problem: string, joint = ' '): InvalidArgumentError {
  const message = `providerOptions.filmgate${joint}${problem}.`
  return new InvalidArgumentError({ argument: 'providerOptions', message })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const isText: Check = (value) => (typeof value === 'string' ? undefined : 'must be a string')

const isKey: Check = (value) =>
  typeof value === 'string' && /^[ -~]{1,255}$/.test(value)
    ? undefined
    : 'must be 1-255 printable ASCII characters'

function areImages(needRole: boolean): Check {
  const form = needRole ? '{ url, role }' : '{ url, role? }'
  const isImage = (value: unknown): boolean =>
    isRecord(value) &&
    isAddress(value['url']) &&
    (typeof value['role'] === 'string' || (!needRole && value['role'] === undefined)) &&
    Object.keys(value).every((name) => name === 'url' || name === 'role')
  return (value) =>
    Array.isArray(value) && value.every(isImage)
      ? undefined
      : `must be a list of ${form}, with an http(s) or data: address`
}
