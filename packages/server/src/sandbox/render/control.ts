/** Shared between a film's caller and its threads: whether to stop, and how many frames are done. */
export interface Control {
  flags: Int32Array
}

export const cancelFlag = 0
export const doneFlag = 1

export function newControl(): Control {
  return { flags: new Int32Array(new SharedArrayBuffer(8)) }
}
