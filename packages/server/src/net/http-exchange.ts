import type { Dispatcher } from 'undici'
import { longestTimerMs } from './deadline.ts'
import { toAnswer } from './http-answer.ts'
import { createIncomingBody, type IncomingBody } from './http-body.ts'
import type { HttpAnswer, HttpRequest } from './http-client.ts'
import type { Line, LineRequest, Lines } from './http-lines.ts'
import { onAbort } from './on-abort.ts'
import { describeCause, NoAnswerError } from './no-answer.ts'

/** A request with nothing left to decide. */
export interface PreparedRequest extends HttpRequest {
  url: URL
  headers: Record<string, string>
  idleMs: number
}

/** Sends a request and resolves when its answer's headers are here. */
export function startExchange(lines: Lines, request: PreparedRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    new Exchange(request, { resolve, reject }).start(lines)
  })
}

interface Settle {
  resolve(answer: HttpAnswer): void
  reject(error: unknown): void
}

/**
 * One request and its answer, as undici tells of them. It says when it begins to write: until then
 * nothing has left, for certain; from then on it may have.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: PreparedRequest
  readonly #settle: Settle
  readonly #timer: NodeJS.Timeout
  readonly #stopListening: () => void
  #line: Line | undefined
  #controller: Dispatcher.DispatchController | undefined
  #body: IncomingBody | undefined
  #hasLeft = false
  #isOver = false

  constructor(request: PreparedRequest, settle: Settle) {
    this.#request = request
    this.#settle = settle
    const { timeoutMs, signal } = request
    const expire = () => this.#cancel(this.#noAnswer(`no answer within ${timeoutMs} ms`))
    this.#timer = setTimeout(expire, Math.min(timeoutMs, longestTimerMs))
    this.#stopListening = onAbort(signal, () => this.#abort())
  }

  start(lines: Lines): void {
    const { url, method, headers, signal } = this.#request
    if (signal.aborted) return this.#abort()
    const request: LineRequest = {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers,
      // Undici takes any iterable of bytes; its types name only Node's streams.
      body: this.#outgoing() as NonNullable<LineRequest['body']>,
      onLine: (line) => {
        this.#line = line
      },
    }
    lines.dispatch(request, this)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here, the request is taken off and the connection stays good for the next.
    if (this.#isOver) throw new Error('the request was given up')
    if (this.#controller !== undefined) throw new Error('a request is sent once only')
    this.#assertInTime()
    this.#controller = controller
    this.#hasLeft = typeof this.#request.body !== 'function'
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: HttpAnswer['headers'],
  ): void {
    // 1xx is followed by the answer proper.
    if (this.#isOver || status < 200) return
    clearTimeout(this.#timer)
    const { signal, idleMs } = this.#request
    const source = {
      hold: () => this.#line?.hold(),
      release: () => this.#line?.release(),
      cancel: (reason: Error) => this.#cancel(reason),
    }
    this.#body = createIncomingBody(source, Math.min(idleMs, longestTimerMs))
    this.#settle.resolve(toAnswer({ status, headers, body: this.#body, signal }))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#over()
    this.#body?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  #abort(): void {
    this.#cancel(this.#request.signal.reason, true)
  }

  #cancel(error: unknown, isAborted = false): void {
    this.#fail(error, isAborted)
    // Without a controller it still waits for a connection, and is turned away when it gets one.
    this.#controller?.abort(new Error('cancelled', { cause: error }))
  }

  #fail(error: unknown, isAborted = false): void {
    if (this.#isOver) return
    this.#over()
    if (this.#body !== undefined) this.#body.fail(error, isAborted)
    else if (isAborted || error instanceof NoAnswerError) this.#settle.reject(error)
    else this.#settle.reject(this.#noAnswer(describeCause(error), error))
  }

  /** The one place where it ends: whatever it left in others is taken back. */
  #over(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#stopListening()
    if (this.#controller !== undefined) this.#line?.release()
  }

  #noAnswer(message: string, cause?: unknown): NoAnswerError {
    return new NoAnswerError(message, { sent: this.#hasLeft ? 'maybe' : 'no', cause })
  }

  /** Thrown where nothing has been written yet. */
  #assertInTime(): void {
    const { notAfter } = this.#request
    if (notAfter === undefined || performance.now() <= notAfter) return
    throw new NoAnswerError('it was too late to send it', { sent: 'no' })
  }

  #outgoing(): string | Uint8Array | AsyncIterable<Uint8Array> | null {
    const { body } = this.#request
    return typeof body === 'function' ? this.#streamed(body) : (body ?? null)
  }

  // Headers and all, a streamed body leaves with its first bytes, or with its end when it has none.
  async *#streamed(body: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body()) {
      if (this.#isOver) return
      if (!this.#hasLeft) this.#assertInTime()
      this.#hasLeft = true
      yield chunk
    }
    this.#hasLeft = true
  }
}
