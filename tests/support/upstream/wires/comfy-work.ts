import type { Graph } from './comfy-graph.ts'

/** The node that is said to be at work. */
export function workOf({ graph, outputs }: { graph: Graph; outputs: string[] }): string {
  return Object.keys(graph).find((id) => !outputs.includes(id)) ?? outputs[0] ?? ''
}
