import { availableParallelism } from 'node:os'
import { countDone, newControl, requestCancel, type Control } from './control.ts'
import type { EncodedRun } from './encode-frames.ts'
import { createGate } from './gate.ts'
import { startPool, type Pool } from './pool.ts'
import { countFrames, type ImageSpec, type VideoSpec } from './spec.ts'
import type { Stage } from './stage.ts'

export type { ImageSpec, VideoSpec } from './spec.ts'

export interface ImageOptions {
  signal?: AbortSignal
}

export interface VideoOptions extends ImageOptions {
  /** Called with a share from 0 to 1 that never falls, at most ten times a second. */
  onProgress?: (fraction: number) => void
}

/** Draws test pictures and films. The same specification gives the same bytes on one machine. */
export interface Renderer {
  /** Pictures that it works on at once; more only wait. */
  readonly imagesAtOnce: number
  /** Films that it works on at once; more only wait. */
  readonly filmsAtOnce: number
  image(spec: ImageSpec, options?: ImageOptions): Promise<Uint8Array>
  /** An MP4: H.264 at 24 frames a second, with an AAC track if sound is asked for. */
  video(spec: VideoSpec, options?: VideoOptions): Promise<Uint8Array>
  /** Rejects what is under way and leaves no thread running. */
  close(): Promise<void>
}

// A film under way holds 30 to 100 MB of shared pictures, so they are few; but a short film of one tenant need not
// wait for the end of a long one of another, since their parts take turns.
const fewestFilms = 4

/** Costs nothing until the first call, which loads canvas, encoders and threads. Close it when done. */
export function createRenderer({
  threads = availableParallelism(),
}: {
  threads?: number
}): Renderer {
  const calls = createCalls()
  const filmsAtOnce = Math.max(threads, fewestFilms)
  const films = createGate(filmsAtOnce)
  let pool: Promise<Pool> | undefined
  const open = () => (pool ??= startPool(threads))
  return {
    imagesAtOnce: threads,
    filmsAtOnce,
    image: (spec, { signal } = {}) =>
      calls.run(signal, async (stop) => {
        const control = newControl()
        stop.addEventListener('abort', () => requestCancel(control), { once: true })
        return untilAborted((await open()).run('image', { spec: tighten(spec), control }), stop)
      }),
    video: (spec, { signal, onProgress } = {}) =>
      calls.run(signal, async (stop) => {
        // The encoder does not survive an odd size: it takes every later film of its thread down with it.
        if (spec.width % 2 !== 0 || spec.height % 2 !== 0) {
          throw new RangeError(`A film needs even sides, not ${spec.width}x${spec.height}.`)
        }
        const leave = await films.enter(stop)
        try {
          return await untilAborted(
            renderFilm(await open(), tighten(spec), { stop, onProgress }),
            stop,
          )
        } finally {
          leave()
        }
      }),
    async close() {
      calls.end(new Error('The renderer is closed.'))
      // A pool that could not start has told every caller why, and has nothing to close.
      await pool?.then(
        (started) => started.close(),
        () => {},
      )
    },
  }
}

interface Calls {
  /** Runs a call with a signal of its own: it aborts with that of the caller, and at the end of all. */
  run<T>(signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<T>): Promise<T>
  end(reason: Error): void
}

// A signal that lives as long as the renderer would keep an entry for every call that was ever combined with it.
function createCalls(): Calls {
  const running = new Set<AbortController>()
  let ended: Error | undefined
  return {
    async run(signal, work) {
      if (ended !== undefined) throw ended
      signal?.throwIfAborted()
      const call = new AbortController()
      const abort = () => call.abort(signal?.reason)
      signal?.addEventListener('abort', abort, { once: true })
      running.add(call)
      try {
        return await work(call.signal)
      } finally {
        running.delete(call)
        signal?.removeEventListener('abort', abort)
      }
    },
    end(reason) {
      ended = reason
      for (const call of running) call.abort(reason)
    },
  }
}

// The caller is told at once. What already runs on a thread ends by itself, a film at its next frame: Piscina's own
// abort would kill the thread in the middle of native code, and with it all that it has loaded.
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {})
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

// Sending a view to a thread sends the whole buffer under it, which for a part of an upload can be many times larger.
function tighten<S extends ImageSpec | VideoSpec>(spec: S): S {
  const references = spec.references.map(({ bytes, role }) => ({
    bytes: bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes),
    role,
  }))
  return { ...spec, references }
}

interface FilmOptions {
  stop: AbortSignal
  onProgress: ((fraction: number) => void) | undefined
}

async function renderFilm(
  pool: Pool,
  spec: VideoSpec,
  { stop, onProgress }: FilmOptions,
): Promise<Uint8Array> {
  const control = newControl()
  const stopReports = reportProgress(control, countFrames(spec.durationSeconds), onProgress)
  const cancel = () => {
    stopReports()
    requestCancel(control)
  }
  stop.addEventListener('abort', cancel, { once: true })
  try {
    // The sound is made while the scene is drawn: two threads are busy from the start.
    const sound = spec.sound ? pool.run('sound', { ...spec, references: [] }, control) : undefined
    sound?.catch(cancel)
    const stage = await pool.run('stage', spec, control)
    stop.throwIfAborted()
    const runs = await encodeRuns(pool, stage, control)
    const { width, height } = spec
    const track = await sound
    const film = await pool.run('film', {
      width,
      height,
      runs,
      ...(track === undefined ? {} : { sound: track }),
    })
    stopReports()
    onProgress?.(1)
    return film
  } catch (error) {
    // One part failed: the frames still queued for this film would be shot for nobody.
    cancel()
    throw error
  } finally {
    stopReports()
    stop.removeEventListener('abort', cancel)
  }
}

const longestRun = 30

// An even number of runs keeps two threads busy to the end, and their bounds depend on nothing but the length:
// they are part of the file, and the same film must come out the same on a busy machine or with one thread.
async function encodeRuns(pool: Pool, stage: Stage, control: Control): Promise<EncodedRun[]> {
  const count = stage.frames === 1 ? 1 : 2 * Math.ceil(stage.frames / (2 * longestRun))
  const bound = (run: number) => Math.round((run * stage.frames) / count)
  return Promise.all(
    Array.from({ length: count }, async (_, run) =>
      pool.run('frames', { stage, from: bound(run), to: bound(run + 1), control }, control),
    ),
  )
}

const reportMs = 100

function reportProgress(
  control: Control,
  frames: number,
  onProgress: ((fraction: number) => void) | undefined,
): () => void {
  if (onProgress === undefined) return () => {}
  let reported = 0
  onProgress(0)
  const timer = setInterval(() => {
    // The last hundredth is for joining the parts.
    const fraction = Math.min(0.99, countDone(control) / frames)
    if (fraction > reported) onProgress((reported = fraction))
  }, reportMs)
  timer.unref()
  return () => clearInterval(timer)
}
