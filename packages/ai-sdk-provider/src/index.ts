export { findFilmgateError, type FilmgateErrorData } from './call-error.ts'
export type { FilmgateImageModel } from './image-model.ts'
export {
  createFilmgate,
  filmgate,
  type FilmgateProvider,
  type FilmgateProviderSettings,
} from './provider.ts'
export type { FilmgateImageOptions, FilmgateVideoOptions } from './provider-options.ts'
export type { FilmgateVideoModel } from './video-model.ts'
export type { AnyFilmgateError, FilmgateErrorCode } from '@filmgate/client'
