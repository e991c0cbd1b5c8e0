import { api, postImage, postVideo, type ApiAnswer } from '../../support/api.ts'

/** The two kinds behave alike except for their paths and outputs. */
export type Kind = 'image' | 'video'

type Caller = Parameters<typeof postImage>[0]

/** Path of a kind's generations, or of one of them. */
export function pathOf(kind: Kind, id?: string): string {
  return `/v2/${kind}s/generations${id === undefined ? '' : `/${id}`}`
}

/** Starts a generation of either kind without waiting for its end; the POST answers 202. */
export function start(
  kind: Kind,
  caller: Caller,
  body: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<ApiAnswer> {
  return kind === 'image'
    ? postImage(caller, body, { headers: { prefer: 'respond-async', ...headers } })
    : postVideo(caller, body, { headers })
}

/** Cancels a generation. */
export function cancel(kind: Kind, caller: Caller, id: string): Promise<ApiAnswer> {
  return api(caller, 'POST', `${pathOf(kind, id)}/cancel`)
}
