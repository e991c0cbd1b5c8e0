import { createHash } from 'node:crypto'
import { toPixels } from '../../models/pixels.ts'
import type { Json, UpstreamJob } from '../upstream.ts'
import { inputKey } from './bind-titles.ts'
import { fillIn, namesIn, type Values } from './placeholders.ts'
import type { WorkflowSettings } from './settings.ts'

/** What an order puts in for each placeholder; `images` are the names that the server gave the uploaded ones. */
export function valuesOf(
  { id, input }: UpstreamJob,
  { params }: WorkflowSettings,
  images: ReadonlyMap<string, string>,
): Values {
  const { width, height } = toPixels(input.resolution, input.aspectRatio)
  const values = new Map<string, string | number>([
    ['prompt', input.prompt],
    ['width', toStep(width, params.sizeStep)],
    ['height', toStep(height, params.sizeStep)],
    ['seed', input.seed ?? seedOf(id)],
    ...images,
  ])
  if (params.negativePrompt !== undefined) values.set('negative_prompt', params.negativePrompt)
  if (params.fps !== undefined) values.set('fps', params.fps)
  if (input.duration !== null) {
    values.set('duration', input.duration)
    if (params.fps !== undefined) {
      values.set('frames', input.duration * params.fps + params.extraFrames)
    }
  }
  return values
}

/** The workflow of one job, as it is sent. */
export function fillGraph(
  { graph, defaults }: WorkflowSettings,
  values: Values,
  filePrefix: string,
): Json {
  // Where nobody says one, a placeholder for it leaves nothing; a node with that title keeps its own.
  const all: Values = new Map([['negative_prompt', ''], ...values])
  const fill = (id: string, input: string, value: Json): Json => {
    if (input === 'filename_prefix') return filePrefix
    const standIn = defaults.get(inputKey(id, input))
    const isMissing = standIn !== undefined && namesIn(value).some((name) => !values.has(name))
    return isMissing ? standIn : fillIn(value, all)
  }
  return Object.fromEntries(
    Object.entries(graph).map(([id, { class_type, inputs }]) => {
      const filled = Object.entries(inputs).map(([key, value]) => [key, fill(id, key, value)])
      return [id, { class_type, inputs: Object.fromEntries(filled) as Json }]
    }),
  )
}

function toStep(pixels: number, step: number): number {
  return Math.max(step, Math.round(pixels / step) * step)
}

// Without a seed every job looks different, but the same one always the same. All nodes take 32 bits.
function seedOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0)
}
