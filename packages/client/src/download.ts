import { within } from './attempt.ts'
import type { Call, Callback, CallOptions } from './call.ts'
import { fileSink } from './save-file.ts'
import { blobSink, nodeSink, streamSink, type NodeWritable, type Sink } from './sinks.ts'
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
  /** Refuses what is larger; 1 GB for a Blob, and no limit elsewhere, when omitted. */
  maxBytes?: number | undefined
}

/** Where a download may go: a path or `file:` address, a web stream, or a stream of Node's. */
export type DownloadTarget = string | URL | WritableStream<Uint8Array> | NodeWritable

const mostBlobBytes = 2 ** 30

/** What was downloaded. */
export interface DownloadedFile {
  bytes: number
  mimeType: string
  /** Where it was saved, as it was given; absent for a stream. */
  path?: string
}

/** Downloads to a path, to a stream, or without a target into memory. Goes on where a broken transfer stopped. */
export async function download(
  call: Call,
  source: Downloadable,
  target: DownloadTarget | undefined,
  options: DownloadOptions = {},
): Promise<Blob | DownloadedFile> {
  const order = { ...orderOf(source, options), call }
  if (target === undefined) {
    const sink = blobSink()
    const { mimeType } = await transfer(
      { ...order, maxBytes: order.maxBytes ?? mostBlobBytes },
      sink,
    )
    return sink.toBlob(mimeType)
  }
  if (typeof target === 'string' || target instanceof URL) {
    const sink = await openFile(call, target)
    return { ...file(await transfer(order, sink)), path: String(target) }
  }
  return file(await transfer(order, toSink(target)))
}

async function openFile(call: Call, target: string | URL): Promise<Sink> {
  let opening: Promise<Sink> | undefined
  // A disk may be slow, and a pipe opens when somebody reads it.
  return within(call, () => (opening = fileSink(call, target))).catch((error: unknown) => {
    // It may still open, when nobody wants it any longer.
    void opening?.then((late) => late.discard(error)).catch(() => {})
    throw error
  })
}

function toSink(target: WritableStream<Uint8Array> | NodeWritable): Sink {
  if ('getWriter' in target) return streamSink(target)
  if (typeof target?.write === 'function' && typeof target.once === 'function') {
    return nodeSink(target)
  }
  throw new TypeError(
    'A download goes to a path, a WritableStream, or a Writable of Node; options come third.',
  )
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
      const headers = new Headers({
        'Content-Type': safeType(mimeType),
        'X-Content-Type-Options': 'nosniff',
      })
      if (totalBytes !== undefined) headers.set('Content-Length', String(totalBytes))
      resolve(new Response(readable, { headers }))
    }
    // What goes wrong after the beginning is told by the stream, which is aborted with it.
    transfer({ ...order, onBegin }, streamSink(writable)).catch(reject)
  })
}

/** One type, and none that is a program in the page that shows it: this is passed on from the caller's own site. */
function safeType(mimeType: string): string {
  // Those of XML, SVG among them, are written with a plus, or are no types that anybody registered.
  const type = /^(image|video)\/[\w.-]+$/i.exec(mimeType.split(';')[0]?.trim() ?? '')?.[0]
  return type && !/svg|xml/i.test(type) ? type : 'application/octet-stream'
}

function orderOf(source: Downloadable, { type, onProgress, maxBytes }: DownloadOptions) {
  if (maxBytes !== undefined && !(maxBytes > 0)) throw new TypeError('maxBytes must be above 0.')
  if ('then' in Object(source)) {
    throw new TypeError('A promise cannot be downloaded: await the generation first.')
  }
  if ((source as { status?: unknown } | null)?.status === 'pending') {
    throw new TypeError('The generation has not ended: wait for it with generations.wait.')
  }
  const output = source instanceof Object && !(source instanceof URL) ? source : { url: source }
  const first: { url?: string | URL; mime_type?: string } | undefined =
    'data' in output ? output.data?.[0] : output
  if (!first?.url)
    throw new TypeError('There is nothing to download: the generation has no output.')
  const told = /^(image|video)\//.exec(String(first.mime_type))?.[1]
  return { url: checkedLink(String(first.url)), kind: type ?? told, onProgress, maxBytes }
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
