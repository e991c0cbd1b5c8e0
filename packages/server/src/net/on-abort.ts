/** What is to be called when a signal aborts, behind the one listener that it has. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal aborts; the returned function takes that back. Thousands may wait on one
 * signal: Node warns of a leak from the eleventh listener on, and rightly cannot tell.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const callbacks = waiting.get(signal) ?? listen(signal)
  // An object of its own, in case one callback is given twice.
  const call = () => callback()
  callbacks.add(call)
  return () => callbacks.delete(call)
}

function listen(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>()
  waiting.set(signal, callbacks)
  signal.addEventListener(
    'abort',
    () => {
      for (const call of callbacks) call()
    },
    { once: true },
  )
  return callbacks
}
