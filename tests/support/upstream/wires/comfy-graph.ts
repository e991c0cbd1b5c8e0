import { comfyAnswers, nodeErrors } from '../answers/comfyui.ts'
import type { Wanted } from '../jobs.ts'
import type { Act } from '../script.ts'
import { isObject } from './wire.ts'

/** A workflow in API format. */
export type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>

/** What is submitted, or what is answered because it cannot run. */
export function readGraph(
  value: unknown,
  hasInput: (name: string) => boolean,
): { graph: Graph; outputs: string[] } | Act {
  if (value === undefined) return comfyAnswers.noPrompt()
  if (!isObject(value)) return comfyAnswers.trouble()
  for (const [id, node] of Object.entries(value)) {
    if (!isObject(node) || typeof node['class_type'] !== 'string')
      return comfyAnswers.noClassType(id)
    node['inputs'] ??= {}
  }
  // Every node was just seen to have a class_type.
  const graph = value as Graph
  const outputs = Object.keys(graph).filter((id) => isOutput(graph[id]?.class_type ?? ''))
  if (outputs.length === 0) return comfyAnswers.noOutputs()
  const errors = Object.entries(graph).flatMap(([id, node]) =>
    Object.entries(node.inputs).flatMap(([input, given]) => {
      const fault = faultOf(graph, node.class_type, { input, given, hasInput })
      if (fault === undefined) return []
      const about = { node: id, input, classType: node.class_type, outputs, received: given }
      return [nodeErrors({ ...fault, ...about })]
    }),
  )
  if (errors.length > 0) return comfyAnswers.failedValidation(Object.assign({}, ...errors))
  return { graph, outputs }
}

/** What the graph makes, as far as one can tell by the names of its nodes and inputs. */
export function toWanted(graph: Graph, outputs: string[]): Wanted {
  const all = Object.values(graph).map(({ inputs }) => inputs)
  const find = (name: string) => all.map((inputs) => Number(inputs[name])).find((n) => n > 0)
  const isFilm = outputs.some((id) => isFilmOutput(graph[id]?.class_type ?? ''))
  return {
    kind: isFilm ? 'film' : 'image',
    count: isFilm ? 1 : (find('batch_size') ?? 1) * outputs.length,
    width: find('width') ?? 512,
    height: find('height') ?? 512,
    format: 'png',
    sound: Object.values(graph).some(({ class_type: name }) => /audio/i.test(name)),
  }
}

/** Whether a node saves films rather than pictures. */
export function isFilmOutput(classType: string): boolean {
  return /video|webm|animated/i.test(classType)
}

function isOutput(classType: string): boolean {
  return /^(Save|Preview|VHS_VideoCombine)/.test(classType)
}

const numbers = new Set(['width', 'height', 'batch_size'])

function faultOf(
  graph: Graph,
  classType: string,
  {
    input,
    given,
    hasInput,
  }: {
    input: string
    given: unknown
    hasInput: (name: string) => boolean
  },
): { type: string; message: string; details: string } | undefined {
  if (Array.isArray(given)) {
    if (Object.hasOwn(graph, String(given[0]))) return undefined
    const message = 'Exception when validating node'
    return { type: 'exception_during_validation', message, details: `'${String(given[0])}'` }
  }
  if (classType === 'LoadImage' && input === 'image' && !hasInput(String(given))) {
    const details = `image - Invalid image file: ${String(given)}`
    return { type: 'custom_validation_failed', message: 'Custom validation failed', details }
  }
  return numbers.has(input) ? numberFault(input, given) : undefined
}

function numberFault(input: string, given: unknown) {
  const value = Number(given)
  if (Number.isNaN(value)) {
    const reason = `invalid literal for int() with base 10: '${String(given)}'`
    return {
      type: 'invalid_input_type',
      message: 'Failed to convert an input value to a INT value',
      details: `${input}, ${String(given)}, ${reason}`,
    }
  }
  if (value > 16_384) {
    const message = `Value ${value} bigger than max of 16384`
    return { type: 'value_bigger_than_max', message, details: input }
  }
  if (value < 1) {
    const message = `Value ${value} smaller than min of 1`
    return { type: 'value_smaller_than_min', message, details: input }
  }
  return undefined
}
