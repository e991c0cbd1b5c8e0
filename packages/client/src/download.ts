import { guarded, isFailure, repeat } from './attempt.ts'
import type { Call } from './call.ts'
import type { Failure } from './errors.ts'
import { readFailure, readText } from './read-answer.ts'
import { blobSink, fileSink, streamSink, type Sink } from './save-file.ts'

/** A link, an output with one, or a finished generation, of which the first output is taken. */
export type Downloadable = string | { url: string } | { data: readonly { url: string }[] }

/** What was downloaded. */
export interface DownloadedFile {
  bytes: number
  mimeType: string
  /** Where it was saved; absent for a stream. */
  path?: string
}

/** Downloads to a path, to a stream, or without a target into memory. Goes on where a broken transfer stopped. */
export async function download(
  call: Call,
  source: Downloadable,
  target: string | WritableStream<Uint8Array> | undefined,
): Promise<Blob | DownloadedFile> {
  const url = linkOf(source)
  if (target === undefined) {
    const sink = blobSink()
    const { mimeType } = await transfer(call, url, sink)
    return new Blob(sink.parts, { type: mimeType })
  }
  if (typeof target !== 'string') return transfer(call, url, streamSink(target))
  return { ...(await transfer(call, url, await fileSink(target))), path: target }
}

function linkOf(source: Downloadable): string {
  if (typeof source === 'string') return source
  const url = 'url' in source ? source.url : source.data[0]?.url
  if (!url) throw new TypeError('There is nothing to download: the generation has no output.')
  return url
}

/** How far a download has come, over all its tries. */
interface State {
  bytes: number
  mimeType: string
  totalBytes?: number | undefined
  etag?: string | null
}

async function transfer(call: Call, url: string, sink: Sink): Promise<DownloadedFile> {
  const state: State = { bytes: 0, mimeType: '' }
  try {
    await repeat(call, {}, () => continueTransfer(call, url, state, sink))
    await sink.finish()
  } catch (error) {
    await sink.discard(error)
    throw error
  }
  return { bytes: state.bytes, mimeType: state.mimeType }
}

async function continueTransfer(
  call: Call,
  url: string,
  state: State,
  sink: Sink,
): Promise<{ done: true } | Failure> {
  const controller = new AbortController()
  const limitMs = call.settings.requestTimeout
  const guard: Guard = (work) => guarded(call, controller, limitMs, work)
  // The link carries its own right to the file. No key goes along, so redirects may be followed.
  const response = await guard(() =>
    call.settings.fetch(url, { headers: rangeOf(state), signal: controller.signal }),
  )
  if (isFailure(response)) return response
  if (!response.ok) {
    const body = await guard(async () => ({ text: await readText(response) }))
    return isFailure(body) ? body : readFailure(response, body.text)
  }
  if (!continues(state, response)) return changed
  const failure = await pump(response, state, sink, guard)
  if (failure) return failure
  const isWhole = state.totalBytes === undefined || state.bytes === state.totalBytes
  return isWhole ? { done: true } : cut(state)
}

type Guard = <T extends object>(work: () => Promise<T>) => Promise<T | Failure>

/** Moves the body of an answer into the sink, less what an earlier try has moved already. */
async function pump(
  { status, body }: Response,
  state: State,
  sink: Sink,
  guard: Guard,
): Promise<Failure | undefined> {
  if (!body) return undefined
  const reader = body.getReader()
  let skip = status === 206 ? 0 : state.bytes
  for (;;) {
    const next = await guard(() => reader.read())
    if (isFailure(next)) return next
    if (next.done) return undefined
    const fresh = next.value.subarray(skip)
    skip = Math.max(0, skip - next.value.length)
    // Outside the guard: a full disk is not a broken connection.
    await sink.write(fresh)
    state.bytes += fresh.length
  }
}

function rangeOf({ bytes, etag }: State): Record<string, string> {
  if (bytes === 0) return {}
  return { Range: `bytes=${bytes}-`, ...(etag && { 'If-Range': etag }) }
}

/** Notes what the first answer says of the file, and whether a later one is about the same bytes. */
function continues(state: State, response: Response): boolean {
  const { headers } = response
  const totalBytes = sizeOf(response)
  const etag = headers.get('ETag')
  if (state.bytes === 0) {
    Object.assign(state, { totalBytes, etag, mimeType: headers.get('Content-Type') ?? '' })
    return true
  }
  const starts =
    response.status !== 206 || headers.get('Content-Range')?.startsWith(`bytes ${state.bytes}-`)
  return (
    Boolean(starts) &&
    totalBytes !== undefined &&
    totalBytes === state.totalBytes &&
    etag === state.etag
  )
}

function sizeOf({ status, headers }: Response): number | undefined {
  const isPacked = headers.has('Content-Encoding')
  const text =
    status === 206 ? headers.get('Content-Range')?.split('/')[1] : headers.get('Content-Length')
  return text && /^\d+$/.test(text) && !isPacked ? Number(text) : undefined
}

const changed: Failure = {
  code: 'connection_error',
  message: 'The download broke off, and the server cannot continue it.',
  retryable: false,
}

function cut({ bytes, totalBytes }: State): Failure {
  const message = `The download ended after ${bytes} of ${totalBytes} bytes.`
  return { code: 'connection_error', message, retryable: true }
}
