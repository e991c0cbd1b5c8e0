// Generated from the contract by tools/generate.ts. Do not edit.

import type { ErrorCode } from './errors.ts'

export interface Balance {
  /** Spendable US dollars, as a decimal string; what running generations hold is already subtracted. */
  balance: string
  currency: 'USD'
}

export interface Cancellation {
  /** Id of a generation. */
  id: string
  status: 'pending' | 'completed' | 'failed'
  /** cancelled: it has ended and costs nothing. requested: the model has not answered yet; read the generation later. too_late: it had already ended. */
  cancellation: 'cancelled' | 'requested' | 'too_late'
}

export interface CompletedImage {
  /** Id of a generation. */
  id: string
  status: 'completed'
  model: string
  data: ImageOutput[]
  usage: Usage
}

export interface CompletedVideo {
  /** Id of a generation. */
  id: string
  status: 'completed'
  model: string
  data: VideoOutput[]
  usage: Usage
}

export interface Costs {
  currency: 'USD'
  /** Instant, ISO 8601 in UTC. */
  start: string
  /** Instant, ISO 8601 in UTC. */
  end: string
  total_cost: number
  data: Array<{
    date: string
    cost: number
  }>
}

export interface CostsQuery {
  /** Start, ISO 8601 with a zone. */
  start: string
  /** End, ISO 8601 with a zone; after start, at most 180 days later. */
  end: string
}

export interface CreateImageRequest {
  /** Model id, from GET /v2/models. */
  model: string
  /** What to show, 1-4096 characters. */
  prompt: string
  /** Such as 1:1 or 16:9; the model lists what it supports. */
  aspect_ratio?: string
  /** Such as 1K or 720p; the model lists what it supports. */
  resolution?: string
  /** Same seed and request, same file. Only for models whose capabilities say seed. */
  seed?: number
  /** Validate and quote the price without generating. */
  dry_run?: boolean
  /** Reference images, at most 8. */
  images?: Array<{
    /** http(s) address of a public image, or a data: URL with an image. */
    url: string
    role?: 'reference_image' | 'first_frame' | 'last_frame'
  }>
  /** File format; jpeg when omitted. */
  output_format?: 'jpeg' | 'png' | 'webp'
}

export interface CreateVideoRequest {
  /** Model id, from GET /v2/models. */
  model: string
  /** What to show, 1-4096 characters. */
  prompt: string
  /** Such as 1:1 or 16:9; the model lists what it supports. */
  aspect_ratio?: string
  /** Such as 1K or 720p; the model lists what it supports. */
  resolution?: string
  /** Same seed and request, same file. Only for models whose capabilities say seed. */
  seed?: number
  /** Validate and quote the price without generating. */
  dry_run?: boolean
  /** Reference images with their roles, at most 8. */
  images?: Array<{
    /** http(s) address of a public image, or a data: URL with an image. */
    url: string
    role: 'reference_image' | 'first_frame' | 'last_frame'
  }>
  /** Length in whole seconds. */
  duration?: number
  /** Whether the film has sound. */
  sound?: boolean
}

/** What went wrong. */
export interface ErrorObject {
  /** What happened and what to do, for a person. */
  message: string
  /** Always invalid_request_error. */
  type: 'invalid_request_error'
  /** The request parameter at fault, such as `images[1].url`; null when none is. */
  param: string | null
  /** One of eight codes; branch on this. */
  code: ErrorCode
  /** The page that explains this code. */
  doc_url: string
}

/** Terminal. To try again, submit a new generation. */
export interface FailedGeneration {
  /** Id of a generation. */
  id: string
  status: 'failed'
  /** What went wrong. */
  error: ErrorObject
}

export interface GenerationList {
  data: ListedGeneration[]
  has_more: boolean
}

export type ImageGeneration = PendingGeneration | FailedGeneration | CompletedImage

export interface ImageOutput {
  /** Signed download link; needs no key. */
  url: string
  width: number
  height: number
  mime_type: string
  /** Instant, ISO 8601 in UTC. */
  deletes_at: string
}

export interface ListGenerationsQuery {
  /** Items per page; 20 when omitted. */
  limit?: number
  /** Id of the last item already seen; the page starts after it. */
  after?: string
  status?: 'pending' | 'completed' | 'failed'
  type?: 'image' | 'video'
}

export interface ListModelsQuery {
  type?: 'image' | 'video'
}

export type ListedGeneration = {
  /** Id of a generation. */
  id: string
  status: 'pending'
  /** Share of the work done, where known. */
  progress?: number
  /** Jobs ahead of this one, where known. */
  queue_position?: number
  type: 'image' | 'video'
  model: string
  /** Instant, ISO 8601 in UTC. */
  created_at: string
} | {
  /** Id of a generation. */
  id: string
  status: 'failed'
  /** What went wrong. */
  error: ErrorObject
  type: 'image' | 'video'
  model: string
  /** Instant, ISO 8601 in UTC. */
  created_at: string
} | {
  /** Id of a generation. */
  id: string
  status: 'completed'
  model: string
  data: ImageOutput[]
  usage: Usage
  type: 'image' | 'video'
  /** Instant, ISO 8601 in UTC. */
  created_at: string
} | {
  /** Id of a generation. */
  id: string
  status: 'completed'
  model: string
  data: VideoOutput[]
  usage: Usage
  type: 'image' | 'video'
  /** Instant, ISO 8601 in UTC. */
  created_at: string
}

export interface Model {
  id: string
  name: string
  type: 'image' | 'video'
  /** Instant, ISO 8601 in UTC. */
  created_at: string
  capabilities: ModelCapabilities
  pricing: ModelPricing
  status: 'available'
}

export interface ModelCapabilities {
  /** The first is the default. */
  aspect_ratios: string[]
  /** The first is the default. */
  resolutions: string[]
  output_formats?: Array<'jpeg' | 'png' | 'webp'>
  /** Whole seconds that can be asked for. */
  durations?: number[]
  default_duration?: number
  /** Whether sound can be asked for. */
  sound?: boolean
  /** Roles of reference images. */
  image_roles: Array<'reference_image' | 'first_frame' | 'last_frame'>
  /** Most reference images. */
  max_images: number
  max_prompt_length: number
  /** Whether `seed` is supported. */
  seed: boolean
}

export type ModelList = Model[]

export interface ModelPricing {
  currency: 'USD'
  billable_unit: 'image' | 'video_second'
  /** Price of one unit for each resolution. */
  unit_prices: Record<string, number>
}

export interface PendingGeneration {
  /** Id of a generation. */
  id: string
  status: 'pending'
  /** Share of the work done, where known. */
  progress?: number
  /** Jobs ahead of this one, where known. */
  queue_position?: number
}

/** The price of the request; nothing was generated or charged. */
export interface Quote {
  model: string
  usage: Usage
}

export interface Usage {
  /** unit_price × quantity, in USD. */
  total_cost: number
  billable_unit: 'image' | 'video_second'
  /** Price of one unit, in USD. */
  unit_price: number
  /** Images, or seconds of video. */
  quantity: number
}

export type VideoGeneration = PendingGeneration | FailedGeneration | CompletedVideo

export interface VideoOutput {
  /** Signed download link; needs no key. */
  url: string
  width: number
  height: number
  /** Seconds. */
  duration: number
  fps: number
  has_sound: boolean
  mime_type: string
  /** Instant, ISO 8601 in UTC. */
  deletes_at: string
}
