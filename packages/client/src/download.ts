import { within } from './attempt.ts'
import type { Call, Callback, CallOptions } from './call.ts'
import { fileSink } from './save-file.ts'
import { blobSink, streamSink } from './sinks.ts'
import { transfer, type DownloadProgress, type Transferred } from './transfer.ts'

/** A link, an output with one, or a finished generation, of which the first output is taken. */
export type Downloadable = string | URL | Output | { data: readonly Output[] }

interface Output {
  url: string
  mime_type?: string
}

/** Options of downloads. */
export interface DownloadOptions extends Omit<CallOptions, 'headers'> {
  /** Told how far it has come, as the bytes arrive. */
  onProgress?: Callback<DownloadProgress>
  /**
   * What the file must be. When omitted it is what its generation says, and for a bare link
   * anything but a page or a text. `any` takes whatever comes.
   */
  type?: 'image' | 'video' | 'any' | undefined
}

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
  options: DownloadOptions = {},
): Promise<Blob | DownloadedFile> {
  const order = { ...orderOf(source, options), call }
  if (target === undefined) {
    const sink = blobSink()
    const { mimeType } = await transfer(order, sink)
    return new Blob(sink.parts, { type: mimeType })
  }
  if (typeof target !== 'string') return file(await transfer(order, streamSink(target)))
  // A pipe opens when somebody reads it.
  const sink = await within(call, () => fileSink(target))
  return { ...file(await transfer(order, sink)), path: target }
}

/** Begins a download, and gives it as a Response as soon as its first bytes are due. */
export async function downloadResponse(
  call: Call,
  source: Downloadable,
  options: DownloadOptions = {},
): Promise<Response> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const order = { ...orderOf(source, options), call }
  return new Promise((resolve, reject) => {
    let hasBegun = false
    const onBegin = ({ mimeType, totalBytes }: Transferred): void => {
      if (hasBegun) return
      hasBegun = true
      const headers = new Headers({ 'Content-Type': mimeType })
      if (totalBytes !== undefined) headers.set('Content-Length', String(totalBytes))
      resolve(new Response(readable, { headers }))
    }
    // What goes wrong after the beginning is told by the stream, which is aborted with it.
    transfer({ ...order, onBegin }, streamSink(writable)).catch(reject)
  })
}

function orderOf(source: Downloadable, { type, onProgress }: DownloadOptions) {
  const output = typeof source === 'string' || source instanceof URL ? { url: source } : source
  const first: { url?: string | URL; mime_type?: string } | undefined =
    'data' in output ? output.data[0] : output
  if (!first?.url)
    throw new TypeError('There is nothing to download: the generation has no output.')
  const kind = type ?? first.mime_type?.split('/')[0]
  return { url: checkedLink(String(first.url)), kind, onProgress }
}

function checkedLink(link: string): string {
  const url = URL.canParse(link) ? new URL(link) : undefined
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return link
  // Not quoted: a link is the right to the file, and may hold a password.
  throw new TypeError('A download needs an http(s) address without a user name or password.')
}

function file({ bytes, mimeType }: Transferred): DownloadedFile {
  return { bytes, mimeType }
}
