export { Answer, GenerationAnswer, type Received } from './answer.ts'
export type { Callback, CallOptions, HeaderValues, Logger, Retry } from './call.ts'
export { Filmgate } from './client.ts'
export type { Accepted, CreateOptions, GenerateOptions, WaitOptions } from './create.ts'
export type { Downloadable, DownloadedFile, DownloadOptions, DownloadTarget } from './download.ts'
export {
  AbortError,
  ConnectionError,
  ContentPolicyViolationError,
  FilmgateError,
  InvalidApiKeyError,
  InvalidParameterError,
  isFilmgateError,
  NotFoundError,
  ParameterMissingError,
  QuotaExceededError,
  RateLimitError,
  ServerError,
  TimeoutError,
  WaitInterruptedError,
} from './errors.ts'
export type { AnyFilmgateError, ErrorCode, FilmgateErrorCode } from './errors.ts'
export type * from './generated/types.ts'
export type { CompletedGeneration, Generation, GenerationType } from './generation.ts'
export type { GenerationPage, PageAnswer } from './list.ts'
export type { ApiKey, FilmgateOptions } from './options.ts'
export type { ImageSource } from './reference-images.ts'
export type {
  Billing,
  Generations,
  ImageParams,
  Images,
  Models,
  VideoParams,
  Videos,
  Waiter,
} from './resources.ts'
export type { NodeWritable } from './sinks.ts'
export type { DownloadProgress } from './transfer.ts'
export type { Progress } from './wait.ts'
