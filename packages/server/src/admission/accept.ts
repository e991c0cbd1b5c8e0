/**
 * May this request start? Everything that can refuse it is asked in the contract's order, and what
 * it takes (rate, slot, money, id) is taken in one transaction: either all of it or nothing.
 *
 * Whoever writes rows that generations of one workspace share touches them in this order, here and
 * where a generation ends, so that a database with row locks never sees two wait for each other:
 * idempotency_keys, rate_windows, in_flight, storage_usage, accounts, spending.
 */
import { fail, type Failure } from '../contract/failure.ts'
import type { GenerationType } from '../contract/generations.ts'
import type { CreateImageRequest } from '../contract/images.ts'
import type { CreateVideoRequest } from '../contract/videos.ts'
import { insertGeneration, type Generation } from '../generations/generation.ts'
import { chargeOf } from '../generations/settle.ts'
import type { Lease } from '../jobs/job.ts'
import { enqueueHeld } from '../jobs/queue.ts'
import { checkHold, hold } from '../ledger/ledger.ts'
import { toPrice, type Price } from '../ledger/prices.ts'
import {
  acceptInlineImages,
  keepInlineImages,
  removeInlineFiles,
  type InlineImages,
} from '../media/inline-images.ts'
import type { MediaStore } from '../media/media-store.ts'
import type { Model } from '../models/model.ts'
import { findModel, parseInput, type GenerationInput } from '../models/parse-input.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'
import type { Routing } from '../upstreams/routing.ts'
import type { Caller } from '../workspaces/api-keys.ts'
import { getCaller, requireScope } from '../workspaces/authenticate.ts'
import { isTimeLimit, within } from '../net/deadline.ts'
import { checkSlot, takeSlot } from './concurrency.ts'
import {
  claimKey,
  findReplay,
  fingerprintOf,
  withDigests,
  type IdempotentRequest,
} from './idempotency.ts'
import { checkRate, readRate, takeRate, type RateKind, type RateLimitState } from './rate-limit.ts'
import { checkStorage } from './storage-quota.ts'

/** A request to generate, after its body was found to have the right form. */
export interface GenerationRequest {
  type: GenerationType
  caller: Caller
  body: CreateImageRequest & CreateVideoRequest
  /** The images that came inside the body; there, their addresses are only `data:`. */
  inlineImages: InlineImages
  idempotencyKey: string | undefined
  requestId: string
  /** Aborts when nobody waits for the answer any more; a quote is then given up. */
  signal: AbortSignal
}

/** What admission needs from the rest of the server. */
export interface AdmissionContext {
  database: Database
  mediaStore: MediaStore
  models: readonly Model[]
  clock: () => number
  routing: Pick<Routing, 'rehearsing'>
  /** Name under which this process holds the jobs that it accepts. */
  workerId(): string
  /** The content checks, without keeping anything; throws what they refuse. */
  tryContent(
    order: { input: GenerationInput; inlineImages: InlineImages; caller: Caller },
    signal: AbortSignal,
  ): Promise<void>
  /** Told as soon as it is known, for the X-RateLimit headers, also when the request is then refused. */
  onRateLimit(state: RateLimitState): void
}

/** `new`: accepted, and its job is held by this process. `replay`: the key already stands for this generation. */
export type Accepted =
  | { kind: 'new'; generation: Generation; lease: Lease }
  | { kind: 'replay'; generationId: string }

interface Priced {
  model: Model
  input: GenerationInput
  price: Price
}

/** Accepts a generation or throws why not. Nothing is spent before it returns. */
export async function accept(
  context: AdmissionContext,
  request: GenerationRequest,
): Promise<Accepted> {
  const priced = priceRequest(context, request)
  await rehearse(context, request, priced.model, { stage: 'request', dryRun: false })
  const idempotent = await toIdempotent(request)
  const id = newId('gen')
  if (request.inlineImages.size === 0) return take(context, request, { id, priced, idempotent })
  const replay = await foresee(context, request, { priced, idempotent })
  if (replay !== undefined) return replay
  await keepInlineImages(context, id, request.inlineImages)
  let accepted: Accepted | undefined
  try {
    accepted = await take(context, request, { id, priced, idempotent })
    return accepted
  } finally {
    if (accepted?.kind !== 'new') {
      await removeInlineFiles(context.mediaStore, id, request.inlineImages.keys())
    }
  }
}

interface Order {
  priced: Priced
  idempotent: IdempotentRequest | undefined
}

/**
 * What is bound to be refused, or was accepted before, is found out before its images are written
 * to disk. Only the transaction that follows decides.
 */
async function foresee(
  context: AdmissionContext,
  { caller: { keyId }, type }: GenerationRequest,
  { priced, idempotent }: Order,
): Promise<Accepted | undefined> {
  const { read } = context.database
  const now = context.clock()
  const caller = await getCaller(read, keyId, now)
  requireScope(caller, ['generate'])
  const state = await readRate(read, caller, type, now)
  context.onRateLimit(state)
  const replay = idempotent && (await findReplay(read, caller, idempotent, now))
  if (replay !== undefined) return { kind: 'replay', generationId: replay }
  checkRate(state, type, now)
  await checkSlot(read, caller)
  await checkStorage(read, caller)
  if (caller.mode === 'live') {
    const { workspaceId } = caller
    const amountMicros = priced.price.costMicros
    await checkHold(read, { workspaceId, keyId, amountMicros, acceptedAt: now })
  }
  return undefined
}

/** The one transaction. */
async function take(
  context: AdmissionContext,
  request: GenerationRequest,
  { id, priced, idempotent }: Order & { id: string },
): Promise<Accepted> {
  const { accepted, rate } = await context.database.transaction(async (tx) => {
    // The key may have been revoked, and the limits changed, since the request came in.
    const caller = await getCaller(tx, request.caller.keyId, tx.now)
    requireScope(caller, ['generate'])
    const generation = toGeneration(request, priced, { id, now: tx.now })
    // Claimed before anything else is taken: of the same request sent twice at once, one gets the
    // key, and the other finds it here.
    const replay = idempotent && (await claimKey(tx, caller, idempotent, generation.id))
    if (replay !== undefined) {
      const rate = await readRate(tx, caller, request.type, tx.now)
      return { accepted: { kind: 'replay', generationId: replay } as const, rate }
    }
    const rate = await takeLimits(context, tx, { ...request, caller })
    await checkStorage(tx, caller)
    if (generation.mode === 'live') await hold(tx, chargeOf(generation))
    await insertGeneration(tx, generation)
    await acceptImages(tx, generation, request.inlineImages.size)
    const worker = context.workerId()
    const lease = await enqueueHeld(tx, { id, kind: 'generation', worker })
    return { accepted: { kind: 'new', generation, lease } as const, rate }
  })
  context.onRateLimit(rate)
  return accepted
}

/** An hour past the deadline every generation has ended, and no image is of use any more. */
const keptPastDeadlineMs = 60 * 60_000

async function acceptImages(
  tx: Transaction,
  { id, deadlineAt }: Generation,
  count: number,
): Promise<void> {
  if (count === 0) return
  const accepted = await acceptInlineImages(tx, id, deadlineAt + keptPastDeadlineMs)
  // The clock was put forward, and they were swept as left behind.
  if (accepted !== count) throw new Error(`${count - accepted} inline images of ${id} are gone`)
}

/**
 * What accept would do, without taking anything of what generations need: the price, or the refusal.
 * What it does take is one of the quotes of this minute, since its content checks cost as much.
 */
export async function quote(
  context: AdmissionContext,
  request: GenerationRequest,
): Promise<Priced> {
  const priced = priceRequest(context, request)
  await rehearse(context, request, priced.model, { stage: 'request', dryRun: true })
  const taken = await context.database.transaction(async (tx) => {
    const caller = await getCaller(tx, request.caller.keyId, tx.now)
    requireScope(caller, ['generate'])
    const taken = await checkLimits(context, tx, { ...request, caller })
    await checkStorage(tx, caller)
    if (caller.mode === 'live') {
      const { workspaceId, keyId } = caller
      const amountMicros = priced.price.costMicros
      await checkHold(tx, { workspaceId, keyId, amountMicros, acceptedAt: tx.now })
    }
    return taken
  })
  context.onRateLimit(taken)
  await rehearse(context, request, priced.model, { stage: 'check', dryRun: true })
  await tryContentInTime(context, request, priced.input)
  return priced
}

// Takes a quote, and looks whether a generation would be let through.
async function checkLimits(
  context: AdmissionContext,
  tx: Transaction,
  { caller, type }: GenerationRequest,
): Promise<RateLimitState> {
  const kind: RateKind = `${type}_quote`
  const generations = await readRate(tx, caller, type, tx.now)
  const quotes = await readRate(tx, caller, kind, tx.now)
  // The headers tell of the window that refuses, and else of the one that is counted in.
  context.onRateLimit(generations.remaining === 0 ? generations : quotes)
  checkRate(generations, type, tx.now)
  const taken = await takeRate(tx, caller, kind)
  await checkSlot(tx, caller)
  return taken
}

const quoteTimeoutMs = 50_000

async function tryContentInTime(
  context: AdmissionContext,
  { caller, inlineImages, signal }: GenerationRequest,
  input: GenerationInput,
): Promise<void> {
  try {
    await within(quoteTimeoutMs, signal, (patience) =>
      context.tryContent({ input, inlineImages, caller }, patience),
    )
  } catch (error) {
    if (signal.aborted) throw stoppedQuoting()
    throw isTimeLimit(error) ? quoteTookTooLong() : error
  }
}

function stoppedQuoting(): Failure {
  return fail('server_error', 'shutting_down', {
    message:
      'The server is restarting. Nothing was generated; ask for the quote again in a moment.',
  })
}

function quoteTookTooLong(): Failure {
  return fail('server_error', 'deadline_exceeded', {
    message: `Fetching and checking the content took longer than ${quoteTimeoutMs / 1000} s, so there is no quote. Use reference images that load faster, or ask for fewer quotes at once.`,
  })
}

function priceRequest({ models }: AdmissionContext, { body, type }: GenerationRequest): Priced {
  const model = findModel(models, body.model, type)
  const input = parseInput(model, body)
  const unitPrice = model.unitPriceMicros[input.resolution]
  if (unitPrice === undefined) {
    throw new Error(`model ${model.id} has no price for resolution ${input.resolution}`)
  }
  return { model, input, price: toPrice(unitPrice, input.duration ?? 1) }
}

async function rehearse(
  context: AdmissionContext,
  { body, type, caller }: GenerationRequest,
  model: Model,
  { stage, dryRun }: { stage: 'request' | 'check'; dryRun: boolean },
): Promise<void> {
  const upstream = context.routing.rehearsing({ model: model.id, mode: caller.mode })
  await upstream?.rehearse?.(stage, {
    workspaceId: caller.workspaceId,
    type,
    prompt: body.prompt,
    dryRun,
  })
}

async function toIdempotent({
  idempotencyKey,
  type,
  body,
  inlineImages,
}: GenerationRequest): Promise<IdempotentRequest | undefined> {
  if (idempotencyKey === undefined) return undefined
  return {
    key: idempotencyKey,
    fingerprint: fingerprintOf(type, await withDigests(body, inlineImages)),
  }
}

async function takeLimits(
  context: AdmissionContext,
  tx: Transaction,
  { caller, type }: GenerationRequest,
): Promise<RateLimitState> {
  // Told as it is before: whatever refuses from here on, for money too, takes the count back.
  context.onRateLimit(await readRate(tx, caller, type, tx.now))
  const taken = await takeRate(tx, caller, type)
  await takeSlot(tx, caller)
  return taken
}

function toGeneration(
  { caller, type, idempotencyKey, requestId }: GenerationRequest,
  { model, input, price }: Priced,
  { id, now }: { id: string; now: number },
): Generation {
  return {
    id,
    workspaceId: caller.workspaceId,
    keyId: caller.keyId,
    mode: caller.mode,
    type,
    model: model.id,
    input,
    status: 'pending',
    checkedAt: null,
    cancelRequestedAt: null,
    price,
    idempotencyKey: idempotencyKey ?? null,
    requestId,
    progress: null,
    queuePosition: null,
    failure: null,
    upstreamBilled: 'no',
    deadlineAt: now + model.deadlineMs,
    createdAt: now,
    endedAt: null,
    reconcileUntil: null,
  }
}
