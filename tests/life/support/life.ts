import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { onTestFinished } from 'vitest'
import { createFairShare } from '../../../packages/server/src/fairness/fair-share.ts'
import { generationHandler } from '../../../packages/server/src/generations/advance.ts'
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
import type { Lease, Step, Task } from '../../../packages/server/src/jobs/job.ts'
import { claim, enqueueHeld } from '../../../packages/server/src/jobs/queue.ts'
import { enlist } from '../../../packages/server/src/jobs/workers.ts'
import {
  addCredit,
  getAccount,
  hold,
  openAccount,
} from '../../../packages/server/src/ledger/ledger.ts'
import { openFsStore } from '../../../packages/server/src/media/fs-store.ts'
import type { MediaStore } from '../../../packages/server/src/media/media-store.ts'
import type { Route } from '../../../packages/server/src/models/model.ts'
import { openDatabase, openDataFolder } from '../../../packages/server/src/storage/data-folder.ts'
import type { Database } from '../../../packages/server/src/storage/database.ts'
import { newId } from '../../../packages/server/src/storage/ids.ts'
import { createLog } from '../../../packages/server/src/telemetry/log.ts'
import { createCapacity } from '../../../packages/server/src/upstreams/capacity.ts'
import { createRouting } from '../../../packages/server/src/upstreams/routing.ts'
import { createWorkspace } from '../../../packages/server/src/workspaces/workspaces.ts'
import { scriptUpstream, type ScriptedUpstream } from './scripted-answers.ts'

/** How long generations of these tests are given. */
export const deadlineMs = 50_000

/** The life of generations in this process: a real database and store, a clock that is set by hand, an upstream that is scripted. */
export interface Life {
  upstream: ScriptedUpstream
  /** The second route of the model. */
  other: ScriptedUpstream
  context: LifeContext
  database: Database
  store: MediaStore
  readonly now: number
  /** Lets time pass. */
  pass(ms: number): void
  /** Adds an accepted generation whose job this process holds; its id. */
  accept(changes?: Partial<Generation>): Promise<string>
  /** Takes one step of a generation's job. */
  step(id: string, signal?: AbortSignal): Promise<Step>
  /** Takes steps, passing the rests between them, until the job is released or `until` holds. */
  run(id: string, until?: () => boolean): Promise<void>
  /** Forgets what this process remembers of a job and takes it anew, as after a crash. */
  crash(id: string): Promise<void>
  cancel(id: string): Promise<void>
  generation(id: string): Promise<Generation>
  attempts(id: string): Promise<Attempt[]>
  /** What the workspace has, and what of it is held, in micro-dollars. */
  money(): Promise<{ balance: number; held: number }>
  /** Keys that were freed, by generation. */
  freed: string[]
}

const startBalance = 10_000_000
/** What a generation of these tests costs, in micro-dollars. */
export const price = 40_000

/** Opens one; it is closed when the test ends. */
export async function openLife(
  options: {
    canFind?: boolean
    listingDelayMs?: number
    concurrency?: number
    routes?: string[]
    check?: (generation: Generation, signal: AbortSignal) => Promise<ContentVerdict>
    checkOutputs?: LifeContext['checkOutputs']
  } = {},
): Promise<Life> {
  const folder = mkdtempSync(join(tmpdir(), 'filmgate-life-'))
  let now = 1_800_000_000_000
  const clock = () => now
  const database = await openDatabase(openDataFolder(folder), clock)
  const store = await openFsStore(join(folder, 'media'))
  const { workspaceId, worker } = await database.transaction(async (tx) => {
    const { id } = await createWorkspace(tx, 'studio')
    await openAccount(tx, id)
    await addCredit(tx, { workspaceId: id, amountMicros: startBalance, note: 'test' })
    return { workspaceId: id, worker: await enlist(tx) }
  })
  const upstream = scriptUpstream('first', options)
  const other = scriptUpstream('second', options)
  const routes: Route[] = (options.routes ?? ['first']).map((name) => ({
    upstream: name,
    model: `${name}-model`,
    settings: null,
  }))
  const freed: string[] = []
  const log = createLog('silent')
  const submissions = new Submissions({
    database,
    mediaStore: store,
    log,
    onLateAnswer: () => {},
  })
  const capacity = () => createCapacity({ concurrency: options.concurrency })
  const context: LifeContext = {
    database,
    mediaStore: store,
    events: new GenerationEvents(),
    submissions,
    log,
    clock,
    retentionMs: () => 86_400_000,
    maxOutputBytes: 10_000_000,
    pictures: createFairShare({ total: 2 }),
    routing: {
      ...createRouting({
        models: [],
        accounts: [
          { upstream, credential: 'KEY', capacity: capacity() },
          { upstream: other, credential: null, capacity: capacity() },
        ],
        testRoute: () => routes[0] as Route,
      }),
      routesOf: () => routes,
    },
    check: options.check ?? (async () => passed),
    checkOutputs: options.checkOutputs ?? (async () => {}),
    imagesOf: async () => [],
    hooks: {
      async ended(_tx, { id }, { freesKey }) {
        if (freesKey) freed.push(id)
      },
      async freeKey(_tx, { id }) {
        freed.push(id)
      },
    },
  }
  const handler = generationHandler(context)
  const tasks = new Map<string, Task>()
  const take = (lease: Lease) => tasks.set(lease.id, handler(lease))
  onTestFinished(async () => {
    for (const task of tasks.values()) task.end()
    await submissions.drain(0)
    await database.close()
    rmSync(folder, { recursive: true })
  })
  const life: Life = {
    upstream,
    other,
    context,
    database,
    store,
    freed,
    get now() {
      return now
    },
    pass(ms) {
      now += ms
    },
    async accept(changes = {}) {
      const generation = { ...newGeneration(workspaceId, now), ...changes }
      const lease = await database.transaction(async (tx) => {
        await hold(tx, chargeOf(generation))
        await insertGeneration(tx, generation)
        return enqueueHeld(tx, { id: generation.id, kind: 'generation', worker })
      })
      take(lease)
      return generation.id
    },
    step(id, signal = new AbortController().signal) {
      const task = tasks.get(id)
      if (task === undefined) throw new Error(`nobody works on ${id}`)
      return task.step(signal)
    },
    async run(id, until = () => false) {
      for (let count = 0; count < 1000 && !until(); count += 1) {
        const step = await life.step(id)
        if (step === 'released') return
        if (step !== 'continue') now += step.afterMs
      }
    },
    async crash(id) {
      tasks.get(id)?.end()
      await database.transaction(async (tx) => {
        await tx.run(
          'UPDATE jobs SET worker = NULL, lease = NULL, run_at = $2 WHERE id = $1',
          id,
          now,
        )
      })
      for (const lease of await claim(database, worker, 100)) take(lease)
    },
    cancel: (id) => database.transaction(async (tx) => void (await requestCancel(tx, id))),
    generation: (id) => getGeneration(database.read, id),
    attempts: (id) => listAttempts(database.read, id),
    async money() {
      const { balanceMicros, heldMicros } = await getAccount(database.read, workspaceId)
      return { balance: balanceMicros - startBalance, held: heldMicros }
    },
  }
  return life
}

/** Content that is let through, with nothing to write. */
export const passed: ContentVerdict = {
  refusal: undefined,
  record: async () => {},
  afterwards: async () => {},
}

function newGeneration(workspaceId: string, now: number): Generation {
  return {
    id: newId('gen'),
    workspaceId,
    keyId: 'key_a',
    mode: 'live',
    type: 'image',
    model: 'm',
    input: {
      prompt: 'a fox',
      images: [],
      seed: null,
      aspectRatio: '1:1',
      resolution: '1K',
      outputFormat: 'jpeg',
      duration: null,
      sound: null,
    },
    status: 'pending',
    checkedAt: null,
    cancelRequestedAt: null,
    price: { unitPriceMicros: price, quantity: 1, costMicros: price },
    idempotencyKey: 'key',
    requestId: 'req_a',
    progress: null,
    queuePosition: null,
    failure: null,
    upstreamBilled: 'no',
    deadlineAt: now + deadlineMs,
    createdAt: now,
    endedAt: null,
    reconcileUntil: null,
  }
}

/** A picture that is one. */
export const picture = await sharp({
  create: { width: 32, height: 32, channels: 3, background: 'tomato' },
})
  .jpeg()
  .toBuffer()
