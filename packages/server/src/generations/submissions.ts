/**
 * The submissions that this process has under way. Each is one request that nothing aborts, not a
 * stop, a cancel or a deadline: whoever waits for it may stop waiting, its answer is still taken. It
 * is committed as soon as it is there and before anything else happens to it, by whoever hears it:
 * not the lease guards that, but the attempt's own state, because only one process ever sent it.
 */
import type { MediaStore } from '../media/media-store.ts'
import { hasten } from '../jobs/queue.ts'
import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/log.ts'
import { testSignal } from '../telemetry/test-signals.ts'
import type { Account } from '../upstreams/accounts.ts'
import type { Slot } from '../upstreams/capacity.ts'
import type { Json, Submitted, UpstreamFailure, UpstreamJob } from '../upstreams/upstream.ts'
import { within } from '../net/deadline.ts'
import {
  changeAttempt,
  findAttempt,
  type Attempt,
  type AttemptChanges,
  type DeliveredFile,
} from './attempt.ts'
import { discardOutputs, keepOutputs, removeKept } from './keep-outputs.ts'

/**
 * A submission that has not left within this time after its commit was asked for does not leave any
 * more: a process that was frozen would send what others have taken up meanwhile. Who looks a job up
 * counts on that.
 */
export const mustLeaveWithinMs = 10_000

/** Wait before an answer that could not be written is tried again. */
const faultWaitMs = 1000

export interface Submission {
  attempt: Attempt
  account: Account
  job: UpstreamJob
  prepared: Json
  slot: Slot
  /** When it has to have left, on the clock of `performance.now()`. */
  leaveBy: number
}

interface SubmissionContext {
  database: Database
  mediaStore: MediaStore
  log: Logger
  /** Told when an answer was committed to a generation that has ended, with its id. */
  onLateAnswer(generationId: string): void
}

export class Submissions {
  readonly #context: SubmissionContext
  readonly #underWay = new Map<string, Promise<void>>()
  #givingUp = false

  constructor(context: SubmissionContext) {
    this.#context = context
  }

  /** How many have not been answered. */
  get count(): number {
    return this.#underWay.size
  }

  /** Sends a job whose `submitting` is committed. `of` tells when its answer is on record. */
  send(submission: Submission): void {
    const { id } = submission.attempt
    const work = this.#send(submission).finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, work)
  }

  /** Resolves once the answer to an attempt is on record; undefined if this process does not wait for one. Never rejects. */
  of(attemptId: string): Promise<void> | undefined {
    return this.#underWay.get(attemptId)
  }

  /** Waits for all answers, at most so long; what is not written then is left for a look-up. */
  async drain(withinMs: number): Promise<void> {
    const all = Promise.all(this.#underWay.values())
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs)
    })
    await Promise.race([all, patience])
    clearTimeout(timer)
    this.#givingUp = true
  }

  async #send(submission: Submission): Promise<void> {
    const { attempt, slot, account } = submission
    await testSignal('submitting', attempt.id)
    const answer = await this.#ask(submission)
    await testSignal('answered', attempt.id)
    if (answer.kind === 'failed') leaveAlone(account, answer.failure)
    // What is under way keeps its place until it has ended.
    if (answer.kind !== 'accepted') slot.free()
    await this.#record(attempt, answer)
    await testSignal('recorded', attempt.id)
  }

  async #ask({ account, job, prepared, leaveBy }: Submission): Promise<Submitted> {
    const { upstream } = account
    const timeoutMs = upstream.submitTimeoutMs
    try {
      return await within(timeoutMs, undefined, (signal) =>
        upstream.submit(job, prepared, { signal, timeoutMs, leaveBy }),
      )
    } catch (error) {
      // Its own time is over, or the adapter has a fault. Neither says what became of the request.
      this.#context.log.error({ err: error, attempt: job.id }, 'a submission has no answer')
      return {
        kind: 'failed',
        failure: {
          kind: 'transient',
          note: error instanceof Error ? error.message.slice(0, 300) : 'no answer',
          job: 'possible',
          billed: 'unknown',
        },
      }
    }
  }

  /** Tried until it is written: the answer may be a picture that is paid for. */
  async #record(attempt: Attempt, answer: Submitted): Promise<void> {
    const keeping = new Keeping(this.#context, attempt, answer)
    for (;;) {
      try {
        const isTaken = await this.#write(attempt, keeping)
        if (!isTaken) await this.#writeLate(attempt, answer, keeping)
        return
      } catch (error) {
        this.#context.log.error({ err: error, attempt: attempt.id }, 'cannot record an answer')
        if (this.#givingUp) return
        await new Promise((resolve) => setTimeout(resolve, faultWaitMs))
      }
    }
  }

  /** Whether somebody was still waiting for it. Whoever went on without it may have kept files of this attempt by now. */
  async #write(attempt: Attempt, keeping: Keeping): Promise<boolean> {
    const { database } = this.#context
    const seen = await findAttempt(database.read, attempt.id)
    if (seen?.state !== 'submitting') return false
    const changes = await keeping.changes()
    return database.transaction(async (tx) => {
      const current = await findAttempt(tx, attempt.id)
      if (current?.state !== 'submitting') return false
      // Whoever took the job over in the meantime has something to do now.
      await hasten(tx, attempt.generationId)
      return (await changeAttempt(tx, current, changes)) !== undefined
    })
  }

  async #writeLate(attempt: Attempt, answer: Submitted, keeping: Keeping): Promise<void> {
    const { database, log, onLateAnswer } = this.#context
    const state = await database.transaction(async (tx) => {
      const current = await findAttempt(tx, attempt.id)
      const changes = toLate(answer)
      if (current?.state !== 'unknown') return current?.state
      await hasten(tx, attempt.generationId)
      if (changes !== undefined) await changeAttempt(tx, current, changes)
      return current.state
    })
    log.warn({ attempt: attempt.id, state, answer: answer.kind }, 'an answer came too late')
    onLateAnswer(attempt.generationId)
    const isElsewhere = state === 'submitted' || state === 'delivered' || state === 'succeeded'
    await keeping.drop({ isElsewhere })
  }
}

/** An upstream that takes no more is not asked by anybody until the wait that it named is over. */
export function leaveAlone({ capacity }: Account, failure: UpstreamFailure): void {
  if (failure.kind === 'throttled') capacity.pause(failure.retryAfterMs ?? 0)
}

/** What an answer means for an attempt whose generation has ended: only who pays is still open. */
function toLate(answer: Submitted): AttemptChanges | undefined {
  switch (answer.kind) {
    case 'accepted':
      return { ref: answer.ref }
    case 'done':
      return { state: 'failed', ref: answer.ref, billed: answer.billed }
    case 'failed':
      return toEnded(answer.failure)
  }
}

/** A job may exist: only looking can tell, and sending it again could bill twice. */
function toEnded(failure: UpstreamFailure): AttemptChanges | undefined {
  if (failure.job === 'possible') return undefined
  const { billed } = failure
  return { state: failure.job === 'none' ? 'refused' : 'failed', failure, billed }
}

/** The files of an answer, kept once however often writing the answer is tried. */
class Keeping {
  readonly #context: SubmissionContext
  readonly #attempt: Attempt
  readonly #answer: Submitted
  readonly #files: DeliveredFile[] = []
  #changes: AttemptChanges | undefined

  constructor(context: SubmissionContext, attempt: Attempt, answer: Submitted) {
    this.#context = context
    this.#attempt = attempt
    this.#answer = answer
  }

  async changes(): Promise<AttemptChanges> {
    this.#changes ??= await this.#toChanges()
    return this.#changes
  }

  /** Drops what nobody wants. With `isElsewhere` the names of its files stand for those of somebody else. */
  async drop({ isElsewhere }: { isElsewhere: boolean }): Promise<void> {
    if (this.#answer.kind !== 'done') return
    const { mediaStore } = this.#context
    await discardOutputs(mediaStore, this.#answer.outputs)
    if (!isElsewhere) await removeKept(mediaStore, { files: this.#files })
  }

  async #toChanges(): Promise<AttemptChanges> {
    const answer = this.#answer
    if (answer.kind === 'accepted') return { state: 'submitted', ref: answer.ref }
    if (answer.kind === 'failed') return toEnded(answer.failure) ?? { failure: answer.failure }
    const files = this.#files
    await keepOutputs(this.#context, this.#attempt, { outputs: answer.outputs, files })
    return { state: 'delivered', ref: answer.ref, delivery: { billed: answer.billed, files } }
  }
}
