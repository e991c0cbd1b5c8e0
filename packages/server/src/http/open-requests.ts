import type { ServerResponse } from 'node:http'

/**
 * The requests that somebody waits in. Each has a controller of its own, made when a handler first
 * asks for its signal and dropped when the answer is over, so that a server which stops can tell
 * all of them. One signal for the whole process, combined with that of each request, would keep an
 * entry for every request there ever was (Node 20), and fail for good at 2^24 of them.
 */
export class OpenRequests {
  readonly #controllers = new Map<ServerResponse, AbortController>()
  #isOver = false

  /** Aborts when the caller hangs up before the answer, or when the server stops waiting. */
  signalOf(response: ServerResponse): AbortSignal {
    const known = this.#controllers.get(response)
    if (known !== undefined) return known.signal
    const controller = new AbortController()
    if (this.#isOver || response.destroyed) {
      controller.abort()
      return controller.signal
    }
    this.#controllers.set(response, controller)
    response.once('close', () => {
      this.#controllers.delete(response)
      controller.abort()
    })
    return controller.signal
  }

  /** Aborts every signal, and each that is asked for later. */
  stopWaiting(): void {
    this.#isOver = true
    for (const controller of this.#controllers.values()) controller.abort()
  }
}
