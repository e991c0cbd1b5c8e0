/** Composition root: builds every part by hand and passes it to those that need it. */
import { accept, quote, type AdmissionContext } from './admission/accept.ts'
import { freeSlot } from './admission/concurrency.ts'
import { boundKeys, dropExpiredKeys, freeKey } from './admission/idempotency.ts'
import type { RateLimitState } from './admission/rate-limit.ts'
import { checkContent, checkOutputs, tryContent } from './admission/check-content.ts'
import { defaultTestFilesSeconds } from './config/config-file.ts'
import type { Config } from './config/load-config.ts'
import { isAnyInterface } from './config/public-url.ts'
import { assertChecksInstalled } from './config/safety-config.ts'
import { publicPath } from './contract/public-path.ts'
import { createFairShare } from './fairness/fair-share.ts'
import { advance } from './generations/advance.ts'
import { listAttempts } from './generations/attempt.ts'
import { cancel } from './generations/cancel.ts'
import type { LifeContext } from './generations/context.ts'
import { GenerationEvents } from './generations/events.ts'
import { forgetContent, getGeneration, type Generation } from './generations/generation.ts'
import { resume } from './generations/resume.ts'
import { sweep } from './generations/retention.ts'
import { createWorker, type Worker } from './generations/worker.ts'
import { createListener } from './http/listener.ts'
import { longestHoldMs } from './http/prefer.ts'
import { toErrorObject } from './http/respond-error.ts'
import type { ServerLimits, Services } from './http/services.ts'
import { toUsage } from './ledger/prices.ts'
import { hasFrameDecoder } from './media/frames.ts'
import { openFsStore } from './media/fs-store.ts'
import { expireInlineImages } from './media/inline-images.ts'
import { readReferenceFiles } from './media/reference-files.ts'
import { createUrlSigner } from './media/signed-url.ts'
import { loadSigningSecrets } from './media/signing-secret.ts'
import { configuredModels } from './models/configured-models.ts'
import { sandboxModels, sandboxName } from './upstreams/sandbox/models.ts'
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
import { createRouting } from './upstreams/routing.ts'
import { version } from './telemetry/version.ts'
import { createKeyUse } from './workspaces/key-use.ts'
import { within } from './net/deadline.ts'
import { readinessOf } from './storage/readiness.ts'
import type { Database } from './storage/database.ts'

/** A gateway that serves. */
export interface Gateway {
  /** Address it listens on. */
  url: string
  publicUrl: string
  database: Database
  /** Lets running requests end, gives its jobs back and closes everything. */
  stop(): Promise<void>
}

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
  const { database, safety, references, sandbox, keyUse, log } = parts
  const exposure = findExposure(folder)
  if (exposure !== undefined) log.warn(exposure)
  const { quietUntil } = await database.transaction(async (tx) => {
    await boundKeys(tx)
    return resume(tx)
  })
  const worker = startableWorker(parts, quietUntil)
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
      await listener.drain(config.file.drain_seconds * 1000)
      await worker.stop()
      await references.close()
      await safety.close()
      await sandbox.close()
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
  const models = configuredModels(file, sandboxModels)
  const { threads } = file.sandbox
  const renderer = createRenderer(threads === undefined ? {} : { threads })
  const pictures = createFairShare(turns)
  const sandbox = createSandbox({ database, renderer, clock, pictures })
  return {
    config,
    folder,
    clock,
    database,
    models,
    sandbox,
    routing: createRouting({
      models,
      upstreams: [sandbox],
      testRoute: ({ type }) => ({ upstream: sandboxName, model: `sandbox-${type}` }),
    }),
    log,
    keyUse: createKeyUse({
      database,
      clock,
      onFault: (error) => log.error({ err: error }, 'cannot record when keys were used'),
    }),
    mediaStore: await openFsStore(folder.mediaFolder),
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

// Looked for when it is first needed: starting another program at every start would slow it down.
function rememberFrameDecoder(): () => Promise<boolean> {
  let known: Promise<boolean> | undefined
  return () => (known ??= hasFrameDecoder())
}

/** The worker that takes the steps of every job; it waits to be started. */
function startableWorker(parts: Parts, quietUntil: number): Worker {
  const { database, log, clock, sandbox } = parts
  const life = createLife(parts)
  return createWorker({
    database,
    log,
    clock,
    step: (lease, signal) =>
      lease.kind === 'generation'
        ? advance(life, lease, signal)
        : sweep({ ...life, quietUntil }, lease, async (tx) => {
            await dropExpiredKeys(tx)
            await sandbox.dropOld(tx)
          }),
  })
}

/** What the life of a generation is made of. */
function createLife(parts: Parts): LifeContext {
  const { database, mediaStore, routing, config, sandbox } = parts
  return {
    ...parts,
    ...routing,
    random: Math.random,
    maxOutputBytes,
    async check(generation, signal) {
      const { workspaceId, type, input } = generation
      const upstream = routing.upstream(routing.firstRoute(generation).upstream)
      await upstream.rehearse?.('check', { workspaceId, type, prompt: input.prompt, dryRun: false })
      await checkContent(parts, generation, signal)
    },
    checkOutputs: (generation, outputs, signal) => checkOutputs(parts, generation, outputs, signal),
    imagesOf: ({ id }) => readReferenceFiles(database.read, mediaStore, id),
    async release(tx, generation, { freesKey }) {
      await freeSlot(tx, generation)
      if (freesKey && generation.idempotencyKey !== null) {
        await freeKey(tx, generation, generation.idempotencyKey, generation.id)
      }
      if (generation.input.images.length > 0) await expireInlineImages(tx, generation.id)
      await sandbox.endRehearsal(tx, generation.id)
      if (config.file.retention.prompts) return
      await forgetContent(tx, generation)
      const attempts = await listAttempts(tx, generation.id)
      await sandbox.forget(
        tx,
        attempts.map(({ id }) => id),
      )
    },
  }
}

/** What the routes ask of all of it. */
function createServices(parts: Parts, worker: Worker, publicUrl: () => string): Services {
  const { config, database, clock, folder, routing, events } = parts
  const secrets = loadSigningSecrets(folder.path, config.signingSecrets)
  const urls = createUrlSigner({ publicUrl, secrets, clock })
  const admissionFor = (onRateLimit: (state: RateLimitState) => void): AdmissionContext => ({
    ...parts,
    ...routing,
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
      if (accepted.kind === 'new') worker.run(accepted.lease)
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
