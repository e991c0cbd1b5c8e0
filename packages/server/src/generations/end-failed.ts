import type { Failure } from '../contract/failure.ts'
import type { Billed, UpstreamError } from '../upstreams/upstream.ts'
import { billedByAll, updateAttempt, type Attempt, type AttemptState } from './attempt.ts'
import type { LifeContext } from './context.ts'
import type { Generation } from './generation.ts'
import type { Lease } from './queue.ts'
import { settleFailed } from './settle.ts'

/** How the last attempt ended. */
interface LastAttempt {
  attempt: Attempt
  state: AttemptState
  error: UpstreamError | null
  billed: Billed
}

/** Ends a generation as failed, its last attempt with it, and tells those who wait. */
export async function endFailed(
  {
    context,
    lease,
    generation,
    attempts,
  }: { context: LifeContext; lease: Lease; generation: Generation; attempts: Attempt[] },
  failure: Failure,
  last?: LastAttempt,
): Promise<void> {
  await context.database.transaction(async (tx) => {
    const all = [...attempts]
    if (last !== undefined) {
      const { attempt, state, error, billed } = last
      all.splice(-1, 1, await updateAttempt(tx, attempt, { state, error, billed }))
    }
    await settleFailed(tx, {
      generation,
      lease,
      failure,
      upstreamBilled: billedByAll(all),
      outcomeUnknown: last?.state === 'unknown',
      release: context.release,
    })
  })
  if (last !== undefined && last.attempt.state !== 'planned')
    await removeOutputs(context, generation)
  // A check that cannot be made refuses everybody until the operator mends it.
  const level = failure.reason === 'safety_unavailable' ? 'error' : 'info'
  context.log[level](
    { generation: generation.id, code: failure.code, reason: failure.reason, note: failure.note },
    'generation failed',
  )
  context.events.changed(generation.id)
}

// A result that was kept by a process that died before it could settle belongs to nothing now.
// Reference images stay as long as their own retention says.
async function removeOutputs({ mediaStore }: LifeContext, { id }: Generation): Promise<void> {
  for (const key of await mediaStore.keysOf(id)) {
    if (!key.startsWith(`${id}-input`)) await mediaStore.remove(key)
  }
}
