/** Composition root: builds every part by hand and passes it to those that need it. */
import { accept, quote, type AdmissionContext } from './admission/accept.ts'
import { freeSlot } from './admission/concurrency.ts'
import { dropExpiredKeys, freeKey } from './admission/idempotency.ts'
import type { RateLimitState } from './admission/rate-limit.ts'
import {
  checkContent,
  checkOutputs,
  tryContent,
  type ContentContext,
} from './admission/check-content.ts'
import type { Config } from './config/load-config.ts'
import { advance } from './generations/advance.ts'
import { cancel } from './generations/cancel.ts'
import type { LifeContext } from './generations/context.ts'
import { GenerationEvents } from './generations/events.ts'
import { forgetContent, getGeneration, type Generation } from './generations/generation.ts'
import { ensureJob, releaseAll } from './generations/queue.ts'
import { retentionJobId, sweep } from './generations/retention.ts'
import { createWorker } from './generations/worker.ts'
import { createListener } from './http/listener.ts'
import { toErrorObject } from './http/respond-error.ts'
import type { Services } from './http/services.ts'
import { toUsage } from './ledger/prices.ts'
import { hasFrameDecoder } from './media/frames.ts'
import { openFsStore } from './media/fs-store.ts'
import { readReferenceFiles } from './media/reference-files.ts'
import { createUrlSigner } from './media/signed-url.ts'
import { configuredModels } from './models/configured-models.ts'
import { sandboxModels, sandboxName } from './sandbox/models.ts'
import { createRenderer } from './sandbox/render/renderer.ts'
import { createSandbox } from './sandbox/sandbox.ts'
import { createReferenceImages } from './safety/reference-images/reference-images.ts'
import { createSafety } from './safety/safety.ts'
import { loadSigningSecret } from './signing-secret.ts'
import { lockDataFolder, openDatabase, openDataFolder } from './storage/data-folder.ts'
import { StartupError } from './storage/startup-error.ts'
import { createLog } from './telemetry/log.ts'
import type { Upstream } from './upstreams/upstream.ts'
import { version } from './version.ts'
import { readinessOf } from './readiness.ts'
import type { KeyMode } from './workspaces/api-keys.ts'
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

const day = 86_400
const maxOutputBytes = 2 * 1024 ** 3
const quoteTimeoutMs = 50_000

/** Starts a gateway; throws StartupError with one clear sentence when it cannot. */
export async function startGateway(
  config: Config,
  { beforeListen }: { beforeListen?: (database: Database) => Promise<void> } = {},
): Promise<Gateway> {
  const folder = openDataFolder(config.dataPath)
  const lock = lockDataFolder(folder)
  const database = await openDatabase(folder)
  const log = createLog(config.logLevel)
  const { file } = config
  const clock = Date.now
  let url = ''
  const publicUrl = () => config.publicUrl ?? url

  const mediaStore = await openFsStore(folder.mediaFolder)
  const events = new GenerationEvents()
  const models = configuredModels(file, sandboxModels)
  const { threads } = file.sandbox ?? {}
  const renderer = createRenderer(threads === undefined ? {} : { threads })
  const sandbox = createSandbox({ database, renderer, clock })
  const upstreams = new Map<string, Upstream>([[sandboxName, sandbox]])
  const upstream = (name: string): Upstream => {
    const found = upstreams.get(name)
    if (found === undefined) throw new Error(`there is no upstream ${name}`)
    return found
  }
  // A test key runs every model on the sandbox, under that model's own rules and prices.
  const routesOf = (modelId: string, mode: KeyMode) => {
    const model = models.find(({ id }) => id === modelId)
    if (model === undefined) throw new StartupError(`The model ${modelId} is no longer configured.`)
    return mode === 'live'
      ? model.routes
      : [{ upstream: sandboxName, model: `sandbox-${model.type}` }]
  }

  const firstRoute = (modelId: string, mode: KeyMode) => {
    const [route] = routesOf(modelId, mode)
    if (route === undefined) throw new Error(`model ${modelId} has no route`)
    return route
  }

  const retentionMs = (file.retention?.files_seconds ?? 30 * day) * 1000
  const { settings, policy, references: referenceSettings } = config.safety
  const safety = createSafety(settings, clock)
  const references = createReferenceImages(referenceSettings)
  const content: ContentContext = {
    database,
    mediaStore,
    safety,
    references,
    policy,
    retentionMs,
    clock,
    canTakeFrames: await hasFrameDecoder(),
  }
  const life: LifeContext = {
    database,
    mediaStore,
    events,
    log,
    clock,
    random: Math.random,
    retentionMs,
    maxOutputBytes,
    routesOf: ({ model, mode }) => routesOf(model, mode),
    upstream,
    async check(generation, signal) {
      const route = firstRoute(generation.model, generation.mode)
      await upstream(route.upstream).rehearse?.('check', {
        workspaceId: generation.workspaceId,
        type: generation.type,
        prompt: generation.input.prompt,
        dryRun: false,
      })
      await checkContent(content, generation, signal)
    },
    checkOutputs: (generation, outputs, signal) =>
      checkOutputs(content, generation, outputs, signal),
    imagesOf: ({ id }) => readReferenceFiles(database.read, mediaStore, id),
    async release(tx, generation, { freesKey }) {
      await freeSlot(tx, generation)
      if (freesKey && generation.idempotencyKey !== null) {
        await freeKey(tx, generation, generation.idempotencyKey, generation.id)
      }
      if (file.retention?.prompts !== true) await forgetContent(tx, generation)
    },
  }
  const worker = createWorker({
    database,
    log,
    clock,
    step: (lease, signal) =>
      lease.kind === 'generation'
        ? advance(life, lease, signal)
        : sweep(life, lease, async (tx) => {
            await dropExpiredKeys(tx)
            await sandbox.dropOldJobs(tx)
          }),
  })

  const urls = createUrlSigner({
    publicUrl,
    secret: loadSigningSecret(folder.path, config.signingSecret),
    clock,
  })
  const admissionFor = (onRateLimit: (state: RateLimitState) => void): AdmissionContext => ({
    database,
    models,
    clock,
    firstRoute: (model, { mode }) => firstRoute(model.id, mode),
    upstream,
    onRateLimit,
    tryContent: (input, { workspaceId }) =>
      tryContent(content, { input, workspaceId }, AbortSignal.timeout(quoteTimeoutMs)),
  })
  const until = (id: string, isReached: (generation: Generation) => boolean, signal: AbortSignal) =>
    events.waitFor(
      id,
      async () => {
        const generation = await getGeneration(database.read, id)
        return isReached(generation) ? generation : undefined
      },
      signal,
    )
  const services: Services = {
    version,
    database,
    models,
    mediaStore,
    urls,
    view: {
      read: database.read,
      urls,
      clock,
      urlTtlMs: (file.downloads?.url_seconds ?? day) * 1000,
      toErrorObject: (failure, generation) =>
        toErrorObject(failure, publicUrl(), {
          requestId: generation.requestId,
          generationId: generation.id,
        }),
    },
    log,
    clock,
    publicUrl,
    async accept(request, onRateLimit) {
      const accepted = await accept(admissionFor(onRateLimit), request)
      if (accepted.kind === 'new') worker.run(accepted.lease)
      return accepted
    },
    async quote(request, onRateLimit) {
      const { model, price } = await quote(admissionFor(onRateLimit), request)
      return { model: model.id, usage: toUsage(model.type, price) }
    },
    ended: (id, signal) => until(id, ({ status }) => status !== 'pending', signal),
    checked: (id, signal) =>
      until(id, ({ status, checkedAt }) => status !== 'pending' || checkedAt !== null, signal),
    cancel: (generation, signal) => cancel({ database, events, worker }, generation, signal),
    readiness: () => readinessOf(database, folder.path),
  }
  const listener = createListener(services)

  await database.transaction(async (tx) => {
    await releaseAll(tx)
    await ensureJob(tx, retentionJobId, 'retention')
  })
  await beforeListen?.(database)
  const port = await listenOrExplain(listener.listen(config), config)
  url = `http://${toUrlHost(config.host)}:${port}`
  worker.start()
  return {
    url,
    publicUrl: publicUrl(),
    database,
    async stop() {
      await listener.drain((file.drain_seconds ?? 20) * 1000)
      await worker.stop()
      await references.close()
      await safety.close()
      for (const each of upstreams.values()) await each.close()
      await database.close()
      lock.release()
    },
  }
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
    throw new StartupError(reasons[code] ?? `Cannot listen on ${host}:${port} (${code}).`)
  }
}

// An address for clients: "any interface" is none, and IPv6 goes into brackets.
function toUrlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
