import type { AccountSettings, RequestRecord, Tally, WireName } from './records.ts'
import { createGates, type Gates } from './gates.ts'
import { isDue, endJob, type Job, type Wanted } from './jobs.ts'
import { createScripts, type Scripts } from './scripts.ts'
import { ComfyServer } from './wires/comfy-server.ts'
import { Outputs } from './outputs.ts'

/** All that one account at the upstreams has and has seen. Accounts know nothing of each other. */
export class Account {
  readonly name: string
  settings: AccountSettings
  readonly scripts: Scripts = createScripts()
  readonly gates: Gates = createGates(() => this.advance())
  readonly requests: RequestRecord[] = []
  readonly jobs: Job[] = []
  readonly outputs = new Outputs()
  readonly comfy: ComfyServer = new ComfyServer(this)
  /** Aborted when the account is reset: whatever is held ends. */
  readonly ended = new AbortController()
  /** Texts of the submissions, in which matches are looked for. */
  private readonly texts = new WeakMap<RequestRecord, string>()
  private readonly watchers = new Set<() => void>()

  constructor(name: string, settings: AccountSettings) {
    this.name = name
    this.settings = settings
  }

  /** Notes a request, or what has become of it. */
  note(record: RequestRecord): void {
    if (this.requests[record.number - 1] === undefined) this.requests.push(record)
    this.tellWatchers()
  }

  /** What matches are looked for in. */
  setText(record: RequestRecord, text: string): void {
    this.texts.set(record, text)
  }

  /** Resolves with what `find` finds, as soon as that is something. */
  watch<T>(find: () => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = find()
        if (found === undefined) return
        this.watchers.delete(check)
        resolve(found)
      }
      this.watchers.add(check)
      signal.addEventListener('abort', () => {
        this.watchers.delete(check)
        reject(new Error('Nobody waits for it any longer.'))
      })
      check()
    })
  }

  matching(match: string): RequestRecord[] {
    return this.requests.filter((record) => this.isAbout(record, match))
  }

  jobsMatching(match: string): Job[] {
    return this.jobs.filter(({ text }) => text.includes(match))
  }

  tally(match: string): Tally {
    const jobs = this.jobsMatching(match)
    return {
      received: this.matching(match).filter(({ step, isWhole }) => step === 'submit' && isWhole)
        .length,
      made: jobs.length,
      billed: jobs.filter(({ ending }) => ending?.isBilled === true).length,
    }
  }

  addJob(wire: WireName, id: string, wanted: Wanted, submission: RequestRecord): Job {
    const job: Job = {
      number: this.jobs.length + 1,
      wire,
      id,
      text: this.texts.get(submission) ?? '',
      wanted,
      submission,
      looks: 0,
      isForgotten: false,
      ending: undefined,
    }
    this.jobs.push(job)
    submission.jobs.push(job.number)
    return job
  }

  findJob(wire: WireName, id: string): Job | undefined {
    return this.jobs.findLast((job) => job.wire === wire && job.id === id)
  }

  /** Ends the job if nothing keeps it pending. */
  settle(job: Job): void {
    const script = this.scripts.jobScript(job.text)
    if (isDue(job, script, (gate) => this.gates.isOpen(gate))) endJob(job, script)
  }

  /** Looks at every job again after something has changed. ComfyUI runs one at a time, and does so itself. */
  advance(): void {
    for (const job of this.jobs) if (job.wire !== 'comfyui') this.settle(job)
    this.comfy.run()
    this.tellWatchers()
  }

  private tellWatchers(): void {
    for (const check of this.watchers) check()
  }

  private isAbout(record: RequestRecord, match: string): boolean {
    if (match === '' || this.texts.get(record)?.includes(match) === true) return true
    return record.jobs.some((number) => this.jobs[number - 1]?.text.includes(match))
  }
}
