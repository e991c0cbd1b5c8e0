import type { Adapter, UpstreamSettings } from '../adapter.ts'
import type { Upstream } from '../upstream.ts'
import { cancel } from './cancel.ts'
import { download } from './download.ts'
import { poll } from './poll.ts'
import { parseRoute, toCapabilities } from './settings.ts'
import { submit } from './submit.ts'
import { prepare } from './uploads.ts'
import { Wire } from './wire.ts'

/** fal.ai's queue: images and films. */
export const falAdapter: Adapter = {
  name: 'fal',
  defaultBaseUrl: 'https://queue.fal.run',
  needsCredential: true,
  parseRoute,
  capabilities: toCapabilities,
  create: createFal,
}

/** The queue answers at once, whatever it is given; there is no list in which a job could be found. */
function createFal(settings: UpstreamSettings): Upstream {
  const wire = new Wire(settings)
  return {
    name: settings.name,
    submitTimeoutMs: 60_000,
    listingDelayMs: 0,
    prepare: (job, call) => prepare(wire, job, call),
    submit: (job, prepared, call) => submit(wire, job, prepared, call),
    poll: (ref, call) => poll(wire, ref, call),
    cancel: (ref, call) => cancel(wire, ref, call),
    download: (source, call) => download(wire, source, call),
    // Its connections belong to whoever has given them.
    close: () => Promise.resolve(),
  }
}
