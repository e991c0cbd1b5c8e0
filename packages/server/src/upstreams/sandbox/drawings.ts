import { createFairShare, type FairShare } from '../../fairness/fair-share.ts'
import type { JobSpec } from './job-spec.ts'
import type { Renderer } from '@filmgate/sandbox-renderer'

/** A drawing under way. */
export interface Drawing {
  /** 0 to 1. */
  progress(): number
  /** The file if it is finished within `ms`; undefined otherwise, or once `signal` aborts. Throws if drawing failed. */
  within(ms: number, signal: AbortSignal): Promise<Uint8Array | undefined>
}

interface Task {
  tenant: string
  drawing: Drawing
  stop(): void
}

/** The drawings under way, by job. Asking for one again does not draw it again. */
export class Drawings {
  readonly #renderer: Renderer
  /** Turns at drawing. */
  readonly #turns: Record<JobSpec['type'], FairShare>
  readonly #tasks = new Map<string, Task>()
  readonly #waiting = new Map<string, WaitingLine>()

  constructor(renderer: Renderer) {
    this.#renderer = renderer
    this.#turns = {
      image: createFairShare({ total: renderer.imagesAtOnce }),
      // One film already keeps every thread busy; more of the same keys would only take memory.
      video: createFairShare({ total: renderer.filmsAtOnce, perWorkspace: 2, perMode: 1 }),
    }
  }

  /** Starts the drawing, or puts it in its tenant's line, unless it is there already. */
  draw(id: string, spec: JobSpec): Drawing {
    const known = this.#tasks.get(id)
    if (known !== undefined) return known.drawing
    const task = this.#start(id, spec)
    this.#tasks.set(id, task)
    return task.drawing
  }

  /** Jobs of the same tenant that are drawn before this one; undefined when it is being drawn. */
  positionOf(id: string): number | undefined {
    const tenant = this.#tasks.get(id)?.tenant
    return tenant === undefined ? undefined : this.#waiting.get(tenant)?.positionOf(id)
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
    const onProgress = (value: number) => (fraction = value)
    const result = this.#drawInTurn(id, spec, { signal: abort.signal, onProgress })
    // A drawing that failed is drawn anew when it is next asked for.
    result.catch(() => this.#tasks.delete(id))
    return {
      tenant: spec.tenant,
      drawing: { progress: () => fraction, within: (ms, signal) => within(result, ms, signal) },
      stop: () => abort.abort(),
    }
  }

  async #drawInTurn(
    id: string,
    spec: JobSpec,
    options: { signal: AbortSignal; onProgress: (fraction: number) => void },
  ): Promise<Uint8Array> {
    const leave = await this.#waitForTurn(id, spec, options.signal)
    try {
      const references = spec.images.map(({ role, base64 }) => ({
        role,
        bytes: Buffer.from(base64, 'base64'),
      }))
      return spec.type === 'image'
        ? await this.#renderer.image({ ...spec, references }, options)
        : await this.#renderer.video({ ...spec, references }, options)
    } finally {
      leave()
    }
  }

  async #waitForTurn(id: string, { type, tenant }: JobSpec, signal: AbortSignal) {
    const line = this.#waiting.get(tenant) ?? new WaitingLine()
    this.#waiting.set(tenant, line)
    line.add(id)
    try {
      return await this.#turns[type].take({ tenant, signal })
    } finally {
      line.delete(id)
      if (line.isEmpty) this.#waiting.delete(tenant)
    }
  }
}

/** A tenant's jobs that wait for their turn. Positions are counted when one is asked for after a change. */
class WaitingLine {
  readonly #ids = new Set<string>()
  #positions: Map<string, number> | undefined

  get isEmpty(): boolean {
    return this.#ids.size === 0
  }

  add(id: string): void {
    this.#ids.add(id)
    this.#positions = undefined
  }

  delete(id: string): void {
    this.#ids.delete(id)
    this.#positions = undefined
  }

  positionOf(id: string): number | undefined {
    this.#positions ??= new Map([...this.#ids].map((each, position) => [each, position]))
    return this.#positions.get(id)
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
