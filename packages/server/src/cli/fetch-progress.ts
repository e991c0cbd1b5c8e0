import { createProgress } from './progress.ts'

/** How far the fetching of several parts has come: a bar on a terminal, a line for each part elsewhere. */
export interface FetchProgress {
  /** A part begins. */
  start(name: string): void
  /** The part is done: so many bytes of the whole. */
  done(bytes: number): void
  /** Takes the bar away. */
  end(): void
}

const redrawMs = 1000

/** On standard error, of a whole of `totalBytes`. */
export function createFetchProgress(totalBytes: number): FetchProgress {
  const bar = createProgress('fetching')
  let doneBytes = 0
  const draw = () => bar.update(doneBytes, totalBytes)
  // A part tells nothing while it comes in, so the bar appears by itself.
  const timer = setInterval(draw, redrawMs)
  const share = () => `${toMegabytes(doneBytes)} of ${toMegabytes(totalBytes)} are done`
  return {
    start(name) {
      if (!process.stderr.isTTY) process.stderr.write(`${name} … (${share()})\n`)
    },
    done(bytes) {
      doneBytes += bytes
      draw()
    },
    end() {
      clearInterval(timer)
      bar.end()
    },
  }
}

/** `14.4 MB`: millions of bytes. */
export function toMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
