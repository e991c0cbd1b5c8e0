/** Shared between a caller and its threads: whether to stop, and how many frames are done. */
export interface Control {
  flags: Int32Array
}

const cancelFlag = 0
const doneFlag = 1

export function newControl(): Control {
  return { flags: new Int32Array(new SharedArrayBuffer(8)) }
}

export function requestCancel({ flags }: Control): void {
  Atomics.store(flags, cancelFlag, 1)
}

/** Called by the threads between two steps of their work. */
export function throwIfCancelled({ flags }: Control): void {
  if (Atomics.load(flags, cancelFlag) === 1) throw new Error('The rendering was stopped.')
}

export function recordDone({ flags }: Control): void {
  Atomics.add(flags, doneFlag, 1)
}

export function countDone({ flags }: Control): number {
  return Atomics.load(flags, doneFlag)
}
