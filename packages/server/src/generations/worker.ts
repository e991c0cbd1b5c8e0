/**
 * The worker: claims due jobs, takes their steps, renews their leases meanwhile. It sleeps until
 * the next job is due, somebody wakes it, or a few seconds have passed.
 *
 * What it claims takes up slots, so that thousands of due jobs wait in the table and not in memory.
 * A job that was accepted here takes none, nor does one that rests between two steps without being
 * given back: those are images, for which somebody waits, and they must not queue behind everything
 * else that is due. How many there can be is bounded by what admission lets in.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../contract/failure.ts'
import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Step } from './stage.ts'
import {
  claim,
  LeaseLostError,
  leaseMs,
  nextDueAt,
  renew,
  reschedule,
  type Lease,
} from './queue.ts'

/** Claimed jobs that are in a step at once; beyond that they wait in the table. */
const maxSlots = 64
const longestSleepMs = 5000
/** Wait after a fault of our own, such as a full disk, before the step is tried again. */
const faultWaitMs = 1000
const longestFaultWaitMs = 15_000

/** Takes one step of a job and says when the next one is to be taken. */
export type StepRunner = (lease: Lease, signal: AbortSignal) => Promise<Step>

export interface Worker {
  start(): void
  /** Looks for due jobs now. */
  wake(): void
  /** Works on a job that was born leased to this process. */
  run(lease: Lease): void
  /** Interrupts the step of a job that this process is in, so that it looks at its row again. */
  interrupt(id: string): void
  /** Lets running steps come to a point where they can be taken up again, and stops. */
  stop(): Promise<void>
}

export function createWorker(options: {
  database: Database
  log: Logger
  clock: () => number
  step: StepRunner
}): Worker {
  return new ClaimLoop(options)
}

interface Running {
  lease: Lease
  hasSlot: boolean
  interruption: AbortController
  done: Promise<void>
}

class ClaimLoop implements Worker {
  readonly #options: Parameters<typeof createWorker>[0]
  readonly #running = new Map<string, Running>()
  #slots = 0
  #stopping = false
  #timer: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #loop: Promise<void> | undefined
  #wakeAgain = false
  readonly #faults = new Map<string, number>()

  constructor(options: Parameters<typeof createWorker>[0]) {
    this.#options = options
  }

  start(): void {
    this.#heartbeat = setInterval(() => void this.#renewAll(), leaseMs / 3)
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
    this.#start(lease, { hasSlot: false })
  }

  #start(lease: Lease, { hasSlot }: { hasSlot: boolean }): void {
    const interruption = new AbortController()
    const running: Running = { lease, hasSlot, interruption, done: Promise.resolve() }
    if (hasSlot) this.#slots += 1
    this.#running.set(lease.id, running)
    running.done = this.#work(running).finally(() => {
      // A lease that ran out may have been claimed anew by this very process.
      if (this.#running.get(lease.id) === running) this.#running.delete(lease.id)
      this.#freeSlot(running)
      this.wake()
    })
  }

  #freeSlot(running: Running): void {
    if (!running.hasSlot) return
    running.hasSlot = false
    this.#slots -= 1
    this.wake()
  }

  interrupt(id: string): void {
    this.#running.get(id)?.interruption.abort()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    clearInterval(this.#heartbeat)
    await this.#loop
    for (const { interruption } of this.#running.values()) interruption.abort()
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  async #claimAndSleep(): Promise<void> {
    clearTimeout(this.#timer)
    let sleepMs = longestSleepMs
    try {
      while (this.#wakeAgain && !this.#stopping) {
        this.#wakeAgain = false
        const room = maxSlots - this.#slots
        if (room > 0) {
          const leases = await claim(this.#options.database, room)
          for (const lease of leases) this.#start(lease, { hasSlot: true })
        }
        const dueAt = await nextDueAt(this.#options.database.read)
        sleepMs = Math.max(1, Math.min(longestSleepMs, (dueAt ?? Infinity) - this.#options.clock()))
        // Without room the end of a running job wakes the loop, not the clock.
        if (room <= 0) sleepMs = longestSleepMs
      }
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot claim jobs')
      sleepMs = faultWaitMs
    }
    if (!this.#stopping) this.#timer = setTimeout(() => this.wake(), sleepMs)
  }

  async #work(running: Running): Promise<void> {
    const { lease } = running
    try {
      while (!this.#stopping && (await this.#advance(running)));
      this.#faults.delete(lease.id)
      if (this.#stopping) await this.#giveBack(lease, 0)
    } catch (error) {
      if (error instanceof LeaseLostError) return
      const note = error instanceof Failure ? error.note : undefined
      this.#options.log.error({ err: error, note, job: lease.id }, 'step failed; it is tried again')
      await this.#giveBack(lease, this.#waitAfterFault(lease.id))
    }
  }

  /** Takes a step, and the rest after it; false once the job is released. */
  async #advance(running: Running): Promise<boolean> {
    const { signal } = running.interruption
    try {
      const step = await this.#options.step(running.lease, signal)
      if (step === 'released') return false
      if (step !== 'continue') await this.#rest(running, step.afterMs)
      return true
    } catch (error) {
      if (!signal.aborted || error instanceof LeaseLostError) throw error
      // Interrupted: the next step looks at its row again, unless the gateway stops.
      running.interruption = new AbortController()
      return true
    }
  }

  async #rest(running: Running, ms: number): Promise<void> {
    this.#freeSlot(running)
    await sleep(ms, undefined, { signal: running.interruption.signal })
  }

  /** Doubles with each fault of the same job in a row: a step can be dear, such as drawing a film again. */
  #waitAfterFault(id: string): number {
    const earlier = this.#faults.get(id) ?? 0
    this.#faults.set(id, earlier + 1)
    return Math.min(longestFaultWaitMs, faultWaitMs * 2 ** earlier)
  }

  /**
   * Tried until it is written. A job that is left to its lease rests for up to a minute after the
   * disk has space again, and an image's deadline passes meanwhile.
   */
  async #giveBack(lease: Lease, afterMs: number): Promise<void> {
    for (;;) {
      try {
        await this.#options.database.transaction((tx) => reschedule(tx, lease, afterMs))
        return
      } catch (error) {
        if (error instanceof LeaseLostError) return
        this.#options.log.error({ err: error, job: lease.id }, 'cannot give a job back')
        // The next start takes back whatever is left.
        if (this.#stopping) return
        await sleep(faultWaitMs)
      }
    }
  }

  // All at once, so that they share commits: one after another, each would wait for a commit of its
  // own, and with thousands accepted at the same time the last lease would run out meanwhile.
  async #renewAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ lease }) => this.#renew(lease)))
  }

  async #renew(lease: Lease): Promise<void> {
    try {
      await this.#options.database.transaction((tx) => renew(tx, lease))
    } catch (error) {
      if (error instanceof LeaseLostError) return
      this.#options.log.error({ err: error, job: lease.id }, 'cannot renew a lease')
    }
  }
}
