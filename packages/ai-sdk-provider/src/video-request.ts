import type {
  Experimental_VideoModelV4CallOptions as VideoModelV4CallOptions,
  Experimental_VideoModelV4File as VideoModelV4File,
} from '@ai-sdk/provider'
import type { VideoParams } from '@filmgate/client'
import { assertSingle } from './call-options.ts'
import { toFrame, type Warning } from './frame.ts'
import { parseVideoOptions } from './provider-options.ts'
import { toReference, type ReferenceImage } from './reference-images.ts'

/** A film in the API's words. */
interface VideoRequest {
  body: VideoParams
  idempotencyKey: string | undefined
  warnings: Warning[]
  /** The size to compare the film with. */
  expected: string | undefined
}

/** What the AI SDK asks for as a request of the API, with a warning for what the API has no word for. */
export function toVideoRequest(model: string, options: VideoModelV4CallOptions): VideoRequest {
  const { prompt, n, resolution: size, aspectRatio, seed, duration, generateAudio } = options
  assertSingle(n, 'maxVideosPerCall')
  const { idempotencyKey, images = [], ...more } = parseVideoOptions(options.providerOptions)
  const { fields, warnings, expected } = toFrame('video', { size, aspectRatio })
  const { pictures, others } = sortReferences(options.inputReferences ?? [])
  const sent = [...frames(options), ...pictures, ...images]
  const body: VideoParams = {
    model,
    // Without one the server refuses the request and names the parameter.
    prompt: prompt ?? '',
    ...fields,
    ...(seed !== undefined && { seed }),
    ...(duration !== undefined && { duration }),
    ...(generateAudio !== undefined && { sound: generateAudio }),
    ...(sent.length > 0 && { images: sent }),
    ...more,
  }
  const left = [...others.map(toWarning), ...fpsWarnings(options.fps)]
  return { body, idempotencyKey, warnings: [...warnings, ...left], expected }
}

/** The server has no notifications, and who waits for one should hear of it. */
export function webhookWarnings(url: string | undefined): Warning[] {
  if (url === undefined) return []
  const details = 'The server sends no notifications; ask with getVideoStatus.'
  return [{ type: 'unsupported', feature: 'webhookUrl', details }]
}

function frames({ image, frameImages = [] }: VideoModelV4CallOptions): ReferenceImage[] {
  const given = frameImages.map((frame) => toReference(frame.image, frame.frameType))
  // The AI SDK shows a first frame in both places.
  const hasFirst = given.some(({ role }) => role === 'first_frame')
  return image && !hasFirst ? [toReference(image, 'first_frame'), ...given] : given
}

/** References as the API takes them, and those that are no images, which it does not. */
function sortReferences(files: VideoModelV4File[]): {
  pictures: ReferenceImage[]
  others: VideoModelV4File[]
} {
  const isPicture = ({ mediaType = 'image/*' }: VideoModelV4File) => mediaType.startsWith('image/')
  return {
    pictures: files.filter(isPicture).map((file) => toReference(file, 'reference_image')),
    others: files.filter((file) => !isPicture(file)),
  }
}

function toWarning({ mediaType }: VideoModelV4File): Warning {
  const details = `References are images; one of ${mediaType} was left out.`
  return { type: 'unsupported', feature: 'inputReferences', details }
}

function fpsWarnings(fps: VideoModelV4CallOptions['fps']): Warning[] {
  if (fps === undefined) return []
  const details = 'The frame rate was left out; the model has its own.'
  return [{ type: 'unsupported', feature: 'fps', details }]
}
