import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | undefined
let pending = 0

// Collecting takes 10 ms, so small pictures only add up towards it.
const collectBytes = 48 * 1024 * 1024

/**
 * Says that canvases and buffers of so many bytes were dropped. Their pixels lie outside the JavaScript heap, where
 * the collector sees a few small objects and no reason to run: without this call a thread that draws large
 * pictures grows by hundreds of megabytes before it gives any back.
 */
export function releasePixels(bytes: number): void {
  pending += bytes
  if (pending < collectBytes) return
  pending = 0
  collect ??= exposeCollector()
  collect()
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void // what the flag above defines
}
