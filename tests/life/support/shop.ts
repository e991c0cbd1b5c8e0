import { rmSync } from 'node:fs'
import { onTestFinished, vi } from 'vitest'
import type { Lease, Step } from '../../../packages/server/src/jobs/job.ts'
import { enqueueHeld, finish, reschedule } from '../../../packages/server/src/jobs/queue.ts'
import { createWorker, type Worker } from '../../../packages/server/src/jobs/worker.ts'
import { enlist } from '../../../packages/server/src/jobs/workers.ts'
import type { Database } from '../../../packages/server/src/storage/database.ts'
import { createLog } from '../../../packages/server/src/telemetry/log.ts'
import { breakableDatabase, noFaults, type Faults } from './faults.ts'
import { deferred, type Deferred } from './deferred.ts'
import { makeFolder, openEmpty } from './folder.ts'
import { startAt } from './orders.ts'

/** What a job does in its next step. */
export type Script = (signal: AbortSignal, lease: Lease) => Promise<Step>

/** A worker on a real database, with jobs whose steps are scripted, and a clock and timers that are moved by hand. */
export interface Shop {
  database: Database
  faults: Faults
  worker: Worker
  /** What the steps of jobs do, by id; a job without a script ends with its first step. */
  scripts: Map<string, Script>
  /** Steps that were begun, by job. */
  begun: string[]
  /** Jobs that are worked on no more. */
  ended: string[]
  /** What was logged as a fault. */
  logged: string[]
  /** Resolves when a step of the job begins. */
  step(id: string): Promise<AbortSignal>
  /** Resolves when the job is worked on no more. */
  end(id: string): Promise<void>
  /** Adds a job that is due at once, or later. */
  add(id: string, afterMs?: number): Promise<void>
  /** Adds many that are due at once. */
  addAll(ids: readonly string[]): Promise<void>
  pass(ms: number): Promise<void>
  /** Resolves once so many timers run, beside that of the heartbeat. */
  timers(count: number): Promise<void>
  /** Resolves once the worker sleeps and nothing else waits. */
  asleep(): Promise<void>
  /** Resolves once one job rests and the worker sleeps. */
  resting(): Promise<void>
  /** Resolves when the worker says next that it is alive. */
  beat(): Promise<void>
}

/** Opens one; it is stopped and closed when the test ends. */
export async function openShop(): Promise<Shop> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  const folder = makeFolder()
  let now = startAt
  const raw = await openEmpty(folder, () => now)
  const faults = noFaults()
  const database = breakableDatabase(raw, faults)
  const scripts = new Map<string, Script>()
  const [begun, ended, logged]: string[][] = [[], [], []]
  const steps = new Map<string, Deferred<AbortSignal>>()
  const ends = new Map<string, Deferred>()
  const other = await raw.transaction(enlist)
  const release: Script = async (_signal, lease) => {
    await raw.transaction((tx) => finish(tx, lease))
    return 'released'
  }
  const log = createLog('silent')
  log.error = (...args: unknown[]) => void logged?.push(String(args.at(-1)))
  const worker = createWorker({
    id: await raw.transaction(enlist),
    database,
    log,
    clock: () => now,
    handlers: {
      generation: (lease) => ({
        step(signal) {
          begun?.push(lease.id)
          steps.get(lease.id)?.resolve(signal)
          steps.delete(lease.id)
          return (scripts.get(lease.id) ?? release)(signal, lease)
        },
        end() {
          ended?.push(lease.id)
          ends.get(lease.id)?.resolve()
        },
      }),
      retention: () => {
        throw new Error('not in these tests')
      },
    },
  })
  onTestFinished(async () => {
    faults.transactions = 0
    const stopping = worker.stop(0)
    await vi.advanceTimersByTimeAsync(0)
    await stopping
    vi.useRealTimers()
    await raw.close()
    rmSync(folder, { recursive: true })
  })
  const soon = <Value>(of: Map<string, Deferred<Value>>, id: string) => {
    const waiting = of.get(id) ?? deferred<Value>()
    of.set(id, waiting)
    return waiting.promise
  }
  const addAll = (ids: readonly string[], afterMs: number) =>
    raw.transaction(async (tx) => {
      for (const id of ids) {
        const lease = await enqueueHeld(tx, { id, kind: 'generation', worker: other })
        await reschedule(tx, lease, afterMs)
      }
    })
  const timers = async (count: number) => {
    while (vi.getTimerCount() < count + 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    database: raw,
    faults,
    worker,
    scripts,
    begun: begun ?? [],
    ended: ended ?? [],
    logged: logged ?? [],
    step: (id) => soon(steps, id),
    end: (id) => soon(ends, id),
    add: (id, afterMs = 0) => addAll([id], afterMs),
    addAll: (ids) => addAll(ids, 0),
    timers,
    asleep: () => timers(1),
    resting: () => timers(2),
    beat: () => faults.transaction(),
    async pass(ms) {
      now += ms
      await vi.advanceTimersByTimeAsync(ms)
    },
  }
}
