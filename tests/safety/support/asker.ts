import type { Asker } from '../../../packages/server/src/fairness/fair-share.ts'

/** Somebody who waits as long as it takes, unless another signal is given. */
export function anyone(signal: AbortSignal = new AbortController().signal): Asker {
  return { tenant: 'ws_a/live', signal }
}
