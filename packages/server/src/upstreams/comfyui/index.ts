/** ComfyUI as an upstream: the operator's workflows on a server of their own. README.md says how. */
import type { Adapter, UpstreamSettings } from '../adapter.ts'
import type { Call, Found, Polled, Upstream, UpstreamRef } from '../upstream.ts'
import { cancel } from './cancel.ts'
import { capabilitiesOf } from './capabilities.ts'
import { download } from './download.ts'
import { promptIdOf } from './ids.ts'
import { look } from './look.ts'
import { prepare } from './prepare.ts'
import { parseRoute } from './settings.ts'
import { pollAfterMs, submit } from './submit.ts'
import { toRecord } from './unknowns.ts'
import { toVerdict } from './verdict.ts'
import { Wire } from './wire.ts'

/** The kind of upstream that `"adapter": "comfyui"` names. */
export const comfyuiAdapter: Adapter = {
  name: 'comfyui',
  defaultBaseUrl: 'http://127.0.0.1:8188',
  needsCredential: false,
  parseRoute,
  capabilities: capabilitiesOf,
  create: createUpstream,
}

/** A submission is checked before it is answered, which took 0.1 s beside a busy node. */
const submitTimeoutMs = 30_000

/** A job is listed before its submission is answered, but the request itself may still be on its way. */
const listingDelayMs = 10_000

function createUpstream(settings: UpstreamSettings): Upstream {
  const wire = new Wire(settings)
  return {
    name: settings.name,
    submitTimeoutMs,
    listingDelayMs,
    prepare: (job, call) => prepare(wire, job, call),
    submit: (job, prepared, call) => submit(wire, job, prepared, call),
    poll: (ref, call) => poll(wire, ref, call),
    cancel: (ref, call) => cancel(wire, ref, call),
    download: (source, call) => download(wire, source, call),
    find: (job, call) => find(wire, promptIdOf(job.id), call),
    // The HTTP clients belong to whoever made them.
    close: () => Promise.resolve(),
  }
}

async function poll(wire: Wire, ref: UpstreamRef, call: Call): Promise<Polled> {
  const place = await look(wire, ref.id, call)
  const soon = pollAfterMs[toRecord(ref.extra)?.['type'] === 'video' ? 'video' : 'image']
  if (place.kind === 'no_answer') return place
  // History and memory of the server go together; what it made costs nothing.
  if (place.kind === 'absent') return { kind: 'unknown_job', billed: 'no' }
  if (place.kind === 'ended') {
    return toVerdict(place.entry) ?? { kind: 'pending', pollAfterMs: soon }
  }
  if (place.kind === 'running') return { kind: 'pending', pollAfterMs: soon, queuePosition: 0 }
  return { kind: 'pending', pollAfterMs: soon * 2, queuePosition: place.ahead }
}

async function find(wire: Wire, id: string, call: Call): Promise<Found> {
  const place = await look(wire, id, call)
  if (place.kind === 'no_answer') return { kind: 'unknown', note: place.note }
  return place.kind === 'absent' ? { kind: 'absent' } : { kind: 'found', ref: { id } }
}
