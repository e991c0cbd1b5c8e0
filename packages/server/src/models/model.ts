import type { ImageRole } from '../contract/common.ts'
import type { GenerationType } from '../contract/generations.ts'
import type { OutputFormat } from '../contract/images.ts'
import type { Model as WireModel } from '../contract/models.ts'
import { toDollars } from '../ledger/money.ts'

/** Where a model's generations go: an upstream of this server, and the model's name there. */
export interface Route {
  upstream: string
  /** For people and trails: what the upstream calls it, or the name of the workflow. */
  model: string
  /** What the upstream's adapter read from the configuration for this route; nobody else looks at it. */
  settings: unknown
}

/** What a model can do. In every list of values the first one is the default. */
export interface Capabilities {
  aspectRatios: readonly string[]
  resolutions: readonly string[]
  /** Images only. */
  outputFormats: readonly OutputFormat[]
  /** Whole seconds, videos only. */
  durations: readonly number[]
  defaultDuration: number
  /** Videos only. */
  sound: boolean
  imageRoles: readonly ImageRole[]
  maxImages: number
  maxPromptLength: number
  seed: boolean
}

/** A model as this server runs it. */
export interface Model extends Capabilities {
  id: string
  name: string
  type: GenerationType
  createdAt: number
  /** Micro-dollars for an image or a second of video, by resolution. */
  unitPriceMicros: Readonly<Record<string, number>>
  /** Tried in this order. */
  routes: readonly Route[]
  /** Longest time from acceptance to the end. */
  deadlineMs: number
}

/** A model as GET /v2/models shows it. */
export function toModelView(model: Model): WireModel {
  const video = model.type === 'video'
  return {
    id: model.id,
    name: model.name,
    type: model.type,
    created_at: new Date(model.createdAt).toISOString(),
    capabilities: {
      aspect_ratios: [...model.aspectRatios],
      resolutions: [...model.resolutions],
      ...(video
        ? {
            durations: [...model.durations],
            default_duration: model.defaultDuration,
            sound: model.sound,
          }
        : { output_formats: [...model.outputFormats] }),
      image_roles: [...model.imageRoles],
      max_images: model.maxImages,
      max_prompt_length: model.maxPromptLength,
      seed: model.seed,
    },
    pricing: {
      currency: 'USD',
      billable_unit: video ? 'video_second' : 'image',
      unit_prices: Object.fromEntries(
        Object.entries(model.unitPriceMicros).map(([key, micros]) => [key, toDollars(micros)]),
      ),
    },
    status: 'available',
  }
}
