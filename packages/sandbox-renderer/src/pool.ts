import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { EncodedRun } from './encode-frames.ts'
import type { FilmParts } from './mux-film.ts'
import type { VideoSpec } from './spec.ts'
import type { Stage } from './stage.ts'
import { createTaskQueue } from './task-queue.ts'
import type { FramesTask, ImageTask } from './worker.ts'

interface Tasks {
  image: { input: ImageTask; output: Uint8Array }
  stage: { input: VideoSpec; output: Stage }
  sound: { input: VideoSpec; output: Uint8Array }
  frames: { input: FramesTask; output: EncodedRun }
  film: { input: FilmParts; output: Uint8Array }
}

/** The drawing threads. Tasks are named after the functions of worker.ts. */
export interface Pool {
  /** Tasks of the same `film` wait in one line; those of several take turns. */
  run<N extends keyof Tasks>(
    name: N,
    input: Tasks[N]['input'],
    film?: object,
  ): Promise<Tasks[N]['output']>
  close(): Promise<void>
}

const idleThreadMs = 30_000

/** Threads start with the first task and end after half a minute without one, giving their memory back. */
export async function startPool(threads: number): Promise<Pool> {
  const { Piscina } = await import('piscina')
  const { queueOptionsSymbol } = Piscina
  const piscina = new Piscina({
    filename: findWorker(),
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleThreadMs,
    // A thread that sleeps in Atomics.wait cannot hear its own nested AAC thread end.
    atomics: 'disabled',
    taskQueue: createTaskQueue((task) => filmOf(Reflect.get(task, queueOptionsSymbol))),
  })
  // A thread that dies rejects its task, which is where the error belongs; unheard here, it would end the process.
  piscina.on('error', () => {})
  return {
    async run(name, input, film) {
      return piscina.run(Object.assign({}, input, { [queueOptionsSymbol]: { film } }), { name })
    },
    close: async () => {
      await piscina.close({ force: true })
      await piscina.destroy()
    },
  }
}

function filmOf(options: unknown): unknown {
  return typeof options === 'object' && options !== null && 'film' in options
    ? options.film
    : undefined
}

// Tests run from the TypeScript sources, which a thread cannot load: it takes the compiled file instead.
function findWorker(): string {
  const isSource = import.meta.url.endsWith('.ts')
  const path = fileURLToPath(
    new URL(isSource ? '../dist/worker.js' : './worker.js', import.meta.url),
  )
  if (!existsSync(path))
    throw new Error(`The drawing worker is not built: ${path} is missing. Run the build first.`)
  return path
}
