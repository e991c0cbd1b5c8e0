/** The models of this server: the built-in ones, and those of the configuration file. */
import { readFileSync } from 'node:fs'
import { microsPerDollar } from '../ledger/money.ts'
import type { Capabilities, Model, Route } from '../models/model.ts'
import { sandboxDeadlineSeconds, sandboxModels, sandboxName } from '../upstreams/sandbox/models.ts'
import { StartupError } from '../storage/startup-error.ts'
import type { Json } from '../upstreams/upstream.ts'
import { adapters } from '../upstreams/adapters.ts'
import type { ConfigFile, ModelConfig } from './config-file.ts'
import { didYouMean } from './nearest.ts'
import { besides } from './upstreams-config.ts'

const createdAt = Date.UTC(2026, 10, 22)

/** Reads every model, and the files that their routes name; throws StartupError. */
export function toModels(file: ConfigFile, path: string): Model[] {
  const { image_deadline_seconds: image, video_deadline_seconds: video } = file.sandbox
  const seconds = { image, video }
  return [
    ...sandboxModels.map((model) => ({ ...model, deadlineMs: seconds[model.type] * 1000 })),
    ...file.models.map((config) => toModel(config, { file, path })),
  ]
}

interface Source {
  file: ConfigFile
  path: string
}

/** A configured model can do what every one of its routes can, narrowed by what the file says. */
function toModel(config: ModelConfig, source: Source): Model {
  const place = `The configuration file ${source.path} is wrong at the model ${config.id}`
  const reached = config.routes.map((route, index) =>
    toRoute(config, { ...source, route, place: `${place}: routes.${index}` }),
  )
  const all = reached.map(({ capabilities }) => capabilities)
  const base = narrow(config, all.reduce(intersect), place)
  return {
    ...base,
    id: config.id,
    name: config.name ?? config.id,
    type: config.type,
    createdAt,
    unitPriceMicros: Object.fromEntries(
      Object.entries(config.unit_prices).map(([resolution, usd]) => [
        resolution,
        Math.round(usd * microsPerDollar),
      ]),
    ),
    routes: reached.map(({ route }) => route),
    deadlineMs: (config.deadline_seconds ?? sandboxDeadlineSeconds[config.type]) * 1000,
  }
}

function toRoute(
  { type }: ModelConfig,
  { file, path, route, place }: Source & { route: ModelConfig['routes'][number]; place: string },
): { route: Route; capabilities: Capabilities } {
  const { upstream } = route
  if (upstream === sandboxName) return toSandboxRoute(type)
  const known = file.upstreams[upstream]
  if (known === undefined) {
    const names = [...Object.keys(file.upstreams), sandboxName]
    throw new StartupError(
      `${place}: there is no upstream ${upstream}${didYouMean(upstream, names)}; there is ${names.join(', ')}.`,
    )
  }
  const adapter = adapters[known.adapter]
  const read = (name: string) => readFileSync(besides(path, name), 'utf8')
  try {
    // What the file holds was JSON.
    const parsed = adapter.parseRoute(
      route as typeof route & { params?: Record<string, Json> },
      type,
      read,
    )
    const capabilities = adapter.capabilities(type, parsed)
    if (capabilities === undefined) {
      throw new StartupError(`${known.adapter} makes no ${type}s there.`)
    }
    return { route: { ...parsed, upstream }, capabilities }
  } catch (error) {
    if (error instanceof StartupError) throw new StartupError(`${place}: ${error.message}`)
    throw new StartupError(`${place}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function toSandboxRoute(type: Model['type']): { route: Route; capabilities: Capabilities } {
  const model = sandboxModels.find((each) => each.type === type)
  if (model === undefined) throw new Error(`the sandbox makes no ${type}s`)
  return { route: { upstream: sandboxName, model: model.id, settings: null }, capabilities: model }
}

/** What both can do; the order, and with it the defaults, is that of the first. */
function intersect(one: Capabilities, other: Capabilities): Capabilities {
  const both = <Value>(a: readonly Value[], b: readonly Value[]) =>
    a.filter((each) => b.includes(each))
  const durations = both(one.durations, other.durations)
  return {
    aspectRatios: both(one.aspectRatios, other.aspectRatios),
    resolutions: both(one.resolutions, other.resolutions),
    outputFormats: both(one.outputFormats, other.outputFormats),
    durations,
    defaultDuration: durations.includes(one.defaultDuration)
      ? one.defaultDuration
      : (durations[0] ?? 0),
    sound: one.sound && other.sound,
    imageRoles: both(one.imageRoles, other.imageRoles),
    maxImages: Math.min(one.maxImages, other.maxImages),
    maxPromptLength: Math.min(one.maxPromptLength, other.maxPromptLength),
    seed: one.seed && other.seed,
  }
}

function narrow(config: ModelConfig, base: Capabilities, place: string): Capabilities {
  const list = <Value extends string | number>(
    setting: string,
    wanted: readonly Value[] | undefined,
    able: readonly Value[],
  ): readonly Value[] => {
    const unable = wanted?.find((value) => !able.includes(value))
    if (unable === undefined) return wanted ?? able
    const can = able.length === 0 ? 'none' : able.join(', ')
    throw new StartupError(`${place}: ${setting} has ${unable}, and its routes can do ${can}.`)
  }
  const { type } = config
  const isVideo = type === 'video'
  const durations = list('durations', config.durations, base.durations)
  const aspectRatios = list('aspect_ratios', config.aspect_ratios, base.aspectRatios)
  if (aspectRatios.length === 0) {
    throw new StartupError(`${place}: its routes have no aspect ratio in common.`)
  }
  return {
    aspectRatios,
    resolutions: list('unit_prices', Object.keys(config.unit_prices), base.resolutions),
    outputFormats: isVideo ? [] : list('output_formats', config.output_formats, base.outputFormats),
    durations: isVideo ? durations : [],
    defaultDuration: config.durations?.[0] ?? base.defaultDuration,
    sound: isVideo && base.sound && (config.sound ?? true),
    imageRoles: list('image_roles', config.image_roles, base.imageRoles),
    maxImages: Math.min(config.max_images ?? base.maxImages, base.maxImages),
    maxPromptLength: base.maxPromptLength,
    seed: base.seed,
  }
}
