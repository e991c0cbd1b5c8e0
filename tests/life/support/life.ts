import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { freeSlot, takeSlot } from '../../../packages/server/src/admission/concurrency.ts'
import { claimKey, freeKey } from '../../../packages/server/src/admission/idempotency.ts'
import { audit } from '../../../packages/server/src/audit/audit.ts'
import { createFairShare } from '../../../packages/server/src/fairness/fair-share.ts'
import { listAttempts, type Attempt } from '../../../packages/server/src/generations/attempt.ts'
import type {
  ContentVerdict,
  LifeContext,
} from '../../../packages/server/src/generations/context.ts'
import { GenerationEvents } from '../../../packages/server/src/generations/events.ts'
import {
  getGeneration,
  insertGeneration,
  requestCancel,
  type Generation,
} from '../../../packages/server/src/generations/generation.ts'
import { chargeOf } from '../../../packages/server/src/generations/settle.ts'
import { Submissions } from '../../../packages/server/src/generations/submissions.ts'
import type { Step } from '../../../packages/server/src/jobs/job.ts'
import { enqueueHeld } from '../../../packages/server/src/jobs/queue.ts'
import {
  addCredit,
  getAccount,
  hold,
  openAccount,
} from '../../../packages/server/src/ledger/ledger.ts'
import { openFsStore } from '../../../packages/server/src/media/fs-store.ts'
import type { MediaStore } from '../../../packages/server/src/media/media-store.ts'
import type { Route } from '../../../packages/server/src/models/model.ts'
import type { Database, Transaction } from '../../../packages/server/src/storage/database.ts'
import { createLog } from '../../../packages/server/src/telemetry/log.ts'
import { createCapacity } from '../../../packages/server/src/upstreams/capacity.ts'
import { createRouting } from '../../../packages/server/src/upstreams/routing.ts'
import { addKey, newSecret } from '../../../packages/server/src/workspaces/api-keys.ts'
import { getCaller } from '../../../packages/server/src/workspaces/authenticate.ts'
import { createWorkspace } from '../../../packages/server/src/workspaces/workspaces.ts'
import { breakableDatabase, breakableStore, noFaults } from './faults.ts'
import { makeFolder, openEmpty } from './folder.ts'
import { newGeneration, startAt } from './orders.ts'
import { openProcess, passTimers, type Process } from './process.ts'
import { scriptUpstream, type ScriptedUpstream } from './scripted-answers.ts'

/**
 * The life of generations in this process: a real database and store, a clock and timers that are
 * moved by hand, upstreams that are scripted. Whatever a test does, in the end money, jobs, counters
 * and files agree, and no attempt was sent twice; else the test fails.
 */
export interface Life {
  upstream: ScriptedUpstream
  /** The second route of the model, where there are two. */
  other: ScriptedUpstream
  /** Read by each process that is started. */
  options: LifeOptions
  /** The process that works on what is accepted. */
  process: Process
  /** Starts another one beside it. */
  open(): Promise<Process>
  database: Database
  store: MediaStore
  readonly now: number
  /** Lets time pass, also for timers. */
  pass(ms: number): Promise<void>
  /** Resolves once so many timers run. */
  untilTimers(count: number): Promise<void>
  /** Sets the clock alone, as a time service does. */
  setClock(now: number): void
  /** Adds an accepted generation whose job the process holds; its id. */
  accept(changes?: Partial<Generation>): Promise<string>
  /** Takes one step of a generation's job. */
  step(id: string, signal?: AbortSignal): Promise<Step>
  /** Takes steps, passing the rests between them, until the job is released or `until` holds. */
  run(id: string, until?: () => boolean | Promise<boolean>): Promise<void>
  /** Kills the process; a fresh one takes what it held. */
  crash(): Promise<void>
  cancel(id: string): Promise<void>
  hasEnded(id: string): Promise<boolean>
  generation(id: string): Promise<Generation>
  attempts(id: string): Promise<Attempt[]>
  /** What the workspace has more than at the beginning, and what is held, in micro-dollars. */
  money(): Promise<{ balance: number; held: number }>
  /** Generations whose idempotency key is free again. */
  freed(): Promise<string[]>
  /** What the audit at the end is to find; nothing, unless a test says otherwise. */
  problems: unknown[]
}

/** What may differ from life to life. */
export interface LifeOptions {
  canFind?: boolean
  listingDelayMs?: number
  concurrency?: number
  longestLine?: number
  requestsPerMinute?: number
  /** Names of upstreams, in the order in which they are tried; only `first` when left out. */
  routes?: string[]
  /** Those that are configured, with their credentials. */
  accounts?: Record<string, string | null>
  /** Told of answers that came after the end. */
  onLateAnswer?: (generationId: string) => void
  context?: Partial<LifeContext>
}

const startBalance = 10_000_000

/** Content that is let through, with nothing to write. */
export const passed: ContentVerdict = {
  refusal: undefined,
  record: async () => {},
  afterwards: async () => {},
}

/** Opens one; it is audited and closed when the test ends. */
export async function openLife(options: LifeOptions = {}): Promise<Life> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  const folder = makeFolder()
  let now = startAt
  const clock = () => now
  const database = await openEmpty(folder, clock)
  const store = await openFsStore(join(folder, 'media'))
  const owner = await openWorkspace(database)
  const upstream = scriptUpstream('first', options)
  const other = scriptUpstream('second', options)
  const problems: unknown[] = []
  const processes: Process[] = []
  const shared = { upstreams: [upstream, other], clock }

  async function open(): Promise<Process> {
    const faults = noFaults()
    const own = {
      database: breakableDatabase(database, faults),
      mediaStore: breakableStore(store, faults),
    }
    const context = createContext({ ...shared, ...own, options })
    const process = await openProcess(database, context, faults)
    processes.push(process)
    return process
  }

  const life: Life = {
    upstream,
    other,
    options,
    process: await open(),
    open,
    database,
    store,
    problems,
    get now() {
      return now
    },
    async pass(ms) {
      now += ms
      await passTimers(ms)
    },
    async untilTimers(count) {
      while (vi.getTimerCount() < count) await new Promise((resolve) => setImmediate(resolve))
    },
    setClock(to) {
      now = to
    },
    async accept(changes = {}) {
      const generation = { ...newGeneration(owner, now), ...changes }
      const { worker } = life.process
      const lease = await database.transaction(async (tx) => {
        const caller = await getCaller(tx, owner.keyId, now)
        await claimKey(tx, caller, { key: generation.id, fingerprint: '' }, generation.id)
        await takeSlot(tx, caller)
        if (generation.mode === 'live') await hold(tx, chargeOf(generation))
        await insertGeneration(tx, generation)
        return enqueueHeld(tx, { id: generation.id, kind: 'generation', worker })
      })
      life.process.take(lease)
      return generation.id
    },
    step: (id, signal) => life.process.step(id, signal),
    async run(id, until = () => false) {
      for (let count = 0; count < 3000 && !(await until()); count += 1) {
        const step = await life.step(id)
        if (step === 'released') return
        if (step !== 'continue') await life.pass(step.afterMs)
      }
      if (!(await until())) throw new Error(`generation ${id} does not come to an end`)
    },
    async crash() {
      life.process.die()
      await life.process.loseAll()
      life.process = await open()
      await life.process.claim()
    },
    cancel: (id) => database.transaction(async (tx) => void (await requestCancel(tx, id))),
    hasEnded: async (id) => (await getGeneration(database.read, id)).status !== 'pending',
    generation: (id) => getGeneration(database.read, id),
    attempts: (id) => listAttempts(database.read, id),
    async freed() {
      const rows = await database.read.all<{ id: string }>(
        'SELECT id FROM generations WHERE id NOT IN (SELECT generation_id FROM idempotency_keys)',
      )
      return rows.map(({ id }) => id)
    },
    async money() {
      const { balanceMicros, heldMicros } = await getAccount(database.read, owner.workspaceId)
      return { balance: balanceMicros - startBalance, held: heldMicros }
    },
  }
  onTestFinished(async () => {
    vi.useRealTimers()
    for (const { context } of processes) await context.submissions.drain(0)
    const report = await audit(database, store, { isQuick: false, clock, onProgress: () => {} })
    await database.close()
    rmSync(folder, { recursive: true })
    expect(report.problems).toEqual(problems)
  })
  return life
}

/** A workspace with money and a key. */
async function openWorkspace(database: Database): Promise<{ workspaceId: string; keyId: string }> {
  return database.transaction(async (tx) => {
    const { id: workspaceId } = await createWorkspace(tx, 'studio')
    await openAccount(tx, workspaceId)
    await addCredit(tx, { workspaceId, amountMicros: startBalance, note: 'test' })
    const key = await addKey(tx, { workspaceId, name: 'key', secret: newSecret('live') })
    return { workspaceId, keyId: key.id }
  })
}

function freeKeyOf(tx: Transaction, generation: Generation): Promise<void> {
  return freeKey(tx, generation, generation.id, generation.id)
}

function createContext({
  database,
  mediaStore,
  upstreams,
  clock,
  options,
}: {
  database: Database
  mediaStore: MediaStore
  upstreams: ScriptedUpstream[]
  clock: () => number
  options: LifeOptions
}): LifeContext {
  const { routes = ['first'], accounts = { first: 'KEY', second: null } } = options
  const { onLateAnswer = () => {} } = options
  const log = createLog('silent')
  const route = (name: string): Route => ({
    upstream: name,
    model: `${name}-model`,
    settings: null,
  })
  return {
    database,
    mediaStore,
    events: new GenerationEvents(),
    submissions: new Submissions({ database, mediaStore, log, onLateAnswer }),
    log,
    clock,
    retentionMs: () => 86_400_000,
    maxOutputBytes: 10_000_000,
    pictures: createFairShare({ total: 2 }),
    routing: {
      ...createRouting({
        models: [],
        accounts: upstreams.flatMap((upstream) => {
          const credential = accounts[upstream.name]
          if (credential === undefined) return []
          return [{ upstream, credential, capacity: createCapacity(options, clock) }]
        }),
        testRoute: () => route('first'),
      }),
      routesOf: () => routes.map(route),
    },
    check: async () => passed,
    checkOutputs: async () => {},
    imagesOf: async () => [],
    hooks: {
      async ended(tx, generation, { freesKey }) {
        await freeSlot(tx, generation)
        if (freesKey) await freeKeyOf(tx, generation)
      },
      freeKey: freeKeyOf,
    },
    ...options.context,
  }
}
