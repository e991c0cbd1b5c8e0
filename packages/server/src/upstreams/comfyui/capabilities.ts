import type { OutputFormat } from '../../contract/images.ts'
import type { GenerationType } from '../../contract/generations.ts'
import type { ImageRole } from '../../contract/common.ts'
import type { Capabilities, Route } from '../../models/model.ts'
import { placeholders } from './placeholders.ts'
import { fixedSize, settingsOf, type WorkflowSettings } from './settings.ts'

const ratios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '21:9']
const filmRatios = ['16:9', ...ratios.filter((ratio) => ratio !== '16:9')]
const resolutions = { image: ['1K', '2K', '4K'], video: ['720p', '480p', '1080p'] }
const durations = Array.from({ length: 20 }, (_, index) => index + 1)
const defaultDuration = 5
const maxPromptLength = 4096

/** What a workflow can be asked for, told by its placeholders. Undefined for what was read for the other type. */
export function capabilitiesOf(
  type: GenerationType,
  route: Pick<Route, 'settings'>,
): Capabilities | undefined {
  const settings = settingsOf(route)
  if (settings.type !== type) return undefined
  const { names, params } = settings
  const images = [...names].filter((name) => placeholders.get(name)?.role !== undefined)
  return {
    ...sizesOf(settings),
    ...(type === 'image'
      ? { outputFormats: [params.outputFormat ?? savedFormat(settings)], durations: [] }
      : { outputFormats: [], durations: durationsOf(settings) }),
    defaultDuration: type === 'image' ? 0 : (params.duration ?? defaultDuration),
    sound: false,
    imageRoles: [...new Set(images.map(roleOf))],
    maxImages: images.length,
    maxPromptLength,
    seed: names.has('seed'),
  }
}

function roleOf(name: string): ImageRole {
  return placeholders.get(name)?.role ?? 'reference_image'
}

function sizesOf({ names, type, graph, params }: WorkflowSettings) {
  if (names.has('width')) {
    return {
      aspectRatios: type === 'image' ? ratios : filmRatios,
      resolutions: resolutions[type],
    }
  }
  // A workflow without a size was not read.
  const { width, height } = fixedSize(graph) ?? { width: 1, height: 1 }
  const divisor = greatestDivisor(width, height)
  const named =
    type === 'image'
      ? `${Math.max(1, Math.round(Math.max(width, height) / 1024))}K`
      : `${Math.min(width, height)}p`
  return {
    aspectRatios: [params.aspectRatio ?? `${width / divisor}:${height / divisor}`],
    resolutions: [params.resolution ?? named],
  }
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}

function durationsOf({ names, params }: WorkflowSettings): number[] {
  if (params.duration !== undefined) return [params.duration]
  return names.has('frames') || names.has('duration') ? durations : [defaultDuration]
}

// ComfyUI's own node for pictures saves PNG and nothing else.
function savedFormat({ graph }: WorkflowSettings): OutputFormat {
  const isWebp = Object.values(graph).some((node) => node.class_type === 'SaveAnimatedWEBP')
  return isWebp ? 'webp' : 'png'
}
