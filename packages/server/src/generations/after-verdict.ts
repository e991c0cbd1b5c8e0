import type { Step } from '../jobs/job.ts'
import type { UpstreamFailure } from '../upstreams/upstream.ts'
import type { Attempt } from './attempt.ts'
import { endFailed } from './end-failed.ts'
import { cancelledFailure, toFailure } from './failures.ts'
import { isOverdue, mustChange, whileHeld, type Situation } from './situation.ts'

/** A failed attempt. What follows is decided by the next step, unless the generation was cancelled. */
export async function afterVerdict(
  situation: Situation,
  attempt: Attempt,
  failure: UpstreamFailure,
): Promise<Step> {
  const { context, generation, memory } = situation
  context.log.warn({ generation: generation.id, attempt: attempt.id, failure }, 'attempt failed')
  memory.misses = 0
  const { billed } = failure
  const changes = { state: 'failed', failure, billed } as const
  if (generation.cancelRequestedAt !== null) {
    return endFailed(situation, cancelledFailure(), { last: { attempt, changes } })
  }
  if (isOverdue(situation)) {
    return endFailed(situation, toFailure(failure), { last: { attempt, changes } })
  }
  await whileHeld(situation, (tx) => mustChange(tx, attempt, changes))
  memory.slot?.free()
  memory.slot = undefined
  return 'continue'
}
