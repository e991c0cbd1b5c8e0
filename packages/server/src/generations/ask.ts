import type { Call } from '../upstreams/upstream.ts'
import { isTimeLimit, within } from '../net/deadline.ts'

/** Makes a call that may take so long; `late` if it takes longer. */
export async function asked<Answer>(
  limitMs: number,
  signal: AbortSignal,
  call: (call: Call) => Promise<Answer>,
  late: Answer,
): Promise<Answer> {
  try {
    return await within(limitMs, signal, (patience) =>
      call({ signal: patience, timeoutMs: limitMs }),
    )
  } catch (error) {
    // The time of the whole step being over is another matter.
    if (isTimeLimit(error) && !signal.aborted) return late
    throw error
  }
}
