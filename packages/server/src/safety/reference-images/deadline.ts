/** A time limit whose clock can be stopped while the work waits for something of ours. */
export interface Deadline {
  signal: AbortSignal
  /** Runs `wait` with the clock stopped. */
  outside<Value>(wait: () => Promise<Value>): Promise<Value>
  /** Ends the clock; without it the timer keeps the process alive until it fires. */
  end(): void
}

/** Aborts its signal with a `TimeoutError` once `timeoutMs` of running time are used up. */
export function startDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController()
  let remainingMs = timeoutMs
  let startedAt = 0
  let timer: NodeJS.Timeout | undefined
  const expire = () => controller.abort(new DOMException('time limit reached', 'TimeoutError'))
  const run = () => {
    startedAt = performance.now()
    timer = setTimeout(expire, remainingMs)
  }
  const stop = () => {
    clearTimeout(timer)
    remainingMs -= performance.now() - startedAt
  }
  run()
  return {
    signal: controller.signal,
    async outside(wait) {
      stop()
      try {
        return await wait()
      } finally {
        run()
      }
    },
    end: () => clearTimeout(timer),
  }
}
