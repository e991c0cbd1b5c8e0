import type { Call, Cancelled, UpstreamRef } from '../upstream.ts'
import { parseRef } from './job-ref.ts'
import { fieldsOf, parseJson } from './values.ts'
import type { Wire } from './wire.ts'

/** Asks once. A job that has begun only gets a signal, so a later poll tells what came of it. */
export async function cancel(wire: Wire, ref: UpstreamRef, call: Call): Promise<Cancelled> {
  const { urls } = parseRef(ref, wire.settings.baseUrl)
  const reply = await wire.ask({ method: 'PUT', url: urls.cancel }, call)
  if (reply.kind === 'silence') return 'unknown'
  const { status } = fieldsOf(parseJson(reply.text))
  if (status === 'ALREADY_COMPLETED') return 'too_late'
  return reply.status >= 200 && reply.status <= 299 ? 'requested' : 'unknown'
}
