/** Reads a route to a workflow, once, when the gateway starts. */
import type { GenerationType } from '../../contract/generations.ts'
import type { Route } from '../../models/model.ts'
import { StartupError } from '../../storage/startup-error.ts'
import type { RouteConfig } from '../adapter.ts'
import { bindTitles, inputKey, type BoundGraph } from './bind-titles.ts'
import { parseParams, withInputs, type WorkflowParams } from './params.ts'
import { hasValue, namesIn, placeholders } from './placeholders.ts'
import { parseWorkflow } from './workflow.ts'

/** What is known of a route to a workflow. */
export interface WorkflowSettings extends BoundGraph {
  type: GenerationType
  /** Placeholders of the workflow. */
  names: ReadonlySet<string>
  /** Those of images that every order has to bring, since nothing else can stand there. */
  neededImages: readonly string[]
  params: WorkflowParams
}

/** Reads the file of a route and what is said about it. Throws StartupError. */
export function parseRoute(
  config: RouteConfig,
  type: GenerationType,
  readFile: (path: string) => string,
): Pick<Route, 'model' | 'settings'> {
  const file = config.workflow
  if (file === undefined) {
    throw new StartupError(
      'workflow is missing; name a file that ComfyUI has exported in API format, such as "./workflow.json".',
    )
  }
  const params = config.params ?? {}
  const graph = withInputs(parseWorkflow(read(file, readFile), file), params, file)
  const bound = bindTitles(graph, file)
  const settings: WorkflowSettings = {
    ...bound,
    ...findNames(bound),
    type,
    params: parseParams(params),
  }
  checkNames(settings, file)
  checkSize(settings, file)
  if (type === 'video') checkTime(settings, file)
  return { model: config.model ?? nameOf(file), settings }
}

/** The settings of a route that `parseRoute` has read. */
export function settingsOf({ settings }: Pick<Route, 'settings'>): WorkflowSettings {
  // Nothing else is ever put there for this adapter.
  return settings as WorkflowSettings
}

function read(file: string, readFile: (path: string) => string): string {
  try {
    return readFile(file)
  } catch (error) {
    if (error instanceof StartupError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new StartupError(`workflow: ${file} cannot be read: ${why}.`)
  }
}

function nameOf(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.json$/i, '')
}

function findNames({ graph, defaults }: BoundGraph) {
  const names = new Set<string>()
  const needed = new Set<string>()
  for (const [id, { inputs }] of Object.entries(graph)) {
    for (const [input, value] of Object.entries(inputs)) {
      for (const name of namesIn(value)) {
        names.add(name)
        const isImage = placeholders.get(name)?.role !== undefined
        if (isImage && !defaults.has(inputKey(id, input))) needed.add(name)
      }
    }
  }
  return { names, neededImages: [...needed] }
}

function checkNames({ names, type }: WorkflowSettings, file: string): void {
  if (!names.has('prompt')) {
    throw new StartupError(
      `workflow: ${file} has no {{prompt}}; put it where the text of the prompt belongs, such as in the input text of CLIPTextEncode.`,
    )
  }
  const strange = [...names].find((name) => !hasValue(name, type))
  if (strange !== undefined) {
    const known = [...placeholders.keys()].filter((name) => hasValue(name, type))
    throw new StartupError(
      `workflow: ${file} has {{${strange}}}, which ${type === 'video' ? 'a film' : 'an image'} has no value for; there is ${known.join(', ')}.`,
    )
  }
  const gap = [...names].find((name) => isNumberedImage(name) && !names.has(before(name)))
  if (gap !== undefined) {
    throw new StartupError(
      `workflow: ${file} has {{${gap}}} but no {{${before(gap)}}}; number the images from 1 on.`,
    )
  }
}

function isNumberedImage(name: string): boolean {
  return name.startsWith('image_') && name !== 'image_1'
}

function before(name: string): string {
  return `image_${Number(name.slice('image_'.length)) - 1}`
}

function checkSize({ names, graph, params, type }: WorkflowSettings, file: string): void {
  if (names.has('width') !== names.has('height')) {
    const [has, lacks] = names.has('width') ? ['width', 'height'] : ['height', 'width']
    throw new StartupError(
      `workflow: ${file} has {{${has}}} but no {{${lacks}}}; put in both, or neither.`,
    )
  }
  const isTold = params.aspectRatio !== undefined && params.resolution !== undefined
  if (names.has('width') || isTold || fixedSize(graph) !== undefined) return
  const example = type === 'video' ? '720p' : '1K'
  throw new StartupError(
    `workflow: ${file} has no {{width}} and {{height}}; put them where its size is set, or say what it makes in params, such as "aspect_ratio": "16:9" and "resolution": "${example}".`,
  )
}

/** The size that a workflow without placeholders for it makes; undefined where that is not plain. */
export function fixedSize(graph: WorkflowSettings['graph']) {
  const sizes = new Map<string, { width: number; height: number }>()
  for (const { inputs } of Object.values(graph)) {
    const { width, height } = inputs
    if (isSide(width) && isSide(height)) sizes.set(`${width}x${height}`, { width, height })
  }
  const [size] = sizes.values()
  return sizes.size === 1 ? size : undefined
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0
}

function checkTime({ names, params }: WorkflowSettings, file: string): void {
  if ((names.has('frames') || names.has('fps')) && params.fps === undefined) {
    throw new StartupError(
      `params.fps is missing; ${file} has {{${names.has('frames') ? 'frames' : 'fps'}}}, so say how many frames a second has, such as "fps": 16.`,
    )
  }
  if (!names.has('frames') && !names.has('duration') && params.duration === undefined) {
    throw new StartupError(
      `workflow: ${file} has neither {{frames}} nor {{duration}}; put one in, or say in params how many seconds its films last, such as "duration": 5.`,
    )
  }
}
