import type { Attempt } from './attempt.ts'
import type { LifeContext } from './context.ts'
import type { Generation } from './generation.ts'
import type { Lease } from './queue.ts'

/**
 * `continue`: take the next step now. `released`: the job was given back or has ended. `afterMs`:
 * it stays with this process, which takes the next step after so many milliseconds.
 */
export type Step = 'continue' | 'released' | { afterMs: number }

/** What one step works on. */
export interface Stage {
  context: LifeContext
  lease: Lease
  generation: Generation
  attempts: Attempt[]
  /** Aborts when the gateway stops or the generation is cancelled. */
  signal: AbortSignal
}
