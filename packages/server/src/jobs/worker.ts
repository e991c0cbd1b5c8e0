/**
 * The worker: claims due jobs, takes their steps, and says meanwhile that it is alive, which keeps
 * them its own. It sleeps until the next job is due, somebody wakes it, or a few seconds have passed.
 *
 * A job stays with it from the claim until it is given back or has ended, also while it waits: for
 * its next look, for room at an upstream, for an answer. Waiting costs memory and nothing else, so
 * no job stands in the way of another; what may go on at once is for those to say whose capacity it
 * is. How many it holds is bounded; beyond that they wait in the table.
 */
import type { Database } from '../storage/database.ts'
import { Failure } from '../contract/failure.ts'
import type { Logger } from '../telemetry/log.ts'
import type { JobHandler, JobKind, Lease, Task } from './job.ts'
import { claim, furthestMs, LeaseLostError, nextDueAt } from './queue.ts'
import { Turns } from './turns.ts'
import { enlist, retire, stayAlive, takeBack } from './workers.ts'

/** Jobs that were claimed and are held at once; a few kilobytes each. */
const mostHeld = 20_000
/** Rows of one claim, so that no commit is long. */
const claimAtOnce = 500
const longestSleepMs = 5000
const heartbeatMs = 15_000
/** Wait after a fault of our own, such as a full disk, before the step is tried again. */
const faultWaitMs = 1000
const longestFaultWaitMs = 15_000

export interface Worker {
  start(): void
  /** The name under which it holds jobs; for those that are born held. */
  readonly id: string
  /** Looks for due jobs now. */
  wake(): void
  /** Works on a job that was born held by this worker. */
  run(lease: Lease): void
  /** Interrupts the step or the rest of a job that this process is in, so that it looks at its rows again. */
  interrupt(id: string): void
  /** How many jobs it holds. */
  readonly held: number
  /** Takes no more steps, waits for those that are under way, at most so long, and gives its jobs back. */
  stop(withinMs: number): Promise<void>
}

interface WorkerOptions {
  /** Its row in the table of workers. */
  id: string
  database: Database
  log: Logger
  clock: () => number
  /** What works on jobs of each kind; there is no other kind. */
  handlers: Readonly<Record<JobKind, JobHandler>>
}

/** A worker that waits to be started. */
export function createWorker(options: WorkerOptions): Worker {
  return new ClaimLoop(options)
}

interface Running {
  lease: Lease
  task: Task
  interruption: AbortController
  /** Ends the rest between two steps. */
  endRest: (() => void) | undefined
  faults: number
  /** Others have taken it; what is under way goes no further. */
  isLost: boolean
  done: Promise<void>
}

class ClaimLoop implements Worker {
  readonly #options: WorkerOptions
  readonly #running = new Map<string, Running>()
  readonly #turns = new Turns()
  #id: string
  #stopping = false
  #timer: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #loop: Promise<void> | undefined
  #wakeAgain = false

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#id = options.id
  }

  get id(): string {
    return this.#id
  }

  get held(): number {
    return this.#running.size
  }

  start(): void {
    this.#heartbeat = setInterval(() => void this.#beat(), heartbeatMs)
    this.wake()
  }

  wake(): void {
    if (this.#stopping) return
    this.#wakeAgain = true
    this.#loop ??= this.#claimAndSleep().finally(() => {
      this.#loop = undefined
      // Woken after its last look and before its end.
      if (this.#wakeAgain) this.wake()
    })
  }

  run(lease: Lease): void {
    // A job of a kind that nothing works on is a fault that must be seen, not a reason to guess.
    const handler = this.#options.handlers[lease.kind] as JobHandler | undefined
    if (handler === undefined) {
      this.#options.log.error({ job: lease.id, kind: lease.kind }, 'a job of an unknown kind')
      return
    }
    const running: Running = {
      lease,
      task: handler(lease),
      interruption: new AbortController(),
      endRest: undefined,
      faults: 0,
      isLost: false,
      done: Promise.resolve(),
    }
    this.#running.set(lease.id, running)
    running.done = this.#work(running).finally(() => {
      running.task.end()
      // A job that was lost may have been claimed anew by this very process.
      if (this.#running.get(lease.id) === running) this.#running.delete(lease.id)
      this.wake()
    })
  }

  interrupt(id: string): void {
    const running = this.#running.get(id)
    if (running !== undefined) interrupt(running)
  }

  async stop(withinMs: number): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    clearInterval(this.#heartbeat)
    await this.#loop
    for (const running of this.#running.values()) interrupt(running)
    const all = Promise.all([...this.#running.values()].map(({ done }) => done))
    await atMost(withinMs, all)
    try {
      await this.#options.database.transaction((tx) => retire(tx, this.#id))
    } catch (error) {
      // The next start takes back whatever is left.
      this.#options.log.error({ err: error }, 'cannot give the jobs back')
    }
  }

  async #claimAndSleep(): Promise<void> {
    clearTimeout(this.#timer)
    let sleepMs = longestSleepMs
    try {
      while (this.#wakeAgain && !this.#stopping) {
        this.#wakeAgain = false
        sleepMs = await this.#claimDue()
      }
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot claim jobs')
      sleepMs = faultWaitMs
    }
    if (!this.#stopping) this.#timer = setTimeout(() => this.wake(), sleepMs)
  }

  /** Claims what is due and there is room for; how long to sleep then. */
  async #claimDue(): Promise<number> {
    const { database, clock } = this.#options
    for (;;) {
      const room = Math.min(claimAtOnce, mostHeld - this.#running.size)
      // Without room the end of a job wakes the loop, not the clock.
      if (room <= 0 || this.#stopping) return longestSleepMs
      const dueAt = await nextDueAt(database.read)
      const isDue = dueAt !== undefined && (dueAt <= clock() || dueAt > clock() + furthestMs)
      if (!isDue) return Math.max(1, Math.min(longestSleepMs, (dueAt ?? Infinity) - clock()))
      const leases = await claim(database, this.#id, room)
      for (const lease of leases) this.run(lease)
      // What is due by the row and not by the transaction's clock is so in a moment.
      if (leases.length === 0) return 1
    }
  }

  async #work(running: Running): Promise<void> {
    do await this.#turns.take()
    while (!this.#stopping && !running.isLost && (await this.#advance(running)))
  }

  /** Takes a step, and the rest after it; false once the job is released or lost. */
  async #advance(running: Running): Promise<boolean> {
    const { signal } = running.interruption
    let restMs = 0
    try {
      const step = await running.task.step(signal)
      running.faults = 0
      if (step === 'released') return false
      if (step !== 'continue') restMs = step.afterMs
    } catch (error) {
      if (error instanceof LeaseLostError) return false
      if (!signal.aborted) restMs = this.#waitAfterFault(running, error)
    }
    // Interrupted, during the step or after it: the next step looks at its rows again.
    if (signal.aborted) running.interruption = new AbortController()
    else if (restMs > 0) await rest(running, restMs)
    return true
  }

  /** Doubles with each fault of the same job in a row: a step can be dear, such as drawing a film again. */
  #waitAfterFault(running: Running, error: unknown): number {
    const note = error instanceof Failure ? error.note : undefined
    const { id: job } = running.lease
    this.#options.log.error({ err: error, note, job }, 'step failed; it is tried again')
    const waitMs = Math.min(longestFaultWaitMs, faultWaitMs * 2 ** running.faults)
    running.faults += 1
    return waitMs
  }

  async #beat(): Promise<void> {
    const { database, log } = this.#options
    try {
      const { isAlive, count } = await database.transaction(async (tx) => ({
        isAlive: await stayAlive(tx, this.#id),
        count: await takeBack(tx, this.#id),
      }))
      if (!isAlive) await this.#beginAnew()
      if (count > 0) {
        log.warn({ jobs: count }, 'took back the jobs of a worker that is gone')
        this.wake()
      }
    } catch (error) {
      log.error({ err: error }, 'cannot say that this worker is alive')
    }
  }

  // Frozen for so long that others took its jobs. Their tokens are void; what only looked, and wrote
  // nothing, would never find out.
  async #beginAnew(): Promise<void> {
    this.#options.log.warn('this worker was given up for dead, and begins anew')
    this.#id = await this.#options.database.transaction(enlist)
    for (const running of this.#running.values()) {
      running.isLost = true
      interrupt(running)
    }
  }
}

function interrupt(running: Running): void {
  running.interruption.abort()
  running.endRest?.()
}

function rest(running: Running, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      running.endRest = undefined
      if (running.interruption.signal.aborted) running.interruption = new AbortController()
      resolve()
    }
    const timer = setTimeout(end, ms)
    running.endRest = end
  })
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
