/** The operator's workflow, as ComfyUI exports it for its API: nodes by id. */
import type { Json } from '../upstream.ts'
import { StartupError } from '../../storage/startup-error.ts'
import { parseJson, toRecord, toText } from './unknowns.ts'

export interface Node {
  class_type: string
  inputs: Readonly<Record<string, Json>>
  /** As the editor shows it; empty without one. */
  title: string
}

export type Graph = Readonly<Record<string, Node>>

const howToExport = 'choose "Export (API)" in the Workflow menu of ComfyUI and name that file'

/** Reads a workflow. Throws StartupError with what to do, for the setting `workflow`. */
export function parseWorkflow(text: string, file: string): Graph {
  const found = toRecord(parseJson(text.replace(/^\uFEFF/, '')))
  if (found === undefined) {
    throw new StartupError(`workflow: ${file} is not valid JSON of a workflow; ${howToExport}.`)
  }
  if (Array.isArray(found['nodes'])) {
    throw new StartupError(
      `workflow: ${file} is in the format of ComfyUI's editor, which its API does not take; ${howToExport}.`,
    )
  }
  const nodes = Object.entries(found)
  if (nodes.length === 0) {
    throw new StartupError(`workflow: ${file} has no nodes; ${howToExport}.`)
  }
  const graph = Object.fromEntries(nodes.map(([id, node]) => [id, toNode(id, node, file)]))
  if (!Object.values(graph).some(isOutput)) {
    throw new StartupError(
      `workflow: ${file} has no node that saves a file; add one such as SaveImage or SaveVideo in ComfyUI and export it again.`,
    )
  }
  return graph
}

function toNode(id: string, value: unknown, file: string): Node {
  const node = toRecord(value)
  const inputs = toRecord(node?.['inputs'])
  const classType = toText(node?.['class_type'])
  if (inputs === undefined || classType === '') {
    throw new StartupError(
      `workflow: ${file} is no workflow in API format, since ${JSON.stringify(id)} in it has no class_type and inputs; ${howToExport}.`,
    )
  }
  return {
    class_type: classType,
    // Came out of JSON.parse.
    inputs: inputs as Readonly<Record<string, Json>>,
    title: toText(toRecord(node?.['_meta'])?.['title']),
  }
}

// Nodes of extensions have names of their own. What goes out by WebSocket is in no history.
function isOutput({ class_type: name, inputs }: Node): boolean {
  if (name === 'SaveImageWebsocket') return false
  return 'filename_prefix' in inputs || /save|preview|combine|export|write/i.test(name)
}
