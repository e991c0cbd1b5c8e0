import type { Verdict } from '../script.ts'
import type { Item } from './comfy-server.ts'
import { workOf } from './comfy-work.ts'
import type { Place } from './comfy-disk.ts'

/** Name and data of an event, as history keeps them and sockets get them. */
export type Message = [string, object]

/** What `/history/{id}` shows under the id. */
export interface Entry {
  prompt: unknown[]
  outputs: Record<string, { images?: Place[]; gifs?: Place[]; animated?: boolean[] }>
  status: { status_str: 'success' | 'error'; completed: boolean; messages: Message[] }
  meta: object
}

/** A job that has ended. */
export function toEntry(
  item: Item,
  { outputs, cached, last }: { outputs: Entry['outputs']; cached: string[]; last: Message },
): Entry {
  const isSuccess = last[0] === 'execution_success'
  const start = { prompt_id: item.job.id, timestamp: item.startedAt ?? 0 }
  return {
    prompt: toQueueRow(item, false),
    outputs,
    status: {
      status_str: isSuccess ? 'success' : 'error',
      completed: isSuccess,
      messages: [
        ['execution_start', start],
        ['execution_cached', { nodes: cached, ...start }],
        last,
      ],
    },
    meta: Object.fromEntries(Object.keys(outputs).map((id) => [id, metaOf(id)])),
  }
}

/** As `/queue` lists it; there, unlike in the history, the key of its partners is in the clear. */
export function toQueueRow({ number, job, graph, extraData, outputs }: Item, hasKey: boolean) {
  const { api_key_comfy_org: key, ...rest } = extraData
  const data = hasKey && key !== undefined ? extraData : rest
  return [number, job.id, graph, data, outputs]
}

/** The last message of a job, which alone tells an interruption from an error. */
export function finalMessage(item: Item, verdict: Verdict): Message {
  const { job, graph } = item
  const ids = { prompt_id: job.id }
  const timestamp = Date.now()
  if (verdict.name === 'ok' || verdict.name === 'empty' || verdict.name === 'nsfw-flag')
    return ['execution_success', { ...ids, timestamp }]
  const node = workOf(item)
  const where = { node_id: node, node_type: graph[node]?.class_type ?? '', executed: [] }
  if (verdict.name === 'interrupted')
    return ['execution_interrupted', { ...ids, ...where, timestamp }]
  const { type, message } = exceptionOf(verdict)
  return [
    'execution_error',
    {
      ...ids,
      ...where,
      exception_message: `${message}\n`,
      exception_type: type,
      // A real one names its own folders here, which nobody else should see.
      traceback: ['  File "/opt/ComfyUI/execution.py", line 496, in execute\n'],
      current_inputs: graph[node]?.inputs ?? {},
      current_outputs: Object.keys(graph),
      timestamp,
    },
  ]
}

function exceptionOf({ name, type, message }: Verdict): { type: string; message: string } {
  const [usualType, usualMessage] =
    name === 'out-of-memory'
      ? ['torch.OutOfMemoryError', 'Allocation on device 0 would exceed allowed memory.']
      : name === 'moderated' || name === 'moderated-as-empty'
        ? [
            'Exception',
            'The partner refused this: the request was moderated by its content policy.',
          ]
        : name === 'invalid-field'
          ? [
              'PIL.UnidentifiedImageError',
              "cannot identify image file '/opt/ComfyUI/input/ref.png'",
            ]
          : ['RuntimeError', 'Intentional error at /opt/ComfyUI/nodes.py']
  return { type: type ?? usualType, message: message ?? usualMessage }
}

function metaOf(id: string): object {
  return { node_id: id, display_node: id, parent_node: null, real_node_id: id }
}
