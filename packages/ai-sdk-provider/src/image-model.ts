import type { ImageModelV4, ImageModelV4CallOptions } from '@ai-sdk/provider'
import type { ImageParams } from '@filmgate/client'
import { creationFailed } from './call-error.ts'
import { assertSingle, toCreateOptions } from './call-options.ts'
import type { Connect } from './connect.ts'
import { sizeWarnings, toFrame, type Warning } from './frame.ts'
import { parseImageOptions } from './provider-options.ts'
import { toReference } from './reference-images.ts'
import { fetchOutput, firstOutput, metadataOf, replayWarnings, responseOf } from './results.ts'

/** An image model of a Filmgate server. One call is one request, one image and one charge. */
export class FilmgateImageModel implements ImageModelV4 {
  readonly specificationVersion = 'v4'
  readonly provider = 'filmgate.image'
  readonly modelId: string
  readonly maxImagesPerCall = 1
  readonly supportsMaskInputs = false
  readonly #connect: Connect

  constructor(modelId: string, connect: Connect) {
    this.modelId = modelId
    this.#connect = connect
  }

  /** Makes an image. Throws an APICallError, or an AbortError when the signal ended it. */
  async doGenerate(options: ImageModelV4CallOptions) {
    const timestamp = new Date()
    const client = this.#connect()
    const { body, idempotencyKey, warnings, expected } = toRequest(this.modelId, options)
    const create = toCreateOptions(options, idempotencyKey)
    const answer = await client.images
      .generate(body, create)
      .withResponse()
      .catch(creationFailed('/v2/images/generations', body, create))
    const { bytes } = await fetchOutput(client, answer, options.abortSignal, 'orders')
    return {
      images: [bytes],
      warnings: [
        ...warnings,
        ...sizeWarnings('image', expected, firstOutput(answer)),
        ...replayWarnings(answer, create),
      ],
      providerMetadata: { filmgate: { images: [metadataOf(answer)] } },
      response: responseOf(answer, this.modelId, timestamp),
    }
  }
}

interface ImageRequest {
  body: ImageParams
  idempotencyKey: string | undefined
  warnings: Warning[]
  /** The size to compare the picture with. */
  expected: string | undefined
}

function toRequest(model: string, options: ImageModelV4CallOptions): ImageRequest {
  const { prompt, n, size, aspectRatio, seed, files = [], mask, providerOptions } = options
  assertSingle(n, 'maxImagesPerCall')
  const { idempotencyKey, images = [], ...more } = parseImageOptions(providerOptions)
  const { fields, warnings, expected } = toFrame('image', { size, aspectRatio })
  const references = [...files.map((file) => toReference(file, 'reference_image')), ...images]
  const body: ImageParams = {
    model,
    // Without one the server refuses the request and names the parameter.
    prompt: prompt ?? '',
    ...fields,
    ...(seed !== undefined && { seed }),
    ...(references.length > 0 && { images: references }),
    ...more,
  }
  return { body, idempotencyKey, warnings: [...warnings, ...maskWarnings(mask)], expected }
}

function maskWarnings(mask: unknown): Warning[] {
  if (mask === undefined) return []
  const details = 'The mask was left out; the API edits no part of a picture.'
  return [{ type: 'unsupported', feature: 'mask', details }]
}
