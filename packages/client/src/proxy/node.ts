import { toJson, UnsendableBody } from './body.ts'
import { Refusal } from './refusal.ts'
import { isAmbiguous } from './routes.ts'

/** What is used of a request of `node:http` or Express. Typed here, so that no runtime's types are needed. */
export interface NodeRequest {
  method?: string | undefined
  url?: string | undefined
  headers: Record<string, string | string[] | undefined>
  readonly destroyed: boolean
  readonly readableEnded: boolean
  /** Express: the address before the part where the handler is mounted was taken off. */
  originalUrl?: string
  /** Express: what a body parser has read. */
  body?: unknown
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  pause(): unknown
  resume(): unknown
}

/** What is used of a response of `node:http` or Express. */
export interface NodeResponse {
  statusCode: number
  readonly destroyed: boolean
  readonly headersSent: boolean
  readonly writableFinished: boolean
  setHeader(name: string, value: string | string[]): unknown
  write(chunk: Uint8Array): boolean
  end(): unknown
  destroy(): unknown
  on(event: 'close' | 'drain', listener: () => void): unknown
}

/**
 * Makes a web-standard handler one for `node:http` and Express. The handler's second argument is
 * Node's request, with what other middleware put there, such as a session.
 */
export function toNodeHandler<Context>(
  handler: (request: Request, context?: Context) => Promise<Response>,
): (request: NodeRequest & Context, response: NodeResponse) => void {
  return (request, response) => {
    const controller = new AbortController()
    response.on('close', () => {
      if (!response.writableFinished) controller.abort()
    })
    void serve()

    async function serve(): Promise<void> {
      try {
        await write(await handler(toWebRequest(request, controller.signal), request), response)
      } catch {
        // The answer broke off half-way, which the browser learns from the connection that ends.
        response.destroy()
      }
    }
  }
}

function toWebRequest(request: NodeRequest, signal: AbortSignal): Request {
  const { method = 'GET' } = request
  // TypeScript's browser types leave out `duplex`, which runtimes demand for a stream.
  const init: RequestInit & { duplex: 'half' } = {
    method,
    headers: headersOf(request),
    signal,
    duplex: 'half',
    ...(method !== 'GET' && method !== 'HEAD' && { body: bodyOf(request) }),
  }
  try {
    const address = addressOf(request)
    // Said before web requests tidy it up: what stands before this site may have read it otherwise.
    const path = address.replace(/^\w+:\/\/[^/?#]*|[?#].*$/gs, '')
    if (!isAmbiguous(path)) return new Request(address, init)
    return new Request('http://localhost/', { signal })
  } catch {
    // TRACE, or a Host that is none: what web requests cannot say is answered as an unknown address.
    return new Request('http://localhost/', { signal })
  }
}

function headersOf(request: NodeRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    // Names that begin with a colon are HTTP/2's own.
    if (value === undefined || name.startsWith(':')) continue
    for (const each of [value].flat()) headers.append(name, each)
  }
  return headers
}

// Put together as text: `//elsewhere` resolved against a base would name another host. A path in the
// Host would be one of which nothing that stands before this site knows.
function addressOf({ originalUrl, url = '/', headers }: NodeRequest): string {
  const target = originalUrl ?? url
  if (!target.startsWith('/')) return target
  const host = String(headers['host'] ?? headers[':authority'] ?? '').replace(/[/?#\\].*/s, '')
  return `http://${host || 'localhost'}${target}`
}

function bodyOf(request: NodeRequest): BodyInit {
  if (!request.readableEnded) return streamOf(request)
  // A body parser came first and has left what it read.
  const { body = '' } = request
  if (typeof body === 'string') return body
  // A buffer of Node is never shared memory, which alone the cast could hide.
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>
  // Fields of a form are all texts, and were sent by what can send no JSON.
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(String(request.headers['content-type']))) {
    const message = 'The body must be JSON, with Content-Type: application/json.'
    return failing(new Refusal('invalid_parameter', message))
  }
  try {
    return toJson(body)
  } catch (cause) {
    if (cause instanceof Refusal) return failing(cause)
    return failing(new UnsendableBody('A body parser left what JSON cannot say.', { cause }))
  }
}

/** Tells whoever reads it, who answers for it. */
function failing(error: Error): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.error(error) })
}

/**
 * Touches the request only when somebody reads: Node itself drops a body that nobody asked for, and
 * leaves alone one that was begun.
 */
function streamOf(request: NodeRequest): ReadableStream<Uint8Array> {
  let state: 'untouched' | 'open' | 'over' = 'untouched'
  let onData = (_chunk: Uint8Array): void => {}
  function begin(controller: ReadableStreamDefaultController<Uint8Array>): void {
    state = 'open'
    const end = (settle: () => void) => () => {
      if (state === 'open') settle()
      state = 'over'
    }
    const breakOff = end(() => controller.error(new Error('The connection ended.')))
    onData = (chunk) => {
      if (state === 'open') controller.enqueue(chunk)
      request.pause()
    }
    request.on('data', onData)
    request.on(
      'end',
      end(() => controller.close()),
    )
    request.on('error', breakOff)
    request.on('close', breakOff)
    if (request.destroyed) breakOff()
  }
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state === 'untouched') begin(controller)
        request.resume()
      },
      cancel() {
        state = 'over'
        // The rest is read and dropped, so that the browser comes to read the answer.
        request.off('data', onData)
        request.resume()
      },
    },
    { highWaterMark: 0 },
  )
}

async function write(answer: Response, response: NodeResponse): Promise<void> {
  // A hook has answered by itself, as Express's do. That stands, whatever was made of it here.
  if (response.headersSent) return
  response.statusCode = answer.status
  for (const [name, value] of answer.headers) {
    if (name !== 'set-cookie') response.setHeader(name, value)
  }
  const cookies = answer.headers.getSetCookie()
  if (cookies.length > 0) response.setHeader('Set-Cookie', cookies)
  let wake = (): void => {}
  response.on('drain', () => wake())
  response.on('close', () => wake())
  const reader = answer.body?.getReader()
  for (;;) {
    const part = await reader?.read()
    if (!part || part.done || response.destroyed) break
    if (!response.write(part.value)) await new Promise<void>((resolve) => (wake = resolve))
  }
  response.end()
}
