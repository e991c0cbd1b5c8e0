/**
 * The built-in upstream: draws pictures and films on this machine, and fails on request. Its jobs
 * are rows keyed by the attempt's id, so it behaves as the best hosted upstreams do: a job can be
 * found by the id that the caller chose, and survives a restart. Drawing happens in worker threads
 * and starts again after a restart; the same job always gives the same file.
 */
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import type { Asker, FairShare } from '../../fairness/fair-share.ts'
import type { Database, Transaction } from '../../storage/database.ts'
import type {
  Call,
  Cancelled,
  Downloaded,
  Found,
  Json,
  Polled,
  Rehearsal,
  SentJob,
  Submitted,
  Upstream,
  UpstreamFailure,
  UpstreamImage,
  UpstreamJob,
  UpstreamOutput,
  UpstreamRef,
} from '../upstream.ts'
import {
  parseDirectives,
  withoutDirectives,
  type Directive,
  type UpstreamFault,
} from './directives.ts'
import { Drawings } from './drawings.ts'
import type { JobSpec } from './job-spec.ts'
import { toPixels } from '../../models/pixels.ts'
import { sandboxName } from './models.ts'
import { dropCounts, dropOldCounts, isDue, promptOccasion, rehearsedFailure } from './rehearsal.ts'
import type { Renderer } from '@filmgate/sandbox-renderer'

const pollEveryMs = { image: 100, video: 400 }
/** Nothing is drawn yet: the longer that lasts already, the less often it is worth a look. */
const shortestPollMs = 1000
const longestPollMs = 10_000
/** A submission, or a poll, waits this long for a drawing that is nearly done. */
const patienceMs = { image: 400, video: 100 }
const jobsKeptMs = 24 * 60 * 60 * 1000

interface JobRow {
  spec: string
  submitted_at: number
  cancelled_at: number | null
}

type CodeDirective = Extract<Directive, { kind: 'code' }>

/** What its rows hold is the client's, and goes when it is of no more use. */
interface Forgetful {
  /** Drops what was counted of the faults of a generation that has ended. */
  endRehearsal(tx: Transaction, generationId: string): Promise<void>
  /** Blanks prompts and reference images of jobs that nobody will draw any more. */
  forget(tx: Transaction, jobIds: readonly string[]): Promise<void>
  /** Drops the rows of jobs, and what was counted of prompts, after a day. */
  dropOld(tx: Transaction): Promise<void>
}

/** The sandbox as an upstream. */
export function createSandbox(options: {
  database: Database
  renderer: Renderer
  clock: () => number
  /** What reference images are made smaller with. */
  pictures: FairShare
}): Upstream & Forgetful {
  return new Sandbox(options)
}

class Sandbox implements Upstream, Forgetful {
  readonly name = sandboxName
  readonly submitTimeoutMs = 60_000
  /** A job is looked up in the database that it was written to. */
  readonly listingDelayMs = 0
  readonly #database: Database
  readonly #drawings: Drawings
  readonly #clock: () => number
  readonly #pictures: FairShare

  constructor({ database, renderer, clock, pictures }: Parameters<typeof createSandbox>[0]) {
    this.#database = database
    this.#drawings = new Drawings(renderer)
    this.#clock = clock
    this.#pictures = pictures
  }

  async rehearse(stage: 'request' | 'check', request: Rehearsal): Promise<void> {
    for (const directive of parseDirectives(request.prompt)) {
      if (directive.kind !== 'code' || stageOf(directive, request.type) !== stage) continue
      if (request.dryRun || (await this.#isCodeDue(request, directive))) {
        throw rehearsedFailure(directive)
      }
    }
  }

  #isCodeDue({ workspaceId, prompt }: Rehearsal, { code, times }: CodeDirective): Promise<boolean> {
    if (times === undefined) return Promise.resolve(true)
    const occasion = promptOccasion(workspaceId, prompt, code)
    return this.#database.transaction((tx) => isDue(tx, occasion, times))
  }

  async submit(job: UpstreamJob, _prepared: Json, { signal }: Call): Promise<Submitted> {
    const images = await shrinkInTurn(job.images, this.#pictures, { tenant: job.tenant, signal })
    const { fault, spec } = await this.#database.transaction((tx) => this.#take(tx, job, images))
    const failure = fault === undefined ? undefined : submitFailures[fault]
    if (failure !== undefined) return { kind: 'failed', failure }
    const ref = { id: job.id }
    if (isPlain(spec)) {
      const file = await this.#drawings.draw(job.id, spec).within(patienceMs[job.type], signal)
      if (file !== undefined) {
        this.#drawings.forget(job.id)
        return { kind: 'done', ref, outputs: [toOutput(file)], billed: 'no' }
      }
    }
    return { kind: 'accepted', ref, pollAfterMs: pollEveryMs[job.type] }
  }

  /** Decides which rehearsed fault strikes this submission, and stores the job if it is taken. */
  async #take(
    tx: Transaction,
    job: UpstreamJob,
    images: JobSpec['images'],
  ): Promise<{ fault: UpstreamFault | undefined; spec: JobSpec }> {
    const directives = parseDirectives(job.input.prompt)
    const spec = toSpec(job, images, directives)
    let fault: UpstreamFault | undefined
    for (const directive of directives) {
      if (directive.kind === 'code' && stageOf(directive, job.type) === 'job') {
        const occasion = promptOccasion(job.workspaceId, job.input.prompt, directive.code)
        if (await isDue(tx, occasion, directive.times)) spec.failWith = directive.code
      }
      if (directive.kind !== 'upstream' || fault !== undefined) continue
      if (directive.fault === 'poll_503') spec.pollFaults = directive.times
      else {
        const occasion = { ownerId: job.generationId, name: directive.fault }
        if (await isDue(tx, occasion, directive.times)) fault = directive.fault
      }
    }
    if (fault !== undefined) spec.fault = fault
    if (fault === undefined || !isRefusal(fault)) {
      await tx.run(
        'INSERT INTO sandbox_jobs (id, generation_id, spec, submitted_at) VALUES ($1, $2, $3, $4)',
        job.id,
        job.generationId,
        JSON.stringify(spec),
        tx.now,
      )
    }
    return { fault, spec }
  }

  async poll(ref: UpstreamRef, { signal }: Call): Promise<Polled> {
    const row = await this.#find(ref.id)
    const spec = row === undefined ? undefined : parseSpec(row)
    if (row === undefined || spec === undefined || spec.fault === 'lost') {
      return { kind: 'unknown_job', billed: 'no' }
    }
    if (row.cancelled_at !== null)
      return { kind: 'failed', failure: verdict('transient', 'cancelled') }
    if (await this.#isPollFault(ref.id, spec)) return { kind: 'no_answer', note: '503' }
    const elapsedMs = this.#clock() - row.submitted_at
    // Sent in the future, by a clock that was wrong: the delay counts as over.
    const waitMs = elapsedMs < 0 ? 0 : spec.delayMs - elapsedMs
    if (spec.stalls || waitMs > 0) {
      const pollAfterMs = Math.min(longestPollMs, Math.max(shortestPollMs, elapsedMs / 20))
      return {
        kind: 'pending',
        pollAfterMs: spec.stalls ? pollAfterMs : Math.min(waitMs, pollAfterMs),
        progress: 0,
      }
    }
    if (spec.failWith !== undefined) {
      const kind = spec.failWith === 'content_policy_violation' ? 'moderated' : 'transient'
      return { kind: 'failed', failure: { ...verdict(kind, 'rehearsed'), isRehearsed: true } }
    }
    return this.#pollDrawing(ref.id, spec, signal)
  }

  async #isPollFault(id: string, spec: JobSpec): Promise<boolean> {
    if (spec.pollFaults === 0) return false
    const counted = await this.#database.transaction((tx) =>
      tx.run(
        'UPDATE sandbox_jobs SET failed_polls = failed_polls + 1 WHERE id = $1 AND failed_polls < $2',
        id,
        spec.pollFaults,
      ),
    )
    return counted === 1
  }

  async #pollDrawing(id: string, spec: JobSpec, signal: AbortSignal): Promise<Polled> {
    if (spec.fault === 'empty') return { kind: 'done', outputs: [], billed: 'no' }
    const drawing = this.#drawings.draw(id, spec)
    const file = await drawing.within(patienceMs[spec.type], signal)
    if (file === undefined) {
      const queuePosition = this.#drawings.positionOf(id)
      return {
        kind: 'pending',
        pollAfterMs: pollEveryMs[spec.type],
        progress: drawing.progress(),
        ...(queuePosition === undefined ? {} : { queuePosition }),
      }
    }
    this.#drawings.forget(id)
    const output = toOutput(spoil(file, spec.fault))
    // An output that was due for deletion before it was delivered: `[[expired]]`.
    if (spec.expired) output.expiresAt = this.#clock() - 1000
    return { kind: 'done', outputs: [output], billed: 'no' }
  }

  async cancel(ref: UpstreamRef): Promise<Cancelled> {
    this.#drawings.stop(ref.id)
    await this.#database.transaction((tx) =>
      tx.run('UPDATE sandbox_jobs SET cancelled_at = $2 WHERE id = $1', ref.id, tx.now),
    )
    return 'cancelled'
  }

  async find({ id }: SentJob): Promise<Found> {
    const row = await this.#find(id)
    if (row === undefined) return { kind: 'absent' }
    if (parseSpec(row).fault === 'unknown') return { kind: 'unknown', note: 'rehearsed' }
    return { kind: 'found', ref: { id } }
  }

  /** Its files come with the answer. */
  async download(): Promise<Downloaded> {
    return { kind: 'gone', note: 'the sandbox hands files over at once' }
  }

  endRehearsal(tx: Transaction, generationId: string): Promise<void> {
    return dropCounts(tx, generationId)
  }

  // The row stays: whether the job exists, and was cancelled, may still be asked.
  async forget(tx: Transaction, jobIds: readonly string[]): Promise<void> {
    for (const id of jobIds) {
      const row = await tx.get<Pick<JobRow, 'spec'>>(
        'SELECT spec FROM sandbox_jobs WHERE id = $1',
        id,
      )
      if (row === undefined) continue
      const spec: JobSpec = { ...parseSpec(row), prompt: '', images: [] }
      await tx.run('UPDATE sandbox_jobs SET spec = $2 WHERE id = $1', id, JSON.stringify(spec))
    }
  }

  async dropOld(tx: Transaction): Promise<void> {
    await tx.run('DELETE FROM sandbox_jobs WHERE submitted_at < $1', tx.now - jobsKeptMs)
    await dropOldCounts(tx)
  }

  close(): Promise<void> {
    return this.#drawings.close()
  }

  #find(id: string): Promise<JobRow | undefined> {
    return this.#database.read.get<JobRow>(
      'SELECT spec, submitted_at, cancelled_at FROM sandbox_jobs WHERE id = $1',
      id,
    )
  }
}

// A spec was written by the sandbox and by nothing else.
function parseSpec({ spec }: Pick<JobRow, 'spec'>): JobSpec {
  return JSON.parse(spec) as JobSpec
}

/** Where a code would really occur: at the door, at the content checks, or in the model. */
function stageOf({ code, atSubmit }: CodeDirective, type: 'image' | 'video') {
  if (code === 'content_policy_violation') {
    return type === 'image' || atSubmit ? ('check' as const) : ('job' as const)
  }
  if (code === 'server_error') return atSubmit ? ('check' as const) : ('job' as const)
  return 'request' as const
}

const unanswered = { kind: 'transient', job: 'possible', billed: 'unknown' } as const
const refused = { job: 'none', billed: 'no' } as const

const submitFailures: Partial<Record<UpstreamFault, UpstreamFailure>> = {
  503: { ...refused, kind: 'transient', httpStatus: 503, note: 'service unavailable' },
  429: {
    ...refused,
    kind: 'throttled',
    httpStatus: 429,
    note: 'too many requests',
    retryAfterMs: 500,
  },
  reset: { ...unanswered, note: 'connection reset' },
  timeout: { ...unanswered, note: 'no answer in time' },
  html: { ...unanswered, httpStatus: 200, note: 'the answer was a page of HTML' },
  unknown: { ...unanswered, note: 'connection reset' },
}

/** Faults that strike before the job is taken. */
function isRefusal(fault: UpstreamFault): boolean {
  return fault === '503' || fault === '429' || fault === 'timeout'
}

function verdict(kind: 'moderated' | 'transient', note: string): UpstreamFailure {
  return { kind, note, job: 'ended', billed: 'no' }
}

function isPlain({ delayMs, stalls, failWith, fault, pollFaults, expired }: JobSpec): boolean {
  return (
    delayMs === 0 && !stalls && !expired && pollFaults === 0 && (failWith ?? fault) === undefined
  )
}

function toSpec(job: UpstreamJob, images: JobSpec['images'], directives: Directive[]): JobSpec {
  const { input } = job
  const delay = directives.find((directive) => directive.kind === 'delay')
  return {
    type: job.type,
    tenant: job.tenant,
    prompt: withoutDirectives(input.prompt),
    seed: input.seed ?? seedOf(job.generationId),
    ...toPixels(input.resolution, input.aspectRatio),
    format: input.outputFormat ?? 'jpeg',
    durationSeconds: input.duration ?? 0,
    sound: input.sound ?? false,
    images,
    delayMs: delay?.ms ?? 0,
    stalls: directives.some((directive) => directive.kind === 'stall'),
    expired: directives.some((directive) => directive.kind === 'expired'),
    pollFaults: 0,
  }
}

// Without a seed every generation looks different, but the same one always the same.
function seedOf(generationId: string): number {
  return createHash('sha256').update(generationId).digest().readUIntBE(0, 6)
}

// The job row keeps the images, so that a restart can draw them again; this is all a drawing needs.
async function shrinkInTurn(
  images: readonly UpstreamImage[],
  pictures: FairShare,
  asker: Asker,
): Promise<JobSpec['images']> {
  return Promise.all(
    images.map(async ({ role, open }) => {
      const leave = await pictures.take(asker)
      try {
        return { role, base64: (await shrink(open())).toString('base64') }
      } finally {
        leave()
      }
    }),
  )
}

async function shrink(file: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of file) chunks.push(chunk)
  return sharp(Buffer.concat(chunks))
    .resize(1280, 1280, { fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer()
}

function toOutput(bytes: Uint8Array): UpstreamOutput {
  return { kind: 'bytes', bytes }
}

function spoil(file: Uint8Array, fault: UpstreamFault | undefined): Uint8Array {
  if (fault === 'garbage') {
    return Buffer.from('<!doctype html><title>502 Bad Gateway</title><h1>Bad Gateway</h1>')
  }
  return fault === 'truncated' ? file.subarray(0, Math.floor(file.byteLength / 2)) : file
}
