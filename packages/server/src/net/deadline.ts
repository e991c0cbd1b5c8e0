/** The longest time that a timer of Node takes; a longer one would fire at once. */
export const longestTimerMs = 2 ** 31 - 1

/**
 * Runs `work` with a signal that aborts after `ms`, or as soon as `outer` does. Its timer and its
 * listener end with the work: signals that are combined by `AbortSignal.any`, or that time out on
 * their own, stay behind in their sources for as long as those live.
 */
export async function within<Value>(
  ms: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController()
  const stop = () => controller.abort(outer?.reason)
  const expire = () => controller.abort(new DOMException('time limit reached', 'TimeoutError'))
  const timer = setTimeout(expire, Math.min(Math.max(0, ms), longestTimerMs))
  if (outer?.aborted === true) stop()
  outer?.addEventListener('abort', stop, { once: true })
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    outer?.removeEventListener('abort', stop)
  }
}

/** Whether work failed because its time was over, and nothing else. */
export function isTimeLimit(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError'
}

/** Waits for work that goes on regardless; rejects with the signal's reason once nobody waits any more. */
export async function untilAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
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
