import { WebSocket } from 'undici'
import type { UpstreamAccount } from '../../support/upstream/scripted-upstream.ts'
import { bodyOf } from './account.ts'

/** A graph that makes one picture, told apart by its words. */
export function graphOf(words: string, prefix = 'fg'): Record<string, object> {
  return {
    '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 48, batch_size: 1, words } },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: prefix } },
  }
}

/** Submits a graph. */
export function prompt({ comfyui }: UpstreamAccount, body: object): Promise<Response> {
  return fetch(`${comfyui}/prompt`, { method: 'POST', body: JSON.stringify(body) })
}

/** What history and queue show, and where a job's files are. */
export interface ComfyEntry {
  outputs: Record<string, { images: { filename: string; subfolder: string; type: string }[] }>
  status: { status_str: string; completed: boolean; messages: [string, object][] }
}

/** The entry of an id, if there is one. */
export async function historyOf(
  { comfyui }: UpstreamAccount,
  id: string,
): Promise<ComfyEntry | undefined> {
  const all = await bodyOf<Record<string, ComfyEntry>>(await fetch(`${comfyui}/history/${id}`))
  return all[id]
}

/** The ids that run and wait. */
export async function queueOf({ comfyui }: UpstreamAccount): Promise<[string[], string[]]> {
  type Row = [number, string]
  const queue = await bodyOf<{ queue_running: Row[]; queue_pending: Row[] }>(
    await fetch(`${comfyui}/queue`),
  )
  const ids = (rows: Row[]) => rows.map(([, id]) => id)
  return [ids(queue.queue_running), ids(queue.queue_pending)]
}

/** A JSON body to one of the routes that answer with nothing but a status. */
export async function post(
  { comfyui }: UpstreamAccount,
  path: string,
  body?: object,
): Promise<number> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  return (await fetch(`${comfyui}/${path}`, { method: 'POST', ...init })).status
}

/** A socket that keeps what it is told. */
export interface Listener {
  /** Types of the messages so far, `binary` among them. */
  types: string[]
  data: Record<string, unknown>[]
  /** Resolves when a message of the type has come. */
  heard(type: string): Promise<void>
  /** Resolves with the code that it was closed with. */
  closed: Promise<number>
  close(): void
}

/** Opens a socket for a client id; rejects when that is refused. */
export async function listen({ comfyui }: UpstreamAccount, id: string): Promise<Listener> {
  const socket = new WebSocket(`${comfyui.replace('http', 'ws')}/ws?clientId=${id}`)
  const types: string[] = []
  const data: Record<string, unknown>[] = []
  const waiting = new Set<() => void>()
  socket.addEventListener('message', ({ data: message }: { data: unknown }) => {
    if (typeof message === 'string') {
      const parsed = JSON.parse(message) as { type: string; data: Record<string, unknown> }
      types.push(parsed.type)
      data.push(parsed.data)
    } else types.push('binary')
    for (const check of waiting) check()
  })
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code))
  })
  const heard = (type: string) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (types.includes(type)) resolve()
      }
      waiting.add(check)
      check()
    })
  await Promise.race([
    heard('status'),
    closed.then((code) => {
      throw new Error(`The socket was closed with ${code} before anything came.`)
    }),
  ])
  return { types, data, heard, closed, close: () => socket.close() }
}
