/**
 * The life of a job at any of the upstreams. It is over as soon as nothing in its script keeps it pending; how it
 * ends is fixed then, while the script of a pending one may still be changed. Time never ends a job.
 */
import type { JobScript, ImageFormat, Output, Verdict } from './script.ts'
import type { JobRecord, RequestRecord, WireName } from './records.ts'

/** What was asked for, as far as it shows in the files. */
export interface Wanted {
  kind: 'image' | 'film'
  count: number
  width: number
  height: number
  format: ImageFormat
  sound: boolean
}

/** An output with everything that its script leaves out. */
export interface JobOutput extends Omit<Wanted, 'count'> {
  fault?: NonNullable<Output['fault']>
  isBlack: boolean
}

export interface Ending {
  verdict: Verdict
  isBilled: boolean
  outputs: JobOutput[]
}

export interface Job {
  number: number
  wire: WireName
  id: string
  /** The submission, in which scripts look for their text. */
  text: string
  wanted: Wanted
  submission: RequestRecord
  looks: number
  isForgotten: boolean
  ending: Ending | undefined
  /** What ComfyUI writes into its PNG files: the whole graph. */
  graph?: string
}

/** Counts one look and says how the job appears to it: not at all, or as what it is. */
export function lookAt(job: Job, script: JobScript): boolean {
  job.looks++
  if (script.forgetAfterPolls !== undefined && job.looks > script.forgetAfterPolls)
    job.isForgotten = true
  return isVisible(job, script)
}

/** Whether a look finds it, without counting one. */
export function isVisible(job: Job, script: JobScript): boolean {
  const { hiddenPolls = 0 } = script
  return !job.isForgotten && (hiddenPolls === 0 || job.looks > hiddenPolls)
}

/** Whether nothing keeps it pending any longer. */
export function isDue(job: Job, script: JobScript, isOpen: (gate: string) => boolean): boolean {
  if (script.gate !== undefined && !isOpen(script.gate)) return false
  const pending = script.pendingPolls ?? 0
  return pending !== 'forever' && (pending === 0 || job.looks > pending)
}

/** Ends a pending job; one that has ended stays as it is. */
export function endJob(job: Job, script: JobScript, cause?: Verdict): Ending {
  if (job.ending !== undefined) return job.ending
  const given = script.verdict ?? 'ok'
  const verdict = cause ?? (typeof given === 'string' ? { name: given } : given)
  const isBilled = cause === undefined ? (script.bills ?? bills(verdict)) : false
  job.ending = { verdict, isBilled, outputs: toOutputs(job.wanted, script, verdict) }
  return job.ending
}

/** What tests are told of it. */
export function toRecord(job: Job): JobRecord {
  return {
    number: job.number,
    wire: job.wire,
    id: job.id,
    state: job.isForgotten ? 'forgotten' : job.ending === undefined ? 'pending' : 'ended',
    verdict: job.ending?.verdict.name ?? null,
    isBilled: job.ending?.isBilled ?? false,
    looks: job.looks,
    isAnswered: job.submission.outcome === 'answered',
    outputs: job.ending?.outputs.length ?? 0,
  }
}

const billed = new Set(['ok', 'nsfw-flag', 'failed-billed', 'failed-with-outputs'])

function bills({ name }: Verdict): boolean {
  return billed.has(name)
}

const fruitful = new Set(['ok', 'nsfw-flag', 'failed-with-outputs'])

function toOutputs(wanted: Wanted, script: JobScript, { name }: Verdict): JobOutput[] {
  if (!fruitful.has(name)) return []
  const { count, ...like } = wanted
  const outputs = script.outputs ?? Array.from({ length: count }, (): Output => ({}))
  return outputs.map((output) => ({ ...like, ...output, isBlack: name === 'nsfw-flag' }))
}
