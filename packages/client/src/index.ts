export { Answer, type Received } from './answer.ts'
export type { CallOptions, Logger, Retry } from './call.ts'
export { Filmgate } from './client.ts'
export type { Downloadable, DownloadedFile } from './download.ts'
export {
  AbortError,
  ConnectionError,
  ContentPolicyViolationError,
  FilmgateError,
  GenerationFailedError,
  InvalidApiKeyError,
  InvalidParameterError,
  isFilmgateError,
  NotFoundError,
  ParameterMissingError,
  QuotaExceededError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from './errors.ts'
export type { AnyFilmgateError, ErrorCode, FilmgateErrorCode } from './errors.ts'
export type * from './generated/types.ts'
export type { CompletedGeneration, Generation, GenerationType, Progress } from './generations.ts'
export type { FilmgateOptions } from './options.ts'
export type {
  CreateOptions,
  GenerateOptions,
  ImageParams,
  VideoParams,
  Waiter,
  WaitOptions,
} from './resources.ts'
