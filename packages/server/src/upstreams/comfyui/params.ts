/**
 * `routes[].params` of a workflow. A name with a dot is an input of a node, such as `4.ckpt_name`; the
 * others say what the workflow itself cannot.
 */
import { StartupError } from '../../storage/startup-error.ts'
import type { RouteConfig } from '../adapter.ts'
import { namesIn } from './placeholders.ts'
import type { Graph } from './workflow.ts'

export interface WorkflowParams {
  /** Put in for `{{negative_prompt}}`. */
  negativePrompt: string | undefined
  /** Frames a second of `{{frames}}` and `{{fps}}`. */
  fps: number | undefined
  /** Added to `{{frames}}`, for models that want one more than a multiple. */
  extraFrames: number
  /** Sides are rounded to a multiple of this, as the model's nodes would. */
  sizeStep: number
  /** What a workflow without size or duration makes. */
  aspectRatio: string | undefined
  resolution: string | undefined
  duration: number | undefined
  /** What the workflow saves. */
  outputFormat: 'jpeg' | 'png' | 'webp' | undefined
}

type Params = NonNullable<RouteConfig['params']>

const names = [
  'negative_prompt',
  'fps',
  'extra_frames',
  'size_step',
  'aspect_ratio',
  'resolution',
  'duration',
  'output_format',
]

/** Reads what is no input of a node. Throws StartupError. */
export function parseParams(params: Params): WorkflowParams {
  const unknown = Object.keys(params).find((name) => !name.includes('.') && !names.includes(name))
  if (unknown !== undefined) {
    throw new StartupError(
      `params: there is no ${JSON.stringify(unknown)} for a workflow; there is ${names.join(', ')}, and NODE.INPUT for an input of a node, such as "4.ckpt_name".`,
    )
  }
  const format = readMatch(params, 'output_format', /^(jpeg|png|webp)$/, 'jpeg, png or webp')
  return {
    negativePrompt: readMatch(params, 'negative_prompt', /^/, 'a text'),
    fps: readNumber(params, 'fps', 1, 240),
    extraFrames: readNumber(params, 'extra_frames', 0, 100) ?? 0,
    sizeStep: readNumber(params, 'size_step', 1, 256) ?? 8,
    aspectRatio: readMatch(params, 'aspect_ratio', /^[1-9]\d{0,4}:[1-9]\d{0,4}$/, 'such as "16:9"'),
    resolution: readMatch(params, 'resolution', /^[1-9]\d{0,4}[Kp]$/, 'such as "1K" or "720p"'),
    duration: readNumber(params, 'duration', 1, 3600),
    // What the pattern lets through.
    outputFormat: format as WorkflowParams['outputFormat'],
  }
}

function readNumber(params: Params, name: string, least: number, most: number) {
  const value = params[name]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
    return value
  }
  throw new StartupError(`params.${name} has to be a whole number from ${least} to ${most}.`)
}

function readMatch(params: Params, name: string, pattern: RegExp, what: string) {
  const value = params[name]
  if (value === undefined) return undefined
  if (typeof value === 'string' && pattern.test(value)) return value
  throw new StartupError(`params.${name} has to be ${what}.`)
}

/** The workflow with the inputs that the operator fixed. Throws StartupError. */
export function withInputs(graph: Graph, params: Params, file: string): Graph {
  const result = { ...graph }
  for (const [key, value] of Object.entries(params)) {
    const dot = key.indexOf('.')
    if (dot === -1) continue
    const [id, input] = [key.slice(0, dot), key.slice(dot + 1)]
    const node = result[id]
    if (node === undefined || !Object.hasOwn(node.inputs, input)) {
      const known = node === undefined ? Object.keys(graph) : Object.keys(node.inputs)
      throw new StartupError(
        `params: ${JSON.stringify(key)} is no input of a node in ${file}; ${node === undefined ? 'its nodes are' : `node ${id} has`} ${known.slice(0, 40).join(', ')}.`,
      )
    }
    if (
      namesIn(node.inputs[input] ?? null).includes('prompt') &&
      !namesIn(value).includes('prompt')
    ) {
      throw new StartupError(
        `params: ${JSON.stringify(key)} would take the place of {{prompt}}; leave it out.`,
      )
    }
    result[id] = { ...node, inputs: { ...node.inputs, [input]: value } }
  }
  return result
}
