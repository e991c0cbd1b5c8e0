/**
 * From a result to the end: files are fetched, kept, measured and checked, and only then visible. A
 * result that is there is never given away for a fault of ours: it is put on record, and the next
 * step goes on where this one stopped. A file that can never be fetched, or is none, is the
 * upstream's failure.
 */
import { Failure } from '../contract/failure.ts'
import type { Step } from '../jobs/job.ts'
import { tenantOf } from '../fairness/fair-share.ts'
import { measure, UnusableFileError, type Measured } from '../media/measure.ts'
import type { Output } from '../media/outputs.ts'
import { testSignal } from '../telemetry/test-signals.ts'
import type { Call, Upstream, UpstreamFailure, UpstreamResult } from '../upstreams/upstream.ts'
import { isTimeLimit, within } from '../net/deadline.ts'
import { afterVerdict } from './after-verdict.ts'
import { billedByAll, type Attempt, type DeliveredFile, type Delivery } from './attempt.ts'
import { backoffMs } from './decide.ts'
import { endFailed } from './end-failed.ts'
import { overdueFailure } from './failures.ts'
import { keepFetched, keepOutputs, removeKept } from './keep-outputs.ts'
import { settleCompleted } from './settle.ts'
import { mustChange, timeLeft, whileHeld, type Situation } from './situation.ts'
import { latestAt, lostAfter } from './time-limits.ts'

/** What a file is given that is fetched for the last time. */
const leastFetchMs = 1000

/** A file of the result could not be fetched now. */
class NotFetchedError extends Error {
  override readonly name = 'NotFetchedError'
  readonly retryAfterMs: number | undefined
  /** The upstream says that there is no such file. */
  readonly isGone: boolean

  constructor(
    note: string,
    { retryAfterMs, isGone = false }: { retryAfterMs?: number | undefined; isGone?: boolean } = {},
  ) {
    super(note)
    this.retryAfterMs = retryAfterMs
    this.isGone = isGone
  }
}

/** Takes on what a look at the job has found. */
export async function deliverResult(
  situation: Situation,
  attempt: Attempt,
  { outputs, billed }: UpstreamResult,
): Promise<Step> {
  const files: DeliveredFile[] = []
  await keepOutputs(situation.context, attempt, { outputs, files })
  return new Arrival(situation, attempt, { billed, files }).complete()
}

/** Goes on with a result that is on record. */
export function deliver(situation: Situation, attempt: Attempt): Promise<Step> {
  const { delivery } = attempt
  if (delivery === null) throw new Error(`attempt ${attempt.id} is delivered without a result`)
  return new Arrival(situation, attempt, delivery).complete()
}

class Arrival {
  readonly #situation: Situation
  readonly #attempt: Attempt
  readonly #delivery: Delivery

  constructor(situation: Situation, attempt: Attempt, delivery: Delivery) {
    this.#situation = situation
    this.#attempt = attempt
    this.#delivery = { ...delivery, files: [...delivery.files] }
  }

  async complete(): Promise<Step> {
    try {
      // An empty list is what several upstreams answer when their filter dropped everything.
      if (this.#delivery.files.length === 0) throw new UnusableFileError('no file at all')
      await this.#fetchRemote()
      const outputs = await this.#measure()
      await this.#check(outputs)
      return await this.#settle(outputs)
    } catch (error) {
      if (error instanceof UnusableFileError) return this.#useless(error.message)
      if (error instanceof NotFetchedError) return this.#fetchLater(error)
      if (error instanceof Failure && error.code === 'content_policy_violation') {
        return this.#withhold(error)
      }
      await this.#putOnRecord()
      throw error
    }
  }

  async #fetchRemote(): Promise<void> {
    const { context } = this.#situation
    const { files } = this.#delivery
    for (const [position, file] of files.entries()) {
      if (file.kind !== 'remote') continue
      const upstream = context.routing.accountOf(this.#attempt)?.upstream
      if (upstream === undefined) throw new NotFetchedError('the upstream is no longer configured')
      const kept = await this.#inTime(async (call) => {
        const body = await this.#download(upstream, file, call)
        return keepFetched(context, this.#attempt, { position, body })
      })
      const expiry = file.expiresAt === undefined ? {} : { expiresAt: file.expiresAt }
      files[position] = { ...kept, ...expiry }
    }
  }

  /** Until the deadline, and after it no longer than late results are waited for: then the end is there when its answer is due. */
  async #inTime<Value>(fetch: (call: Call) => Promise<Value>): Promise<Value> {
    const { context, generation, signal } = this.#situation
    const lateMs = latestAt(generation) - context.clock()
    const timeoutMs = timeLeft(this.#situation) || Math.max(lateMs, leastFetchMs)
    try {
      return await within(timeoutMs, signal, (patience) => fetch({ signal: patience, timeoutMs }))
    } catch (error) {
      throw isTimeLimit(error) ? new NotFetchedError('not fetched in time') : error
    }
  }

  async #download(
    upstream: Upstream,
    { source }: DeliveredFile & { kind: 'remote' },
    call: Call,
  ): Promise<AsyncIterable<Uint8Array>> {
    const downloaded = await upstream.download(source, call)
    switch (downloaded.kind) {
      case 'file':
        return asNotFetched(downloaded.body, call.signal)
      case 'gone':
        throw new NotFetchedError(downloaded.note, { isGone: true })
      case 'no_answer':
        throw new NotFetchedError(downloaded.note, downloaded)
    }
  }

  async #measure(): Promise<Output[]> {
    const { context, generation, signal } = this.#situation
    const asker = { tenant: tenantOf(generation), signal }
    const outputs: Output[] = []
    for (const [position, file] of this.#delivery.files.entries()) {
      if (file.kind !== 'kept') throw new Error('a file was not fetched')
      const leave = await context.pictures.take(asker)
      try {
        outputs.push(this.#toOutput(position, file, await this.#measureFile(file.storageKey)))
      } finally {
        leave()
      }
    }
    return outputs
  }

  #measureFile(storageKey: string): Promise<Measured> {
    const { context, generation } = this.#situation
    return context.mediaStore.withLocalFile(storageKey, (path) => measure(path, generation.type))
  }

  #toOutput(
    position: number,
    { storageKey, sha256, bytes, expiresAt }: DeliveredFile & { kind: 'kept' },
    measured: Measured,
  ): Output {
    const { context, generation } = this.#situation
    const keptUntil = context.clock() + context.retentionMs(generation)
    return {
      ...measured,
      generationId: generation.id,
      position,
      storageKey,
      sha256,
      bytes,
      deletesAt: Math.min(keptUntil, expiresAt ?? Number.MAX_SAFE_INTEGER),
      deletedAt: null,
    }
  }

  #check(outputs: readonly Output[]): Promise<void> {
    const { context, generation, signal } = this.#situation
    return context.checkOutputs(generation, outputs, signal)
  }

  async #settle(outputs: readonly Output[]): Promise<Step> {
    const situation = this.#situation
    const { context, generation, lease, attempts } = situation
    const { billed } = this.#delivery
    await testSignal('stored', generation.id)
    await whileHeld(situation, async (tx) => {
      const ended = await mustChange(tx, this.#attempt, {
        state: 'succeeded',
        billed,
        failure: null,
      })
      const upstreamBilled = billedByAll([...attempts.slice(0, -1), ended])
      const { hooks } = context
      await settleCompleted(tx, { generation, lease, outputs, upstreamBilled, hooks })
    })
    await testSignal('settled', generation.id)
    context.events.changed(generation.id)
    return 'released'
  }

  async #useless(what: string): Promise<Step> {
    const failure: UpstreamFailure = {
      kind: 'useless',
      note: `the result is ${what}`,
      job: 'ended',
      billed: this.#delivery.billed,
    }
    const step = await afterVerdict(this.#situation, this.#attempt, failure)
    // Only now is it certain that the job is ours: another process may have kept better files.
    await removeKept(this.#situation.context.mediaStore, this.#delivery)
    return step
  }

  async #fetchLater({ message, retryAfterMs, isGone }: NotFetchedError): Promise<Step> {
    const { context, generation, memory } = this.#situation
    memory.misses = isGone ? memory.misses + 1 : 0
    if (memory.misses >= lostAfter) return this.#useless(`gone: ${message}`)
    memory.failedLooks += 1
    const restMs = backoffMs(memory.failedLooks, retryAfterMs, 1)
    context.log.warn({ generation: generation.id, note: message }, 'a result cannot be fetched')
    const leftMs = latestAt(generation) - context.clock()
    if (leftMs <= 0) return this.#endOverdue()
    await this.#putOnRecord()
    return { afterMs: Math.min(restMs, leftMs) }
  }

  /** It was made, it may have been paid for, and it could not be fetched in time. */
  #endOverdue(): Promise<Step> {
    const { billed } = this.#delivery
    const changes = { state: 'failed', billed } as const
    return endFailed(this.#situation, overdueFailure(), {
      last: { attempt: this.#attempt, changes },
    })
  }

  #withhold(failure: Failure): Promise<Step> {
    const { billed } = this.#delivery
    const changes = { state: 'failed', billed } as const
    return endFailed(this.#situation, failure, { last: { attempt: this.#attempt, changes } })
  }

  /** So that the next step finds what this one has; a submitted job might be asked again, and its files be gone by then. */
  async #putOnRecord(): Promise<void> {
    const { generation } = this.#situation
    if (generation.status !== 'pending') return
    const changes = { state: 'delivered', delivery: this.#delivery } as const
    await whileHeld(this.#situation, (tx) => mustChange(tx, this.#attempt, changes))
  }
}

/** What breaks off on the way is the upstream's fault; what cannot be written is ours. */
async function* asNotFetched(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    signal.throwIfAborted()
    throw new NotFetchedError(error instanceof Error ? error.message : 'broke off')
  }
}
