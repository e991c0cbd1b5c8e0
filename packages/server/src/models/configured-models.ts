import type { ConfigFile, ModelConfig } from '../config/config-file.ts'
import { imageRoles } from '../contract/common.ts'
import { outputFormats } from '../contract/images.ts'
import { microsPerDollar } from '../ledger/money.ts'
import type { Model } from './model.ts'

/** The models of this server: the built-in ones, and those of the configuration file. */
export function configuredModels(file: ConfigFile, builtIn: readonly Model[]): Model[] {
  const { image_deadline_seconds: image, video_deadline_seconds: video } = file.sandbox
  const seconds = { image, video }
  return [
    ...builtIn.map((model) => ({ ...model, deadlineMs: seconds[model.type] * 1000 })),
    ...file.models.map((model) => toModel(model, builtIn)),
  ]
}

const createdAt = Date.UTC(2026, 10, 22)

/** A configured model can do what its route can, narrowed by what the file says. */
function toModel(config: ModelConfig, builtIn: readonly Model[]): Model {
  const base = builtIn.find(({ type }) => type === config.type)
  if (base === undefined) throw new Error(`no upstream makes ${config.type}s`)
  const prices = Object.entries(config.unit_prices)
  const isVideo = config.type === 'video'
  const durations = isVideo ? (config.durations ?? base.durations) : []
  return {
    id: config.id,
    name: config.name ?? config.id,
    type: config.type,
    createdAt,
    aspectRatios: config.aspect_ratios ?? base.aspectRatios,
    resolutions: prices.map(([resolution]) => resolution),
    outputFormats: isVideo ? [] : (config.output_formats ?? outputFormats),
    durations,
    defaultDuration: config.durations?.[0] ?? base.defaultDuration,
    sound: isVideo && (config.sound ?? true),
    imageRoles: config.image_roles ?? (isVideo ? imageRoles : base.imageRoles),
    maxImages: config.max_images ?? base.maxImages,
    maxPromptLength: base.maxPromptLength,
    seed: base.seed,
    unitPriceMicros: Object.fromEntries(
      prices.map(([resolution, usd]) => [resolution, Math.round(usd * microsPerDollar)]),
    ),
    routes: config.routes.map(({ upstream }) => ({ upstream, model: base.id, settings: null })),
    deadlineMs:
      config.deadline_seconds === undefined ? base.deadlineMs : config.deadline_seconds * 1000,
  }
}
