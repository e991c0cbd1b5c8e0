import { creates, readsState, type Misfortune, type Seen } from './studio.ts'
import type { Reply } from './wires.ts'

/** Decides what a request meets with. */
export type Befall = (request: Seen) => Misfortune | undefined

/** What something between client and server answers while the server is away. */
export const unavailable: Reply = { status: 503, body: 'Service Unavailable' }

/** Befalls the requests that create something; `times` limits how many of them. */
export function onCreating(misfortune: Misfortune, times = Infinity): Befall {
  let left = times
  return (request) => (creates(request) && left-- > 0 ? misfortune : undefined)
}

/** Befalls the reads of a film's state. */
export function onReading(misfortune: Misfortune, times = Infinity): Befall {
  let left = times
  return (request) => (readsState(request) && left-- > 0 ? misfortune : undefined)
}

/** Befalls the reads of a result in fal's queue, which is where fal tells of a failure. */
export function onResult(misfortune: Misfortune): Befall {
  return ({ method, path }) =>
    method === 'GET' && path.endsWith('/requests/fal_1') ? misfortune : undefined
}

/** An error as OpenAI writes it. */
export function openaiError(status: number, code: string, headers: Reply['headers'] = {}): Reply {
  const error = { message: `Refused: ${code}.`, type: 'invalid_request_error', param: null, code }
  return { status, headers, body: { error } }
}

/** An error as fal writes it. */
export function falError(status: number, detail: unknown, headers: Reply['headers'] = {}): Reply {
  return { status, headers, body: { detail } }
}

/** What fal says of an account without credit, in the words that its users report. */
export const falIsEmpty = falError(403, 'User is locked. Reason: Exhausted balance.')

/** What fal says of a prompt that its checker flags. */
export const falFlags = falError(422, [
  { loc: ['body', 'prompt'], msg: 'Flagged by a checker.', type: 'content_policy_violation' },
])

/** What OpenAI's Videos API said of a film that its moderation ended. */
export const openaiFailed: Reply = {
  status: 200,
  body: {
    id: 'video_1',
    object: 'video',
    status: 'failed',
    error: { code: 'moderation_blocked', message: 'Blocked by moderation.' },
  },
}
