import type { Job, JobOutput } from '../jobs.ts'
import { sha256, type Delivery, type Outputs } from '../outputs.ts'
import type { StoredFile } from '../records.ts'

/** Where a file is, as ComfyUI names it. */
export interface Place {
  filename: string
  subfolder: string
  type: string
}

interface Kept {
  place: Place
  deliver(): Promise<Delivery>
  sha256(): Promise<string>
  /** Of an output, so that scripts for its job hold for its download. */
  job?: Job
  /** Of an upload, whose bytes are compared with those of the next of its name. */
  digest?: string
}

/** The folders `input`, `output` and `temp`. Only the last is emptied when the server starts. */
export class ComfyDisk {
  private files: Kept[] = []

  find({ filename, subfolder, type }: Place): Kept | undefined {
    return this.files.find(
      ({ place }) =>
        place.filename === filename && place.subfolder === subfolder && place.type === type,
    )
  }

  /** Whether a LoadImage node finds it: `ref.png`, `job1/ref.png`, `fg_00001_.png [output]`. */
  hasInput(name: string): boolean {
    const [, path = '', type = 'input'] = /^(.*?)(?: \[(\w+)\])?$/.exec(name) ?? []
    const at = path.lastIndexOf('/')
    const subfolder = at < 0 ? '' : path.slice(0, at)
    return this.find({ filename: path.slice(at + 1), subfolder, type }) !== undefined
  }

  /** Keeps an upload under its name, or another one if that is taken by other bytes. */
  upload(wanted: Place, bytes: Uint8Array, mayReplace: boolean): Place {
    const place = { ...wanted }
    const [, stem = '', extension = ''] = /^(.*?)(\.[^.]*)?$/.exec(wanted.filename) ?? []
    const digest = sha256(bytes)
    for (let number = 1; ; number++) {
      const there = this.find(place)
      if (mayReplace || there === undefined || there.digest === digest) break
      place.filename = `${stem} (${number})${extension}`
    }
    const type = `image/${extension.slice(1).replace('jpg', 'jpeg') || 'png'}`
    this.put({
      place,
      digest,
      deliver: () => Promise.resolve({ status: 200, type, bytes, manner: {} }),
      sha256: () => Promise.resolve(digest),
    })
    return place
  }

  /** Saves a job's file under the next free number. */
  save(outputs: Outputs, job: Job, index: number, where: { prefix: string; type: string }): Place {
    const output = job.ending?.outputs[index]
    if (output === undefined) throw new RangeError(`Job ${job.number} has no file ${index}.`)
    const path = fill(where.prefix, output, index).split('/')
    const stem = path.pop() ?? ''
    const subfolder = path.join('/')
    const number = this.highest(stem, subfolder, where.type) + 1
    const extension = output.kind === 'film' ? 'mp4' : output.format
    const filename = `${stem}_${String(number).padStart(5, '0')}_.${extension}`
    const place = { filename, subfolder, type: where.type }
    this.put({
      place,
      job,
      deliver: () => outputs.deliver(job, index),
      sha256: () => outputs.sha256Of(job, index),
    })
    return place
  }

  remove(name: string): void {
    this.files = this.files.filter(({ place }) => place.filename !== name)
  }

  emptyTemp(): void {
    this.files = this.files.filter(({ place }) => place.type !== 'temp')
  }

  /** The newest first. */
  list(): Promise<StoredFile[]> {
    return Promise.all(
      this.files.toReversed().map(async ({ place, sha256: digest }) => ({
        name: place.filename,
        subfolder: place.subfolder,
        type: place.type,
        sha256: await digest(),
      })),
    )
  }

  /** Names in the output folder itself, the newest first. */
  outputNames(): string[] {
    return this.files
      .filter(({ place }) => place.type === 'output' && place.subfolder === '')
      .map(({ place }) => place.filename)
      .toReversed()
  }

  private put(kept: Kept): void {
    this.files = this.files.filter(({ place }) => keyOf(place) !== keyOf(kept.place))
    this.files.push(kept)
  }

  private highest(stem: string, subfolder: string, type: string): number {
    const numbers = this.files
      .filter(({ place }) => place.subfolder === subfolder && place.type === type)
      .map(({ place: { filename } }) => filename)
      .filter((filename) => filename.startsWith(`${stem}_`))
      .map((filename) => Number(/^(\d+)_/.exec(filename.slice(stem.length + 1))?.[1] ?? 0))
    return Math.max(0, ...numbers)
  }
}

function keyOf({ filename, subfolder, type }: Place): string {
  return JSON.stringify([type, subfolder, filename])
}

function fill(prefix: string, { width, height }: JobOutput, index: number): string {
  return prefix
    .replaceAll('%width%', String(width))
    .replaceAll('%height%', String(height))
    .replaceAll('%batch_num%', String(index))
}
