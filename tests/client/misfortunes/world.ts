import type { Socket } from 'node:net'
import type { Filmgate } from '../../../packages/client/src/index.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import type { WireRequest, WireServer } from '../support/wire-server.ts'

/** Everything one cell of the table happens in. */
export interface World {
  clock: VirtualClock
  client: Filmgate
  server: WireServer
  /** Its signal goes into the call. */
  abort: AbortController
  /** Where a download may be saved. */
  folder: string
  /** Requests so far. */
  seen: Seen[]
  /** Whether the misfortune has struck, and when the client said since then that it tries again. */
  isStruck: boolean
  retriesAt: number[]
  /** Whether the call has ended, and whether it did so at once when it was told to. */
  hasEnded: boolean
  endedAtOnce?: Promise<boolean>
  /** Fails the stream that is written to. */
  breakStream?: () => void
  /** What is to be done when all is over. */
  cleanUp: (() => Promise<void>)[]
}

/** A request, and what became of it. */
export interface Seen extends WireRequest {
  at: number
  isStruck: boolean
  /** It was answered as it should be. */
  isAnswered: boolean
}

/** An answer that is yet to be written. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: string
}

/** The moment at which a misfortune strikes. */
export interface Strike {
  world: World
  socket: Socket
  /** What would have been answered. */
  good: Reply
}

/** What may go wrong. */
export interface Misfortune {
  /** For the page, as an answer to "what happens?". */
  words: string
  /** What the server does instead of answering well. Without it the server does well. */
  act?: (strike: Strike) => unknown
  /** Nobody listens at the address any longer. */
  isRefusal?: boolean
  /** It is the time of the call that passes. */
  isTimeout?: boolean
  /** Where the bytes of a download are to go. */
  target?: (world: World) => Promise<Target> | Target
}

/** Where a download goes: a path, a stream, or memory. */
export type Target = string | WritableStream<Uint8Array> | undefined

/** What becomes of a request. */
export interface Route {
  /** The answer that a misfortune may spoil. The connection is cut where there is none. */
  good?: Reply
  /** What is answered where no misfortune strikes, if it is another one. */
  well?: Reply
  /** Whether this is a request that the misfortune strikes. */
  isStruck: boolean
  /** How long the server keeps the request before anything happens. */
  heldMs?: number
  /** Whether the next request is one that the misfortune strikes. */
  isLastBefore?: boolean
}

/** A part of a call's life in which something may go wrong. */
export interface Phase {
  title: string
  /** For the page: what to know about it. */
  words: string
  /** Begins the call. */
  call(world: World, options: CallOptions, misfortune: Misfortune): PromiseLike<unknown>
  route(request: WireRequest, world: World): Route
  /** Its very first request is one that the misfortune strikes. */
  isStruckFirst?: boolean
  /** The time of the call where it is to pass, in milliseconds. */
  timeout?: number
}

/** What every call is given. */
export interface CallOptions {
  signal: AbortSignal
  timeout?: number
  onRetry: () => unknown
}

export const id = 'gen_1'
export const film = 'abcdefghij'

export function reply(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, body: text, headers: { 'Content-Type': 'application/json', ...headers } }
}
