import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import type { Job, JobOutput } from './jobs.ts'
import { drawFilm, drawImage } from './media.ts'
import type { Act } from './script.ts'

/** How a file is delivered. */
export interface Delivery {
  status: number
  type: string
  bytes: Uint8Array
  /** How the download of it goes, if nothing else is scripted. */
  manner: Act
}

/** The files of an account's jobs, drawn when they are first asked for. */
export class Outputs {
  private readonly drawn = new Map<string, Promise<Uint8Array>>()

  /** As it is when nothing is wrong with it. */
  bytesOf(job: Job, index: number): Promise<Uint8Array> {
    const output = job.ending?.outputs[index]
    if (output === undefined) throw new RangeError(`Job ${job.number} has no file ${index}.`)
    const key = `${job.number}/${index}`
    const known = this.drawn.get(key)
    if (known !== undefined) return known
    const stamp = { job: job.number, index }
    const bytes =
      output.kind === 'film' ? drawFilm(output, stamp) : drawImage(output, stamp, job.graph)
    this.drawn.set(key, bytes)
    return bytes
  }

  async sha256Of(job: Job, index: number): Promise<string> {
    return sha256(await this.bytesOf(job, index))
  }

  /** As its script has it delivered. */
  async deliver(job: Job, index: number): Promise<Delivery> {
    const output = job.ending?.outputs[index]
    if (output === undefined) return failure(404, 'There is no such file.')
    return damage(output, await this.bytesOf(job, index))
  }
}

/** `image/png` or the like. */
export function typeOf({ kind, format }: Pick<JobOutput, 'kind' | 'format'>): string {
  return kind === 'film' ? 'video/mp4' : `image/${format}`
}

/** Name of a job's file as the upstreams that choose one call it. */
export function nameOf(index: number, { kind, format }: JobOutput): string {
  return `${index}.${kind === 'film' ? 'mp4' : format}`
}

/** The number in such a name. */
export function indexOf(name: string): number {
  return Number(name.slice(0, -extname(name).length))
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What has become of a file's bytes on their way, `type` being what they pretend to be. */
export function damage(output: JobOutput, bytes: Uint8Array): Delivery {
  const whole: Delivery = { status: 200, type: typeOf(output), bytes, manner: {} }
  const { fault } = output
  if (fault === undefined) return whole
  switch (fault) {
    case 'html':
      return { ...whole, type: 'text/html', bytes: page('Please sign in to see this file.') }
    case 'truncated':
      return { ...whole, bytes: bytes.subarray(0, Math.floor(bytes.length / 2)) }
    case 'missing':
      return failure(404, 'There is no such file.')
    case 'gone':
      return failure(410, 'This file is no longer kept.')
    case 'forbidden':
      return failure(403, 'This address has expired.')
    case 'endless':
      return { ...whole, manner: { endless: true } }
    case 'slow':
      return { ...whole, manner: { slowBytesPerSecond: 4096 } }
    case 'cut':
      return { ...whole, manner: { reset: 'in-body' } }
  }
}

function failure(status: number, sentence: string): Delivery {
  return { status, type: 'text/html', bytes: page(sentence), manner: {} }
}

function page(sentence: string): Uint8Array {
  return Buffer.from(`<!doctype html>\n<title>File</title>\n<p>${sentence}</p>\n`)
}
