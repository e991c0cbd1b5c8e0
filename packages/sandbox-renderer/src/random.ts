/** A stream of numbers that depends on nothing but the text it was created from. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly [T, ...T[]]): T
  /** An independent stream, so that one part of a picture can change without moving the others. */
  fork(label: string): Random
}

export function createRandom(text: string): Random {
  let state = hashText(text)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    return scramble(state)
  }
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
    fork: (label) => createRandom(`${text}/${label}`),
  }
}

/** A fixed number from 0 to 1 for each index, in any order: what stands at place 7 never depends on place 6. */
export function numberAt(seed: number, index: number): number {
  return scramble((seed ^ Math.imul(index | 0, 0x9e3779b1)) | 0)
}

/** Smooth one-dimensional noise from -1 to 1, one bump per unit, defined for every x. */
export function smoothNoise(seed: number, x: number): number {
  const cell = Math.floor(x)
  const t = x - cell
  const blend = t * t * (3 - 2 * t)
  const from = numberAt(seed, cell)
  return (from + (numberAt(seed, cell + 1) - from) * blend) * 2 - 1
}

/** A 32-bit seed for numberAt and smoothNoise. */
export function seedOf(random: Random): number {
  return Math.floor(random.next() * 0x7fffffff)
}

function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash | 0
}

function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
}
