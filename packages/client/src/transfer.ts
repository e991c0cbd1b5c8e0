/**
 * Moves a file from a server into a sink, over as many tries as it takes. A try that comes after a
 * broken one goes on where that stopped if the server proves, by a strong ETag, that the bytes are
 * those of the same file. If not, the sink starts again from nothing where it can; where it cannot,
 * as a stream that somebody reads, the download fails: halves of two files are never joined.
 */
import { guarded, isFailure, repeat, within } from './attempt.ts'
import { notify, type Call, type Callback } from './call.ts'
import type { Failure } from './errors.ts'
import { extentOf, fail, isVagueType, strongEtag, wrongKind } from './file-answer.ts'
import { readFailure, readText } from './read-answer.ts'
import { errorBodyMs } from './send.ts'
import type { Sink } from './sinks.ts'

/** How far a download has come. */
export interface DownloadProgress {
  bytes: number
  /** Size of the file, where the server tells. */
  totalBytes?: number
}

/** How a file came, over all tries. */
export interface Transferred {
  bytes: number
  mimeType: string
  totalBytes: number | undefined
}

/** What is to be moved. */
export interface Order {
  call: Call
  url: string
  /** `image`, `video`, `any`, or nothing where nobody knows. */
  kind: string | undefined
  onProgress: Callback<DownloadProgress>
  maxBytes: number | undefined
  onBegin?: (transferred: Transferred) => void
}

interface State extends Transferred {
  /** Strong, or none. */
  etag: string | undefined
  /** A body of unknown length has ended. Some runtimes take a cut for the end. */
  hasEnded: boolean
  /** More than blanks has come: it was seen how it begins. */
  hasSubstance: boolean
}

// Progress of this size makes up for the failures before it.
const muchBytes = 2 ** 20

/** Moves a file. Throws an AnyFilmgateError, or what the sink throws; the sink is discarded then. */
export async function transfer(order: Order, sink: Sink): Promise<Transferred> {
  const state: State = {
    bytes: 0,
    mimeType: '',
    totalBytes: undefined,
    etag: undefined,
    hasEnded: false,
    hasSubstance: false,
  }
  const { call } = order
  try {
    for (let before = 0; ; before = state.bytes) {
      const isFar = (): boolean => state.bytes - before >= muchBytes
      const round = await repeat(call, {}, async () => {
        const outcome = await tryOnce(order, state, sink)
        // A long download over a poor line may break often, as long as it gets on in between.
        const getsOn = isFailure(outcome) && outcome.retryable && state.bytes > 0 && isFar()
        return getsOn ? { isDone: false } : isFailure(outcome) ? outcome : { isDone: true }
      })
      if (round.isDone) break
    }
    // Whoever takes it may leave at the very end.
    await within(call, () => Promise.race([sink.finish(), ...(sink.gone ? [sink.gone] : [])]))
  } catch (error) {
    await sink.discard(error)
    throw error
  }
  return state
}

async function tryOnce(order: Order, state: State, sink: Sink): Promise<object | Failure> {
  const controller = new AbortController()
  let isDone = false
  try {
    // Nothing more is asked for where nobody takes it.
    await Promise.race([sink.gone, soon()])
    const working = continueTransfer(order, state, sink, controller)
    const outcome = await (sink.gone ? Promise.race([working, sink.gone]) : working)
    isDone = !isFailure(outcome)
    return outcome
  } finally {
    // Ends the connection where bytes are left in it, whoever did not want them.
    if (!isDone) controller.abort()
  }
}

// A stream that was closed before tells so a few microtasks later.
async function soon(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

async function continueTransfer(
  order: Order,
  state: State,
  sink: Sink,
  controller: AbortController,
  isAskedAgain = false,
): Promise<object | Failure> {
  const { call, url, kind, onProgress, onBegin } = order
  const guard: Guard = (work) => guarded(call, controller, call.settings.requestTimeout, work)
  // The link carries its own right to the file. No key goes along, so redirects may be followed.
  const response = await guard(() =>
    call.settings.fetch(url, { headers: rangeOf(state), signal: controller.signal }),
  )
  if (isFailure(response)) return response
  if (isTheEnd(response, state)) {
    void response.body?.cancel().catch(() => {})
    return {}
  }
  if (response.status === 416 && state.bytes > 0 && sink.restart) {
    // The file has become shorter.
    return startAgain(call, state, sink)
  }
  if (!response.ok) {
    const read = async (): Promise<{ text: string }> => ({ text: await readText(response) })
    const body = await guarded(call, controller, errorBodyMs, read)
    // No key went along that the answer could hold.
    return readFailure(response, isFailure(body) ? { lost: body.message } : body, String)
  }
  const wrong = wrongKind(response, kind)
  if (wrong) return wrong
  const isVague = isVagueType(response)
  const skip = await position(call, state, response, sink)
  if (typeof skip !== 'number') return skip
  onBegin?.(state)
  const tell = (): void => notify(call, onProgress, progressOf(state))
  const { maxBytes = Infinity } = order
  const pumping = { call, state, sink, guard, skip, tell, maxBytes, kind, isVague }
  const failure = await pump(response, pumping)
  if (failure) return failure
  if (state.bytes === 0 && kind !== 'any') return fail('The link leads to nothing: no byte came.')
  const { totalBytes = extentOf(response).due } = state
  if (totalBytes !== undefined && state.bytes !== totalBytes) return cut(state, totalBytes)
  // Known to be whole, or nothing came after the end.
  if (state.totalBytes !== undefined || state.hasEnded) return {}
  if (!state.etag) {
    // Nobody can know; but a part that nobody asked for is not all.
    return response.status === 206 ? brokenOff('came in part', false) : {}
  }
  // Asked what comes after the end, a server that knows ranges says whether it is one.
  state.hasEnded = true
  if (!isAskedAgain) return continueTransfer(order, state, sink, controller, true)
  // It always has a little more. It is asked for that with pauses, and not for ever.
  return brokenOff('had not ended', true)
}

type Guard = <T extends object>(work: () => Promise<T>) => Promise<T | Failure>

function rangeOf({ bytes, etag }: State): Record<string, string> {
  // Unpacking hides whether the end came.
  const headers = { 'Accept-Encoding': 'identity' }
  return bytes > 0 && etag ? { ...headers, Range: `bytes=${bytes}-`, 'If-Range': etag } : headers
}

/**
 * Brings sink and answer together: how many bytes of the answer are in the sink already, or why
 * they cannot be brought together.
 */
async function position(
  call: Call,
  state: State,
  response: Response,
  sink: Sink,
): Promise<number | Failure> {
  const { from, totalBytes } = extentOf(response)
  const etag = strongEtag(response)
  if (state.bytes > 0) {
    const isSame = etag !== undefined && etag === state.etag
    const isAsLong = (totalBytes ?? state.totalBytes) === (state.totalBytes ?? totalBytes)
    if (isSame && isAsLong && from <= state.bytes) {
      state.totalBytes ??= totalBytes
      return state.bytes - from
    }
    if (!sink.restart) return brokenOff('cannot be continued', false)
    const again = await startAgain(call, state, sink)
    if (from !== 0) return again
  }
  if (from !== 0) return brokenOff('began in the middle', false)
  const mimeType = response.headers.get('Content-Type') ?? ''
  Object.assign(state, { totalBytes, etag, mimeType })
  return 0
}

async function startAgain(call: Call, state: State, sink: Sink): Promise<Failure> {
  await within(call, async () => sink.restart?.())
  Object.assign(state, { bytes: 0, totalBytes: undefined, etag: undefined })
  Object.assign(state, { hasEnded: false, hasSubstance: false })
  return brokenOff('starts again', true)
}

/**
 * Whether the server says, asked for what comes after the end, that it was the end. One that sends
 * the file again without its length is read once more: it may have been cut the first time.
 */
function isTheEnd(response: Response, { bytes, etag, hasEnded, ...state }: State): boolean {
  const { totalBytes } = extentOf(response)
  const isSame = etag !== undefined && strongEtag(response) === etag && totalBytes === bytes
  if (response.status !== 416) return hasEnded && isSame
  if (hasEnded) return (totalBytes ?? bytes) === bytes
  // After a cut, which may come between the last byte and the mark of the end.
  return isSame && state.totalBytes === undefined
}

interface Pump {
  call: Call
  state: State
  sink: Sink
  guard: Guard
  /** Bytes at the beginning that the sink has already. */
  skip: number
  tell: () => void
  maxBytes: number
  kind: string | undefined
  /** The answer does not say what it is. */
  isVague: boolean
}

/** Moves the body of an answer into the sink. */
async function pump(
  response: Response,
  { call, state, sink, guard, skip, tell, maxBytes, kind, isVague }: Pump,
): Promise<Failure | undefined> {
  const next = chunksOf(response)
  for (let left = skip; ;) {
    const chunk = await guard(next)
    if (isFailure(chunk)) return chunk
    if (!chunk.bytes) return undefined
    if (isVague && kind !== 'any' && !state.hasSubstance) {
      const [first] = /[^\s\xef\xbb\xbf]/.exec(beginning(chunk.bytes)) ?? []
      if (first && '<{['.includes(first)) return fail('The link leads to a page, not to a file.')
      state.hasSubstance = first !== undefined
    }
    const fresh = chunk.bytes.subarray(left)
    left = Math.max(0, left - chunk.bytes.length)
    if (state.bytes + fresh.length > maxBytes) {
      return fail(`The file is larger than ${maxBytes} bytes (maxBytes).`)
    }
    if (fresh.length > 0) state.hasEnded = false
    // Outside the guard: a full disk is not a broken connection.
    await within(call, () => sink.write(fresh))
    state.bytes += fresh.length
    tell()
  }
}

/** The body in pieces; none at the end. */
function chunksOf(response: Response): () => Promise<{ bytes?: Uint8Array | undefined }> {
  if (typeof response.body?.getReader === 'function') {
    const reader = response.body.getReader()
    return async () => ({ bytes: (await reader.read()).value })
  }
  // React Native has no streams, and what is put in the place of a fetch often has others.
  let isRead = false
  return async () => {
    if (isRead) return {}
    isRead = true
    return { bytes: new Uint8Array(await response.arrayBuffer()) }
  }
}

function beginning(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 4_096))
}

function progressOf({ bytes, totalBytes }: State): DownloadProgress {
  return totalBytes === undefined ? { bytes } : { bytes, totalBytes }
}

function brokenOff(how: string, retryable: boolean): Failure {
  return { code: 'connection_error', message: `The download broke off, and ${how}.`, retryable }
}

function cut({ bytes }: State, due: number): Failure {
  const message = `The download ended after ${bytes} of ${due} bytes.`
  return { code: 'connection_error', message, retryable: true }
}
