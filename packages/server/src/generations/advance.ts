/**
 * The life of a generation, one step at a time. What to do next is told by the rows alone, so any
 * worker can take the next step, after a crash too:
 *
 *   nothing sent, or all attempts ended   check the content once, decide, send          begin.ts
 *   submitting                            wait for the answer, or look the job up       look-up.ts
 *   submitted                             poll                                          poll.ts
 *   delivered                             store, check, settle                          deliver.ts
 *   ended, with an open bill              find out what became of it                    reconcile.ts
 *
 * The deadline binds every step: at that instant its signal aborts, and the next step finds the
 * generation overdue. Only a submission goes on, with nobody waiting for it.
 */
import { finish, LeaseLostError } from '../jobs/queue.ts'
import type { JobHandler, Lease, Step } from '../jobs/job.ts'
import { isTimeLimit, within } from '../net/deadline.ts'
import { listAttempts } from './attempt.ts'
import { begin } from './begin.ts'
import type { LifeContext } from './context.ts'
import { backoffMs } from './decide.ts'
import { deliver } from './deliver.ts'
import { getGeneration } from './generation.ts'
import { giveUp, givesUpAt } from './give-up.ts'
import { lookUp } from './look-up.ts'
import { createMemory, type Memory } from './memory.ts'
import { poll } from './poll.ts'
import { reconcile } from './reconcile.ts'
import { RowsChangedError, whileHeld, type Situation } from './situation.ts'
import { latestAt } from './time-limits.ts'

/** Works on generations. */
export function generationHandler(context: LifeContext): JobHandler {
  return (lease) => {
    const memory = createMemory()
    return {
      step: (signal) => advance({ context, lease, memory, signal }),
      end: () => memory.slot?.free(),
    }
  }
}

interface Claim {
  context: LifeContext
  lease: Lease
  memory: Memory
  signal: AbortSignal
}

/** Takes one step. Throws LeaseLostError when another worker has the job. */
export async function advance(claim: Claim): Promise<Step> {
  const { signal, memory } = claim
  const situation = await readSituation(claim)
  try {
    const step = await within(limitOf(situation), signal, (patience) =>
      takeStep({ ...situation, signal: patience }),
    )
    memory.faults = 0
    return step
  } catch (error) {
    if (error instanceof LeaseLostError || signal.aborted) throw error
    // Overtaken by an answer that was recorded meanwhile: the rows tell what is next.
    if (error instanceof RowsChangedError) return 'continue'
    return afterFault(await readSituation(claim), error)
  }
}

async function readSituation(claim: Claim): Promise<Situation> {
  const { read } = claim.context.database
  const generation = await getGeneration(read, claim.lease.id)
  return { ...claim, generation, attempts: await listAttempts(read, generation.id) }
}

function takeStep(situation: Situation): Promise<Step> {
  const { generation, attempts } = situation
  if (generation.status !== 'pending') return afterTheEnd(situation)
  const attempt = attempts.at(-1)
  switch (attempt?.state) {
    case undefined:
    case 'refused':
    case 'failed':
      return begin(situation)
    case 'submitting':
      return lookUp(situation, attempt)
    case 'submitted':
      return poll(situation, attempt)
    case 'delivered':
      return deliver(situation, attempt)
    case 'unknown':
    case 'succeeded':
      // Each of these is committed together with the end; alone it cannot be found.
      throw new Error(`attempt ${attempt.id} is ${attempt.state} but its generation is pending`)
  }
}

async function afterTheEnd(situation: Situation): Promise<Step> {
  if (situation.generation.reconcileUntil !== null) return reconcile(situation)
  await whileHeld(situation, (tx) => finish(tx, situation.lease))
  return 'released'
}

/** Longest time of a look at something that is past its deadline, or has ended. */
const lateStepMs = 10_000

/** How long a step may take: until the deadline, and after it no longer than late results are waited for. */
function limitOf({ context, generation, attempts }: Situation): number {
  const now = context.clock()
  if (generation.status !== 'pending') return lateStepMs
  if (now < generation.deadlineAt) return generation.deadlineAt - now
  if (attempts.at(-1)?.state === 'delivered') {
    return Math.max(lateStepMs, latestAt(generation) - now)
  }
  return lateStepMs
}

/**
 * Out of time, the rows tell what is next. A fault of our own, such as a full disk, is tried again
 * after a while, never past an instant at which the generation could end. Both end it long after its
 * deadline, if nothing else has.
 */
async function afterFault(situation: Situation, error: unknown): Promise<Step> {
  const { context, generation, memory } = situation
  const now = context.clock()
  const endsAt = givesUpAt(situation)
  if (generation.status === 'pending' && now >= endsAt) return giveUp(situation, error)
  if (isTimeLimit(error)) return 'continue'
  const note = error instanceof Error && 'note' in error ? error.note : undefined
  context.log.error(
    { err: error, note, generation: generation.id },
    'step failed; it is tried again',
  )
  memory.faults += 1
  const restMs = backoffMs(memory.faults + 1, undefined, 1)
  const leftMs = [generation.deadlineAt, endsAt].map((at) => at - now).filter((ms) => ms > 0)
  return { afterMs: Math.min(restMs, ...leftMs) }
}
