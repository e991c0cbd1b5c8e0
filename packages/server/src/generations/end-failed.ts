import type { Failure } from '../contract/failure.ts'
import { billedByAll, type Attempt, type AttemptChanges } from './attempt.ts'
import type { ContentVerdict } from './context.ts'
import { settleFailed } from './settle.ts'
import { mustChange, whileHeld, type Situation } from './situation.ts'

/** How the last attempt ends with its generation. */
export interface LastAttempt {
  attempt: Attempt
  changes: AttemptChanges
}

/** Ends a generation as failed, its last attempt with it, and tells those who wait. */
export async function endFailed(
  situation: Situation,
  failure: Failure,
  { last, verdict }: { last?: LastAttempt; verdict?: ContentVerdict | undefined } = {},
): Promise<'released' | 'continue'> {
  const { context, lease, generation, attempts } = situation
  const isOpen = last?.changes.state === 'unknown'
  await whileHeld(situation, async (tx) => {
    const all = [...attempts]
    await verdict?.record(tx)
    if (last !== undefined) all.splice(-1, 1, await mustChange(tx, last.attempt, last.changes))
    const { hooks } = context
    const upstreamBilled = billedByAll(all)
    await settleFailed(tx, { generation, lease, failure, upstreamBilled, isOpen, hooks })
  })
  // A check that cannot be made refuses everybody until the operator mends it.
  const level = failure.reason === 'safety_unavailable' ? 'error' : 'info'
  context.log[level](
    { generation: generation.id, code: failure.code, reason: failure.reason, note: failure.note },
    'generation failed',
  )
  await tidyUp(situation, verdict)
  context.events.changed(generation.id)
  return isOpen ? 'continue' : 'released'
}

/** Before those who wait are told, so that they find nothing left; what cannot be removed keeps nobody waiting. */
async function tidyUp(situation: Situation, verdict: ContentVerdict | undefined): Promise<void> {
  const { context, generation } = situation
  try {
    await verdict?.afterwards()
    await removeOutputs(situation)
  } catch (error) {
    context.log.warn({ err: error, generation: generation.id }, 'cannot remove what is left')
  }
}

// A result that was kept by a process that died before it could settle belongs to nothing now.
// Reference images stay as long as their own retention says.
async function removeOutputs({ context, generation: { id }, attempts }: Situation): Promise<void> {
  if (attempts.length === 0) return
  for (const key of await context.mediaStore.keysOf(id)) {
    if (!key.startsWith(`${id}-input`)) await context.mediaStore.remove(key)
  }
}
