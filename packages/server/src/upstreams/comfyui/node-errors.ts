/** What ComfyUI says of single nodes, reduced to names. */
import { toList, toRecord, toText, type Unknowns } from './unknowns.ts'

/** One error of one node. */
export interface NodeError {
  node: string
  nodeClass: string
  type: string
  input?: string
  /** Only of an input that is the operator's. */
  value?: string
  /** The client's field that the input got its value from. */
  field?: string
}

/** By node and input, the client's field that goes there. */
export type FieldOf = (node: string, input: string) => string | undefined

/** Reads `node_errors`. */
export function readNodeErrors(nodeErrors: unknown, fieldOf: FieldOf): NodeError[] {
  return Object.entries(toRecord(nodeErrors) ?? {}).flatMap(([node, about]) => {
    const { errors, class_type: nodeClass } = toRecord(about) ?? {}
    const found = toList(errors).flatMap((error): Unknowns[] => {
      const record = toRecord(error)
      return record === undefined ? [] : [record]
    })
    return (found.length > 0 ? found : [{}]).map((error) =>
      toNodeError(node, toName(nodeClass), error, fieldOf),
    )
  })
}

function toNodeError(
  node: string,
  nodeClass: string,
  error: Unknowns,
  fieldOf: FieldOf,
): NodeError {
  const extra = toRecord(error['extra_info']) ?? {}
  const input = typeof extra['input_name'] === 'string' ? extra['input_name'] : undefined
  const field = input === undefined ? undefined : fieldOf(node, input)
  const value = field === undefined ? toFileName(extra['received_value']) : undefined
  return {
    node: toName(node),
    nodeClass,
    type: toName(error['type']),
    ...(input === undefined ? {} : { input: toName(input) }),
    ...(value === undefined ? {} : { value }),
    ...(field === undefined ? {} : { field }),
  }
}

/** Where and as what an exception was raised. */
export function raised(details: Unknowns): string {
  const node = `node ${toName(details['node_id'])} (${toName(details['node_type'])})`
  const type = details['exception_type']
  return type === undefined ? node : `${node} raised ${toName(type)}`
}

// Whatever has the form of a name is one; the rest is not repeated.
function toName(value: unknown): string {
  const text = toText(value)
  return /^[\w.:|+() -]{1,80}$/.test(text) ? text : '?'
}

// Such as the checkpoint that is not there; never a folder of the server.
function toFileName(value: unknown): string | undefined {
  const text = toText(value)
  return /^[\w.+ ()-]{1,100}$/.test(text) ? JSON.stringify(text) : undefined
}
