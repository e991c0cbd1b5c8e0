/** Where a job is. Two requests are one look, since ComfyUI tells it nowhere in one. */
import type { Call } from '../upstream.ts'
import { toRecord, type Unknowns } from './unknowns.ts'
import type { Reply, Unseen, Wire } from './wire.ts'

export type Place =
  | { kind: 'pending'; ahead: number }
  | { kind: 'running' }
  /** With its entry of the history. */
  | { kind: 'ended'; entry: Unknowns }
  /** The server does not know it: deleted from the queue, lost at a restart, or never taken. */
  | { kind: 'absent' }
  | Unseen

/** Every entry of the queue repeats its whole workflow, which may hold pictures. */
const maxQueueBytes = 8 * 1024 * 1024

/**
 * Looks for a job. The queue is asked before the history: the other way round, a job that ends in
 * between would be in neither and look lost.
 */
export async function look(wire: Wire, id: string, call: Call): Promise<Place> {
  return (await lookInQueue(wire, id, call)) ?? (await lookInHistory(wire, id, call))
}

/** Undefined when the queue does not have it. */
async function lookInQueue(
  wire: Wire,
  id: string,
  call: Call,
): Promise<Exclude<Place, { kind: 'ended' | 'absent' }> | undefined> {
  const reply = await wire.get('/queue', call, maxQueueBytes)
  if (reply.kind === 'no_answer' || reply.status !== 200) return wire.unseen(reply, 'the queue')
  const queue = toRecord(reply.json)
  const running = queue?.['queue_running']
  const pending = queue?.['queue_pending']
  if (!Array.isArray(running) || !Array.isArray(pending)) return inPart(reply, id, wire)
  if (running.some((entry) => idOf(entry) === id)) return { kind: 'running' }
  const own = pending.find((entry) => idOf(entry) === id)
  if (own === undefined) return undefined
  // Listed in the order of a heap; run in that of their numbers.
  const sooner = pending.filter((entry) => numberOf(entry) < numberOf(own))
  return { kind: 'pending', ahead: running.length + sooner.length }
}

// Of a queue too long to be read, what came may still show the job: no other text has its id in quotes.
function inPart(reply: Extract<Reply, { kind: 'answer' }>, id: string, wire: Wire) {
  const isThere =
    reply.isCut && /^\s*\{\s*"queue_/.test(reply.text) && reply.text.includes(`"${id}"`)
  return isThere ? ({ kind: 'running' } as const) : wire.unseen(reply, 'the queue')
}

function idOf(entry: unknown): unknown {
  return Array.isArray(entry) ? entry[1] : undefined
}

function numberOf(entry: unknown): number {
  return Array.isArray(entry) && typeof entry[0] === 'number' ? entry[0] : Infinity
}

async function lookInHistory(wire: Wire, id: string, call: Call): Promise<Place> {
  const reply = await wire.get(`/history/${encodeURIComponent(id)}`, call, maxQueueBytes)
  if (reply.kind === 'no_answer' || reply.status !== 200) return wire.unseen(reply, 'the history')
  const history = toRecord(reply.json)
  const entry =
    history !== undefined && Object.hasOwn(history, id) ? toRecord(history[id]) : undefined
  if (entry !== undefined) return { kind: 'ended', entry }
  const isEmpty = history !== undefined && Object.keys(history).length === 0
  return isEmpty ? { kind: 'absent' } : wire.unseen(reply, 'the history')
}
