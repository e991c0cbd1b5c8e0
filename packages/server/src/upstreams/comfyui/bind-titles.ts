/** A node whose title is the name of a placeholder is meant by it, without `{{…}}` in its inputs. */
import { StartupError } from '../../storage/startup-error.ts'
import type { Json } from '../upstream.ts'
import { namesIn, placeholders } from './placeholders.ts'
import type { Graph, Node } from './workflow.ts'

/** A workflow in which every value of an order has its placeholder. */
export interface BoundGraph {
  graph: Graph
  /** What stood there before, for an image that an order does not have: by node and input. */
  defaults: ReadonlyMap<string, Json>
}

/** An input of a node, as the key of a map. */
export function inputKey(node: string, input: string): string {
  return `${node}.${input}`
}

/** Puts placeholders into the nodes that are named by their titles. Throws StartupError. */
export function bindTitles(graph: Graph, file: string): BoundGraph {
  const defaults = new Map<string, Json>()
  const bind = (id: string, node: Node): Node => {
    const name = node.title.replace(/^\s*\{\{\s*(\w+)\s*\}\}\s*$/, '$1')
    const placeholder = placeholders.get(name)
    // Said in the node itself already, maybe within a longer text.
    if (placeholder === undefined || namesIn({ ...node.inputs }).includes(name)) return node
    const input = placeholder.inputs.find((candidate) => isLiteral(node.inputs[candidate]))
    if (input === undefined) {
      throw new StartupError(
        `workflow: in ${file} the title of node ${id} is ${name}, but it has no input of its own for that; put {{${name}}} where it belongs.`,
      )
    }
    defaults.set(inputKey(id, input), node.inputs[input] ?? null)
    return { ...node, inputs: { ...node.inputs, [input]: `{{${name}}}` } }
  }
  const bound = Object.entries(graph).map(([id, node]) => [id, bind(id, node)] as const)
  return { graph: Object.fromEntries(bound), defaults }
}

// A list is a link to another node.
function isLiteral(value: Json | undefined): boolean {
  return value !== undefined && !Array.isArray(value)
}
