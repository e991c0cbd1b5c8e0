/** Places where answers and jobs wait until a test lets them go. */
export interface Gates {
  isOpen(name: string): boolean
  open(name: string): void
  /** Resolves when it is open, or the signal is aborted. */
  passed(name: string, signal: AbortSignal): Promise<void>
}

/** All gates are shut at first; an opened one stays open. */
export function createGates(onOpen: () => void): Gates {
  const opened = new Set<string>()
  const waiting = new Map<string, Set<() => void>>()
  return {
    isOpen: (name) => opened.has(name),
    open(name) {
      opened.add(name)
      onOpen()
      for (const go of waiting.get(name) ?? []) go()
      waiting.delete(name)
    },
    passed(name, signal) {
      if (opened.has(name) || signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const those = waiting.get(name) ?? new Set()
        waiting.set(name, those.add(resolve))
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
  }
}
