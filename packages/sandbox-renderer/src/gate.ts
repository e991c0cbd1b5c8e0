/** Lets a limited number of callers through at a time, in order of arrival. */
export interface Gate {
  /** Waits for a free place; call what it returns to give the place back. Rejects when the signal fires first. */
  enter(signal: AbortSignal): Promise<() => void>
}

export function createGate(places: number): Gate {
  let free = places
  const waiting: (() => void)[] = []
  const leave = () => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  return {
    async enter(signal) {
      signal.throwIfAborted()
      if (free > 0) {
        free--
        return once(leave)
      }
      await new Promise<void>((resolve, reject) => {
        const admit = () => {
          signal.removeEventListener('abort', giveUp)
          resolve()
        }
        const giveUp = () => {
          waiting.splice(waiting.indexOf(admit), 1)
          reject(signal.reason)
        }
        waiting.push(admit)
        signal.addEventListener('abort', giveUp, { once: true })
      })
      return once(leave)
    },
  }
}

function once(run: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) run()
    isDone = true
  }
}
