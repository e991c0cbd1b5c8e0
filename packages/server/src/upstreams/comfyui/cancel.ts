import type { Call, Cancelled, UpstreamRef } from '../upstream.ts'
import { look } from './look.ts'
import { toList, toRecord } from './unknowns.ts'
import type { Wire } from './wire.ts'

/**
 * Asks that a job is not made. Both requests are answered alike whatever they did, so only the queue
 * and the history tell. A running job is interrupted when its node next reports or ends; in its last
 * node never.
 */
export async function cancel(wire: Wire, { id }: UpstreamRef, call: Call): Promise<Cancelled> {
  const deleted = await wire.post('/queue', { delete: [id] }, call)
  if (deleted.kind === 'no_answer' || deleted.status !== 200) return 'unknown'
  const place = await look(wire, id, call)
  if (place.kind === 'absent') return 'cancelled'
  if (place.kind === 'ended') return wasInterrupted(place.entry) ? 'cancelled' : 'too_late'
  // Never without looking: a server that does not know `prompt_id` here interrupts whatever runs.
  if (place.kind !== 'running') return 'unknown'
  const interrupted = await wire.post('/interrupt', { prompt_id: id }, call)
  return interrupted.kind === 'answer' && interrupted.status === 200 ? 'requested' : 'unknown'
}

function wasInterrupted(entry: Readonly<Record<string, unknown>>): boolean {
  const messages = toList(toRecord(entry['status'])?.['messages'])
  return toList(messages.at(-1))[0] === 'execution_interrupted'
}
