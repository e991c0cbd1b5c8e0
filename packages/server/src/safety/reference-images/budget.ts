/** Hands out shares of something scarce, first come first served. */
export interface Budget {
  /** Waits for `amount`, then answers the function that gives it back (safe to call twice). */
  take(amount: number, signal: AbortSignal): Promise<() => void>
}

interface Waiter {
  amount: number
  grant: () => void
}

/**
 * A counting semaphore with weights. Nobody overtakes, so that a large request cannot be starved
 * by a stream of small ones. An amount above the total counts as the total.
 */
export function createBudget(total: number): Budget {
  let free = total
  const waiting: Waiter[] = []

  const serve = () => {
    for (let first = waiting[0]; first !== undefined && first.amount <= free; first = waiting[0]) {
      waiting.shift()
      first.grant()
    }
  }

  const claim = (amount: number): (() => void) => {
    free -= amount
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      free += amount
      serve()
    }
  }

  return {
    take(wanted, signal) {
      const amount = Math.min(wanted, total)
      if (signal.aborted) return Promise.reject(signal.reason)
      if (waiting.length === 0 && amount <= free) return Promise.resolve(claim(amount))
      return new Promise((resolve, reject) => {
        const abandon = () => {
          const place = waiting.indexOf(waiter)
          if (place !== -1) waiting.splice(place, 1)
          reject(signal.reason)
          serve()
        }
        const waiter: Waiter = {
          amount,
          grant: () => {
            signal.removeEventListener('abort', abandon)
            resolve(claim(amount))
          },
        }
        signal.addEventListener('abort', abandon, { once: true })
        waiting.push(waiter)
      })
    },
  }
}
