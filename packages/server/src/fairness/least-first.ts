/** A line in which whoever has the smallest key is first, and among equals whoever came first. */

interface Entry<Value> {
  value: Value
  key: number
  arrival: number
}

/** A binary heap. */
export class LeastFirst<Value> {
  readonly #entries: Entry<Value>[] = []
  #arrivals = 0

  get first(): Entry<Value> | undefined {
    return this.#entries[0]
  }

  push(value: Value, key: number): void {
    this.#arrivals += 1
    this.#rise(this.#entries.length, { value, key, arrival: this.#arrivals })
  }

  /** Gives the first a larger key; it keeps its place among its equals. */
  delayFirst(key: number): void {
    const [first] = this.#entries
    if (first !== undefined) this.#sink({ ...first, key })
  }

  removeFirst(): void {
    const last = this.#entries.pop()
    if (last !== undefined && this.#entries.length > 0) this.#sink(last)
  }

  #rise(start: number, entry: Entry<Value>): void {
    let at = start
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.#entries[above]
      if (parent === undefined || !isBefore(entry, parent)) break
      this.#entries[at] = parent
      at = above
    }
    this.#entries[at] = entry
  }

  /** Puts an entry in the place of the first, and from there to where it belongs. */
  #sink(entry: Entry<Value>): void {
    let at = 0
    for (;;) {
      const left = this.#entries[2 * at + 1]
      const right = this.#entries[2 * at + 2]
      const isRight = left !== undefined && right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (child === undefined || !isBefore(child, entry)) break
      this.#entries[at] = child
      at = 2 * at + (isRight ? 2 : 1)
    }
    this.#entries[at] = entry
  }
}

function isBefore(left: Entry<unknown>, right: Entry<unknown>): boolean {
  return left.key === right.key ? left.arrival < right.arrival : left.key < right.key
}
