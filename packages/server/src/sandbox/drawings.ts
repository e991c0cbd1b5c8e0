import pLimit from 'p-limit'
import type { JobSpec } from './job-spec.ts'
import type { Renderer } from './render/renderer.ts'

/** A drawing under way. */
export interface Drawing {
  /** 0 to 1. */
  progress(): number
  /** The file if it is finished within `ms`; undefined otherwise, or once `signal` aborts. Throws if drawing failed. */
  within(ms: number, signal: AbortSignal): Promise<Uint8Array | undefined>
}

interface Task {
  drawing: Drawing
  stop(): void
  isWaiting(): boolean
}

/**
 * Films that are drawn at once. One already keeps every thread busy, and more would make each
 * picture, for which somebody waits, queue behind all of them.
 */
const filmsAtOnce = 1

/** The drawings under way, by job. Asking for one again does not draw it again. */
export class Drawings {
  readonly #renderer: Renderer
  readonly #films = pLimit(filmsAtOnce)
  readonly #tasks = new Map<string, Task>()

  constructor(renderer: Renderer) {
    this.#renderer = renderer
  }

  /** Starts the drawing unless it is under way. */
  draw(id: string, spec: JobSpec): Drawing {
    const known = this.#tasks.get(id)
    if (known !== undefined) return known.drawing
    const task = this.#start(id, spec)
    this.#tasks.set(id, task)
    return task.drawing
  }

  /** Jobs that are drawn before this one; undefined when it is being drawn. */
  positionOf(id: string): number | undefined {
    if (this.#tasks.get(id)?.isWaiting() !== true) return undefined
    const waiting = [...this.#tasks].filter(([, task]) => task.isWaiting())
    return waiting.findIndex(([waitingId]) => waitingId === id)
  }

  /** Lets go of a finished drawing. */
  forget(id: string): void {
    this.#tasks.delete(id)
  }

  stop(id: string): void {
    this.#tasks.get(id)?.stop()
    this.#tasks.delete(id)
  }

  async close(): Promise<void> {
    for (const id of this.#tasks.keys()) this.stop(id)
    await this.#renderer.close()
  }

  #start(id: string, spec: JobSpec): Task {
    const abort = new AbortController()
    let fraction = 0
    let waiting = true
    const references = spec.images.map(({ role, base64 }) => ({
      role,
      bytes: Buffer.from(base64, 'base64'),
    }))
    const begin = () => {
      waiting = false
      abort.signal.throwIfAborted()
      const options = { signal: abort.signal, onProgress: (value: number) => (fraction = value) }
      return spec.type === 'image'
        ? this.#renderer.image({ ...spec, references }, options)
        : this.#renderer.video({ ...spec, references }, options)
    }
    const result = spec.type === 'image' ? Promise.resolve().then(begin) : this.#films(begin)
    // A drawing that failed is drawn anew when it is next asked for.
    result.catch(() => this.#tasks.delete(id))
    return {
      drawing: { progress: () => fraction, within: (ms, signal) => within(result, ms, signal) },
      stop: () => abort.abort(),
      isWaiting: () => waiting,
    }
  }
}

async function within<Value>(
  result: Promise<Value>,
  ms: number,
  signal: AbortSignal,
): Promise<Value | undefined> {
  if (signal.aborted) return undefined
  let stop = () => {}
  const patience = new Promise<undefined>((resolve) => {
    const giveUp = () => resolve(undefined)
    const timer = setTimeout(giveUp, ms)
    signal.addEventListener('abort', giveUp)
    stop = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  })
  try {
    return await Promise.race([result, patience])
  } finally {
    stop()
  }
}
