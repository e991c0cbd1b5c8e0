import type { Hide } from './read-answer.ts'

/** An answer with what its headers told. */
export interface Received<T> {
  data: T
  status: number
  headers: Headers
  /** Id of the HTTP exchange, to quote in a report. */
  requestId: string | undefined
  generationId: string | undefined
  /** Whether the generation was paid for; undefined when the server does not say. */
  billed: boolean | undefined
  /** How many times the request was sent. */
  attempts: number
}

/** An answer as it came, with its body as text. */
export interface Exchange<T> extends Received<T> {
  text: string
  /** Takes the key that was sent out of words that an error is to say. */
  hide: Hide
}

/**
 * A promise of the data alone; `withResponse()` gives status, headers and ids too. The request is
 * already on its way.
 */
export class Answer<T> extends Promise<T> {
  override readonly [Symbol.toStringTag]: string = 'Answer'
  readonly #exchange: Promise<Exchange<T>>

  // What is derived from an answer is a plain promise.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  /** Made by the methods of a client. */
  constructor(exchange: Promise<Exchange<T>>) {
    // A promise only by class, for linters and for `instanceof`; it holds nothing, and everything
    // that reads it is overridden below.
    super(() => {})
    this.#exchange = exchange
  }

  /** The same answer with status, headers and ids, and as a `Response` whose body was not read yet. */
  withResponse(): Promise<Received<T> & { response: Response }> {
    return this.#exchange.then((exchange) => {
      const { text, hide: _, ...received } = exchange
      const { status } = received
      const headers = new Headers(received.headers)
      // True of the bytes on the wire, which were unpacked.
      for (const name of ['Content-Encoding', 'Content-Length']) headers.delete(name)
      return { ...received, response: new Response(text, { status, headers }) }
    })
  }

  /** The answer as a `Response`. It came whole and well, or this rejects. */
  asResponse(): Promise<Response> {
    return this.withResponse().then(({ response }) => response)
  }

  // Derived only on demand: a promise of the data alone, made ahead, would be rejected unhandled
  // when only withResponse() is used.
  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is the purpose
  override then<A = T, B = never>(
    onFulfilled?: ((data: T) => A | PromiseLike<A>) | null,
    // oxlint-disable-next-line typescript/no-explicit-any -- as Promise has it, so that a handler may declare the error it expects
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#exchange.then(({ data }) => data).then(onFulfilled, onRejected)
  }

  override catch<B = never>(
    // oxlint-disable-next-line typescript/no-explicit-any -- as above
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  override finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#exchange.then(({ data }) => data).finally(onFinally)
  }
}

/** A promise of a finished generation, with its id ahead of it. */
export class GenerationAnswer<T extends { id: string }> extends Answer<T> {
  readonly #accepted: Promise<string>

  /** Made by the methods of a client. */
  constructor(exchange: Promise<Exchange<T>>, accepted: Promise<string>) {
    super(exchange)
    this.#accepted = accepted
  }

  /** The generation's id, as soon as it is known. Rejects as the call does, if it never is. */
  get id(): Promise<string> {
    return Promise.race([this.#accepted, this.then((generation) => generation.id)])
  }
}
