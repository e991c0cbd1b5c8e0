import { turns } from '../support/virtual-clock.ts'
import type { CallRecord } from './record.ts'

/** What a stream of the caller's fails with. */
export const streamError = 'the reader broke'

/** A stream that takes the bytes, slowly or at once, fails in the middle, or is stuck. */
export function badStream(
  record: CallRecord,
  take: (chunk: Uint8Array) => void,
): WritableStream<Uint8Array> {
  const { chance, clock } = record
  const failsAt = chance.is(0.1) ? chance.below(3) : Infinity
  const isStuckAt = chance.is(0.05) ? chance.below(3) : Infinity
  const isSlow = chance.is(0.2)
  const failsToClose = chance.is(0.05)
  let count = 0
  return new WritableStream({
    async write(chunk) {
      if (count === failsAt) throw new Error(streamError)
      if (count === isStuckAt) {
        // The time of the call is all that ends it.
        void turns(40).then(() => record.isOver || clock.runOut())
        await new Promise(() => {})
      }
      if (isSlow) await turns(3)
      count += 1
      // Kept as it is now: whoever wrote it may use its memory again.
      take(chunk.slice())
    },
    close() {
      if (failsToClose) throw new Error(streamError)
    },
  })
}
