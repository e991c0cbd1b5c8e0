import { Failure } from '../contract/failure.ts'
import { tenantOf } from '../fairness/fair-share.ts'
import { UnusableFileError } from '../media/measure.ts'
import type { Output } from '../media/outputs.ts'
import type { Billed, UpstreamError, UpstreamOutput } from '../upstreams/upstream.ts'
import type { Stage } from './stage.ts'
import { billedByAll, updateAttempt, type Attempt } from './attempt.ts'
import { uselessOutput } from './failures.ts'
import { settleCompleted } from './settle.ts'
import { storeOutputs } from './store-outputs.ts'

/** What came of a result: a completed generation, nothing usable, or something that a check withheld. */
export type Completion =
  | { kind: 'completed' }
  | { kind: 'useless'; error: UpstreamError }
  | { kind: 'withheld'; failure: Failure }

/** Stores a result, has it checked, and settles; only then is it visible. */
export async function complete(
  stage: Stage,
  attempt: Attempt,
  done: { outputs: UpstreamOutput[]; billed: Billed },
): Promise<Completion> {
  let outputs: Output[]
  try {
    outputs = await store(stage, done.outputs)
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error
    return { kind: 'useless', error: uselessOutput(error.message, done.billed) }
  }
  try {
    await stage.context.checkOutputs(stage.generation, outputs, stage.signal)
  } catch (error) {
    await discard(stage, outputs)
    // A check that is down is asked again until the deadline; a verdict is final.
    const isFinal = error instanceof Failure && (isVerdict(error) || isOverdue(stage))
    if (!isFinal) throw error
    return { kind: 'withheld', failure: error }
  }
  await settle(stage, attempt, outputs, done.billed)
  return { kind: 'completed' }
}

function store(
  { context, generation, signal }: Stage,
  outputs: UpstreamOutput[],
): Promise<Output[]> {
  const { mediaStore, maxOutputBytes: maxBytes, clock, pictures } = context
  const { id: generationId, type } = generation
  return storeOutputs(outputs, {
    generationId,
    type,
    store: mediaStore,
    maxBytes,
    retentionMs: context.retentionMs(generation),
    clock,
    pictures,
    asker: { tenant: tenantOf(generation), signal },
  })
}

async function discard({ context }: Stage, outputs: Output[]): Promise<void> {
  for (const { storageKey } of outputs) await context.mediaStore.remove(storageKey)
}

function isVerdict({ code }: Failure): boolean {
  return code === 'content_policy_violation'
}

function isOverdue({ context, generation }: Stage): boolean {
  return context.clock() >= generation.deadlineAt
}

async function settle(
  { context, lease, generation, attempts }: Stage,
  attempt: Attempt,
  outputs: Output[],
  billed: Billed,
): Promise<void> {
  await context.database.transaction(async (tx) => {
    const ended = await updateAttempt(tx, attempt, { state: 'succeeded', billed, error: null })
    const upstreamBilled = billedByAll([...attempts.slice(0, -1), ended])
    const { release } = context
    await settleCompleted(tx, { generation, lease, outputs, upstreamBilled, release })
  })
  context.events.changed(generation.id)
}
