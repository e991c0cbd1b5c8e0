/** Numbers by a seed: the same seed gives the same ones. */
export interface Chance {
  /** At least 0, less than 1. */
  next(): number
  /** Whole, from 0 to less than `end`. */
  below(end: number): number
  /** Whether something happens that happens so often. */
  is(share: number): boolean
  pick<T>(all: readonly T[]): T
}

/** Starts one. Every call has its own, so that the order in which calls run changes nothing in it. */
export function chance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    // Counts on by an odd step, and stirs: neighbouring seeds give numbers that have nothing in common.
    state = (state + 0x9e3779b9) >>> 0
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97)
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(next() * end)
  return {
    next,
    below,
    is: (share) => next() < share,
    pick(all) {
      const picked = all[below(all.length)]
      if (picked === undefined) throw new Error('There is nothing to pick from.')
      return picked
    },
  }
}
