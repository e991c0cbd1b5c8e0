import type { IncomingMessage } from 'node:http'
import { newId } from '../storage/ids.ts'

/** A valid id that the caller sent is kept, so that one id follows a request through all systems. */
export function requestIdOf(request: { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.:/+=@-]{1,128}$/.test(given) ? given : newId('req')
}
