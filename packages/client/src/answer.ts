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

/** A promise of the data alone; `withResponse()` gives the headers too. The request is already on its way. */
export class Answer<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'Answer'
  readonly #received: Promise<Received<T>>

  constructor(received: Promise<Received<T>>) {
    this.#received = received
  }

  /** The same answer with status, headers and ids. */
  withResponse(): Promise<Received<T>> {
    return this.#received
  }

  // Derived only on demand: a promise of the data alone, made ahead, would be rejected unhandled
  // when only withResponse() is used.
  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is the purpose
  then<A = T, B = never>(
    onFulfilled?: ((data: T) => A | PromiseLike<A>) | null,
    // oxlint-disable-next-line typescript/no-explicit-any -- as Promise has it, so that a handler may declare the error it expects
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#received.then(({ data }) => data).then(onFulfilled, onRejected)
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  catch<B = never>(onRejected?: ((reason: any) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#received.then(({ data }) => data).finally(onFinally)
  }
}
