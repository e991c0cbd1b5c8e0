/** Composition root: builds every part by hand and passes it to those that need it. */
import { accept, quote, type AdmissionContext } from './admission/accept.ts'
import { freeSlot } from './admission/concurrency.ts'
import { boundKeys, dropExpiredKeys, freeKey } from './admission/idempotency.ts'
import type { RateLimitState } from './admission/rate-limit.ts'
import { checkContent, checkOutputs, tryContent } from './admission/check-content.ts'
import { dropVerdicts } from './admission/safety-trail.ts'
import { defaultTestFilesSeconds } from './config/config-file.ts'
import type { Config } from './config/load-config.ts'
import { isAnyInterface } from './config/public-url.ts'
import { assertChecksInstalled } from './config/safety-config.ts'
import { Failure } from './contract/failure.ts'
import { publicPath } from './contract/public-path.ts'
import { createFairShare } from './fairness/fair-share.ts'
import { generationHandler } from './generations/advance.ts'
import { listAttempts } from './generations/attempt.ts'
import { cancel } from './generations/cancel.ts'
import type { ContentVerdict, LifeContext } from './generations/context.ts'
import { GenerationEvents } from './generations/events.ts'
import { forgetContent, getGeneration, type Generation } from './generations/generation.ts'
import { resume } from './generations/resume.ts'
import { retentionHandler } from './generations/retention.ts'
import { Submissions } from './generations/submissions.ts'
import { createWorker, type Worker } from './jobs/worker.ts'
import { enlist } from './jobs/workers.ts'
import { createListener } from './http/listener.ts'
import { longestHoldMs } from './http/prefer.ts'
import { toErrorObject } from './http/respond-error.ts'
import type { ServerLimits, Services } from './http/services.ts'
import { toUsage } from './ledger/prices.ts'
import { hasFrameDecoder } from './media/frames.ts'
import { openFsStore } from './media/fs-store.ts'
import { expireInlineImages } from './media/inline-images.ts'
import { expireReferenceFiles, openReferenceFiles } from './media/reference-files.ts'
import { createUrlSigner } from './media/signed-url.ts'
import { loadSigningSecrets } from './media/signing-secret.ts'
import { sandboxName } from './upstreams/sandbox/models.ts'
import { createRenderer } from '@filmgate/sandbox-renderer'
import { createSandbox } from './upstreams/sandbox/sandbox.ts'
import { createReferenceImages } from './safety/reference-images/reference-images.ts'
import { createSafety } from './safety/safety.ts'
import {
  findExposure,
  openDataFolder,
  openServedDatabase,
  type DataFolder,
} from './storage/data-folder.ts'
import { lockDataFolder } from './storage/folder-lock.ts'
import { StartupError } from './storage/startup-error.ts'
import { createLog } from './telemetry/log.ts'
import { steadyClock } from './telemetry/steady-clock.ts'
import { testSignal } from './telemetry/test-signals.ts'
import { createCapacity } from './upstreams/capacity.ts'
import { openUpstreams } from './upstreams/open-upstreams.ts'
import { createRouting } from './upstreams/routing.ts'
import { version } from './telemetry/version.ts'
import { createKeyUse } from './workspaces/key-use.ts'
import { within } from './net/deadline.ts'
import { readinessOf } from './storage/readiness.ts'
import type { Database, Transaction } from './storage/database.ts'

/** A gateway that serves. */
export interface Gateway {
  /** Address it listens on. */
  url: string
  publicUrl: string
  database: Database
  /** Lets running requests end, gives its jobs back and closes everything. */
  stop(): Promise<void>
}

/** Steps that are under way when the gateway stops end at once, but for those that are writing. */
const stopStepsMs = 5000
const maxOutputBytes = 2 * 1024 ** 3
/** Work on this machine that all tenants take turns at: at once, of everybody and of one. */
const turns = { total: 2, perWorkspace: 1 }
/** How long after its deadline an image is still waited for: the last look and its settling. */
const latenessMs = 5000
const clockJumped =
  'the system clock jumped; it is followed slowly, so that nothing ends early or waits for long. Restart the gateway to follow it at once'

/** Starts a gateway; throws StartupError with one clear sentence when it cannot. */
export async function startGateway(config: Config): Promise<Gateway> {
  await assertChecksInstalled(config.safety)
  const folder = openDataFolder(config.dataPath)
  const lock = await lockDataFolder(folder)
  const parts = await createParts(config, folder)
  const { database, safety, references, sandbox, upstreams, keyUse, log } = parts
  const exposure = findExposure(folder)
  if (exposure !== undefined) log.warn(exposure)
  const { quietUntil, workerId } = await database.transaction(async (tx) => {
    await boundKeys(tx)
    return { ...(await resume(tx)), workerId: await enlist(tx) }
  })
  const { worker, submissions } = startableWorker(parts, { quietUntil, workerId })
  let url = ''
  const listener = createListener(createServices(parts, worker, () => config.publicUrl ?? url))
  const port = await listenOrExplain(listener.listen(config), config)
  url = `http://${toUrlHost(config.host)}:${port}`
  worker.start()
  return {
    url,
    publicUrl: config.publicUrl ?? url,
    database,
    async stop() {
      const drainMs = config.file.drain_seconds * 1000
      await listener.drain(drainMs)
      await worker.stop(stopStepsMs)
      // What has been sent may be paid for: its answer is waited for, and written down.
      await submissions.drain(drainMs)
      await references.close()
      await safety.close()
      await sandbox.close()
      await upstreams.close()
      await keyUse.stop()
      await database.close()
      lock.release()
    },
  }
}

type Parts = Awaited<ReturnType<typeof createParts>>

/** The parts that do not know each other. */
async function createParts(config: Config, folder: DataFolder) {
  const { file } = config
  const log = createLog(config.logLevel)
  const clock = steadyClock({ onJump: (byMs) => log.warn({ byMs }, clockJumped) })
  const database = await openServedDatabase(folder, clock)
  const { models } = config
  const { threads } = file.sandbox
  const renderer = createRenderer(threads === undefined ? {} : { threads })
  const pictures = createFairShare(turns)
  const sandbox = createSandbox({ database, renderer, clock, pictures })
  const mediaStore = await openFsStore(folder.mediaFolder)
  const upstreams = openUpstreams(config.upstreams, { store: mediaStore, clock })
  return {
    config,
    folder,
    clock,
    database,
    models,
    sandbox,
    routing: createRouting({
      models,
      accounts: [
        { upstream: sandbox, credential: null, capacity: createCapacity({}) },
        ...upstreams.accounts,
      ],
      testRoute: ({ type }) => ({
        upstream: sandboxName,
        model: `sandbox-${type}`,
        settings: null,
      }),
    }),
    log,
    keyUse: createKeyUse({
      database,
      clock,
      onFault: (error) => log.error({ err: error }, 'cannot record when keys were used'),
    }),
    mediaStore,
    upstreams,
    events: new GenerationEvents(),
    retentionMs: toRetention(file),
    pictures,
    films: createFairShare(turns),
    safety: createSafety(config.safety.settings, clock, pictures),
    references: createReferenceImages(config.safety.references),
    policy: config.safety.policy,
    canTakeFrames: rememberFrameDecoder(),
  }
}

/** How long files are kept, by the kind of key that they were made with. */
function toRetention({ retention }: Config['file']) {
  const { files_seconds: liveSeconds } = retention
  const testSeconds = retention.test_files_seconds ?? Math.min(defaultTestFilesSeconds, liveSeconds)
  return ({ mode }: Pick<Generation, 'mode'>) =>
    (mode === 'live' ? liveSeconds : testSeconds) * 1000
}

/** Rows outlive the files that they tell of by a day, in which those that could not be deleted at once are. */
function toRowRetention({ retention }: Config['file']): number {
  const { rows_seconds: rows, files_seconds: files, test_files_seconds: testFiles = 0 } = retention
  return Math.max(rows, files + 86_400, testFiles + 86_400) * 1000
}

// Looked for when it is first needed: starting another program at every start would slow it down.
function rememberFrameDecoder(): () => Promise<boolean> {
  let known: Promise<boolean> | undefined
  return () => (known ??= hasFrameDecoder())
}

/** The worker that takes the steps of every job; it waits to be started. */
function startableWorker(
  parts: Parts,
  { quietUntil, workerId }: { quietUntil: number; workerId: string },
): { worker: Worker; submissions: Submissions } {
  const { config, database, log, clock, sandbox, mediaStore } = parts
  const submissions = new Submissions({
    database,
    mediaStore,
    log,
    onLateAnswer: (id) => worker.interrupt(id),
  })
  const life = createLife(parts, submissions)
  const worker = createWorker({
    id: workerId,
    database,
    log,
    clock,
    handlers: {
      generation: generationHandler(life),
      retention: retentionHandler({
        ...life,
        quietUntil,
        rowsMs: toRowRetention(config.file),
        dropTrail: dropVerdicts,
        async dropExpired(tx) {
          await dropExpiredKeys(tx)
          await sandbox.dropOld(tx)
        },
      }),
    },
  })
  return { worker, submissions }
}

/** What the life of a generation is made of. */
function createLife(parts: Parts, submissions: Submissions): LifeContext {
  const { clock, database, mediaStore, routing, config, sandbox, retentionMs } = parts
  return {
    ...parts,
    submissions,
    maxOutputBytes,
    async check(generation, signal) {
      const { workspaceId, type, input } = generation
      const rehearsal = { workspaceId, type, prompt: input.prompt, dryRun: false }
      try {
        await routing.rehearsing(generation)?.rehearse?.('check', rehearsal)
      } catch (error) {
        if (error instanceof Failure) return refusedUnlooked(error)
        throw error
      }
      return checkContent(parts, generation, signal)
    },
    checkOutputs: (generation, outputs, signal) => checkOutputs(parts, generation, outputs, signal),
    imagesOf: async ({ id, input }) =>
      input.images.length === 0 ? [] : openReferenceFiles(database.read, mediaStore, id),
    hooks: {
      async ended(tx, generation, { freesKey }) {
        if (freesKey) await freeKeyOf(tx, generation)
        await freeSlot(tx, generation)
        if (generation.input.images.length > 0) {
          await expireInlineImages(tx, generation.id)
          await expireReferenceFiles(tx, generation.id, clock() + retentionMs(generation))
        }
        await sandbox.endRehearsal(tx, generation.id)
        if (config.file.retention.prompts) return
        await forgetContent(tx, generation)
        const attempts = await listAttempts(tx, generation.id)
        await sandbox.forget(
          tx,
          attempts.map(({ id }) => id),
        )
      },
      freeKey: freeKeyOf,
    },
  }
}

/** A refusal that was rehearsed: nothing was looked at, so there is nothing to write. */
function refusedUnlooked(refusal: Failure): ContentVerdict {
  const nothing = async () => {}
  return { refusal, record: nothing, afterwards: nothing }
}

async function freeKeyOf(tx: Transaction, generation: Generation): Promise<void> {
  const { idempotencyKey } = generation
  if (idempotencyKey !== null) await freeKey(tx, generation, idempotencyKey, generation.id)
}

/** What the routes ask of all of it. */
function createServices(parts: Parts, worker: Worker, publicUrl: () => string): Services {
  const { config, database, clock, folder, events } = parts
  const secrets = loadSigningSecrets(folder.path, config.signingSecrets)
  const urls = createUrlSigner({ publicUrl, secrets, clock })
  const admissionFor = (onRateLimit: (state: RateLimitState) => void): AdmissionContext => ({
    ...parts,
    workerId: () => worker.id,
    onRateLimit,
    tryContent: (order, signal) => tryContent(parts, order, signal),
  })
  return {
    ...parts,
    version,
    urls,
    publicUrl,
    publicPath: config.publicUrl === undefined ? '' : publicPath(config.publicUrl),
    corsOrigins: config.corsOrigins,
    keepAliveMs: config.file.keep_alive_seconds * 1000,
    longestAnswerMs: Math.max(longestHoldMs, latenessMs + longestImageMs(parts)),
    limits: toServerLimits(config.file),
    view: {
      read: database.read,
      urls,
      clock,
      urlTtlMs: config.file.downloads.url_seconds * 1000,
      toErrorObject: (failure, { requestId, id }) =>
        toErrorObject(failure, publicUrl(), { requestId, generationId: id }),
    },
    async accept(request, onRateLimit) {
      const accepted = await accept(admissionFor(onRateLimit), request)
      if (accepted.kind === 'new') {
        await testSignal('accepted', accepted.generation.id)
        worker.run(accepted.lease)
      }
      return accepted
    },
    async quote(request, onRateLimit) {
      const { model, price } = await quote(admissionFor(onRateLimit), request)
      return { model: model.id, usage: toUsage(model.type, price) }
    },
    current: (id) => getGeneration(database.read, id),
    ended: (id, signal) => waitUntil(parts, id, hasEnded, signal),
    async endedInTime(id, signal) {
      const { deadlineAt } = await getGeneration(database.read, id)
      return within(Math.max(0, deadlineAt - clock()) + latenessMs, signal, (patience) =>
        waitUntil(parts, id, hasEnded, patience),
      )
    },
    checked: (id, signal) => waitUntil(parts, id, isChecked, signal),
    cancel: (generation, signal) => cancel({ database, events, worker }, generation, signal),
    readiness: () => readinessOf(database, folder.path),
  }
}

function longestImageMs({ models }: Pick<Parts, 'models'>): number {
  return Math.max(...models.filter(({ type }) => type === 'image').map((each) => each.deadlineMs))
}

const mebibyte = 1024 ** 2

function toServerLimits({ limits }: Config['file']): ServerLimits {
  return {
    connections: limits.connections,
    totalBytes: limits.bodies_mebibytes * mebibyte,
    tenantBytes: limits.bodies_per_workspace_mebibytes * mebibyte,
  }
}

const hasEnded = ({ status }: Generation) => status !== 'pending'
const isChecked = (generation: Generation) => hasEnded(generation) || generation.checkedAt !== null

function waitUntil(
  { database, events }: Parts,
  id: string,
  isReached: (generation: Generation) => boolean,
  signal: AbortSignal,
): Promise<Generation | undefined> {
  const look = async () => {
    const generation = await getGeneration(database.read, id)
    return isReached(generation) ? generation : undefined
  }
  return events.waitFor(id, look, signal)
}

async function listenOrExplain(
  listening: Promise<number>,
  { host, port }: Config,
): Promise<number> {
  try {
    return await listening
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const reasons: Record<string, string | undefined> = {
      EADDRINUSE: `Port ${port} on ${host} is taken. Stop the program that uses it, or choose another with --port (0 takes any free one).`,
      EACCES: `Port ${port} needs rights that this user does not have. Choose one above 1023 with --port.`,
      EADDRNOTAVAIL: `This machine does not have the address ${host}. Choose another with --host.`,
      ENOTFOUND: `The name ${host} is not known. Choose another with --host.`,
    }
    throw new StartupError(
      reasons[code] ??
        `Cannot listen on ${host}:${port} (${code}). Choose another address with --host and --port.`,
    )
  }
}

// An address for clients: "any interface" is none, and IPv6 goes into brackets.
function toUrlHost(host: string): string {
  if (isAnyInterface(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
