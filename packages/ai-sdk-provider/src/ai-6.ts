/** The same provider for the previous major of the AI SDK, which takes models of specification v3 only. */
import { NoSuchModelError } from '@ai-sdk/provider'
import type { FilmgateImageModel } from './image-model.ts'
import { createFilmgate as createCurrent, type FilmgateProviderSettings } from './provider.ts'
import type { FilmgateVideoModel } from './video-model.ts'

export { findFilmgateError, type FilmgateErrorData } from './call-error.ts'
export type { FilmgateProviderSettings } from './provider.ts'
export type { FilmgateImageOptions, FilmgateVideoOptions } from './provider-options.ts'
export type { AnyFilmgateError, FilmgateErrorCode } from '@filmgate/client'

// The types of v3 in the current @ai-sdk/provider no longer fit those that AI SDK 6 was built with.
// These name what both have in common, and the tests compile them against AI SDK 6 itself.

/** An image model as AI SDK 6 takes it. */
export interface FilmgateImageModelV3 extends Pick<
  FilmgateImageModel,
  'provider' | 'modelId' | 'maxImagesPerCall' | 'doGenerate'
> {
  readonly specificationVersion: 'v3'
}

/** A video model as AI SDK 6 takes it: there is no start and status. */
export interface FilmgateVideoModelV3 extends Pick<
  FilmgateVideoModel,
  'provider' | 'modelId' | 'maxVideosPerCall' | 'doGenerate'
> {
  readonly specificationVersion: 'v3'
}

/** Models of one Filmgate server, as AI SDK 6 takes them. */
export interface FilmgateProvider {
  readonly specificationVersion: 'v3'
  /** An image model, by its id in GET /v2/models. */
  image(modelId: string): FilmgateImageModelV3
  imageModel(modelId: string): FilmgateImageModelV3
  /** A video model, by its id in GET /v2/models. */
  video(modelId: string): FilmgateVideoModelV3
  videoModel(modelId: string): FilmgateVideoModelV3
  /** There is none: throws a NoSuchModelError. */
  languageModel(modelId: string): never
  /** There is none: throws a NoSuchModelError. */
  embeddingModel(modelId: string): never
}

/** Makes a provider. Nothing is read or sent before a model is used. */
export function createFilmgate(settings: FilmgateProviderSettings = {}): FilmgateProvider {
  const current = createCurrent(settings)
  const image = (modelId: string): FilmgateImageModelV3 => {
    const model = current.image(modelId)
    const { provider, maxImagesPerCall } = model
    const doGenerate: FilmgateImageModel['doGenerate'] = (options) => model.doGenerate(options)
    return { specificationVersion: 'v3', provider, modelId, maxImagesPerCall, doGenerate }
  }
  const video = (modelId: string): FilmgateVideoModelV3 => {
    const model = current.video(modelId)
    const { provider, maxVideosPerCall } = model
    const doGenerate: FilmgateVideoModel['doGenerate'] = (options) => model.doGenerate(options)
    return { specificationVersion: 'v3', provider, modelId, maxVideosPerCall, doGenerate }
  }
  return {
    specificationVersion: 'v3',
    image,
    imageModel: image,
    video,
    videoModel: video,
    languageModel: (modelId) => none(modelId, 'languageModel'),
    embeddingModel: (modelId) => none(modelId, 'embeddingModel'),
  }
}

function none(modelId: string, modelType: 'languageModel' | 'embeddingModel'): never {
  throw new NoSuchModelError({ modelId, modelType })
}

/** The provider of the server and the key that the environment names. */
export const filmgate: FilmgateProvider = createFilmgate()
