import { NoSuchModelError, type ProviderV4 } from '@ai-sdk/provider'
import { connector, type FilmgateProviderSettings } from './connect.ts'
import { FilmgateImageModel } from './image-model.ts'
import { FilmgateVideoModel } from './video-model.ts'

export type { FilmgateProviderSettings } from './connect.ts'

/** Models of one Filmgate server, as the AI SDK takes them. */
export interface FilmgateProvider extends ProviderV4 {
  /** An image model, by its id in GET /v2/models. */
  image(modelId: string): FilmgateImageModel
  imageModel(modelId: string): FilmgateImageModel
  /** A video model, by its id in GET /v2/models. */
  video(modelId: string): FilmgateVideoModel
  videoModel(modelId: string): FilmgateVideoModel
}

/** Makes a provider. Nothing is read or sent before a model is used. */
export function createFilmgate(settings: FilmgateProviderSettings = {}): FilmgateProvider {
  const connect = connector(settings)
  const image = (modelId: string) => new FilmgateImageModel(modelId, connect)
  const video = (modelId: string) => new FilmgateVideoModel(modelId, connect)
  return {
    specificationVersion: 'v4',
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
