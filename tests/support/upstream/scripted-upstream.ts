import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type {
  AccountSettings,
  JobRecord,
  Outcome,
  RequestRecord,
  StoredFile,
  Tally,
} from './records.ts'
import type { Script, Step } from './script.ts'

/** A process that plays the upstreams. It ends with the process that started it, however that ends. */
export interface ScriptedUpstream {
  /** Sets it up anew, or just gives access to it. Names are of a-z, 0-9 and hyphens. */
  account(name: string, settings?: AccountSettings): Promise<UpstreamAccount>
  /** Closes all connections and refuses new ones; jobs go on. */
  down(): Promise<void>
  /** Listens again, at the same address. */
  up(): Promise<void>
  stop(): Promise<void>
}

/** What `seen` waits for. */
export interface Sighting {
  match?: string
  /** 1 when left out. */
  count?: number
  /** Only requests that have come so far; when left out, those that were read, or broken off before. */
  outcome?: Outcome
}

/** One account at the upstreams, with scripts, jobs and counts of its own. */
export interface UpstreamAccount {
  name: string
  /** Base URL as an OpenAI client takes it, with /v1. */
  openai: string
  /** In place of https://queue.fal.run. */
  fal: string
  /** In place of http://127.0.0.1:8188. */
  comfyui: string
  /** For all submissions that contain the text; set again, it begins anew with its first act. */
  script(match: string, script: Script): Promise<void>
  /** Resolves when so many requests of the step have come; earlier ones count. */
  seen(step: Step, sighting?: Sighting): Promise<RequestRecord[]>
  /** Lets go of what waits at the gate, now and later. */
  open(gate: string): Promise<void>
  submissions(match?: string): Promise<Tally>
  /** In the order of their arrival; the text is looked for in their job's submission, too. */
  requests(match?: string): Promise<RequestRecord[]>
  jobs(match?: string): Promise<JobRecord[]>
  /** SHA-256 of the job's file as it is delivered when nothing is wrong with it. */
  outputOf(job: number, index?: number): Promise<string>
  /** The upstream has never heard of this job; by number. */
  forget(job: number): Promise<void>
  /** As a ComfyUI whose process dies: queue, history and sockets are gone, files stay. */
  restartComfy(): Promise<void>
  /** Closes ComfyUI's WebSockets without a word. */
  dropSockets(): Promise<void>
  /** What ComfyUI has on its disk. */
  files(): Promise<StoredFile[]>
  /** As an operator who clears the output folder. */
  removeFiles(name: string): Promise<void>
  /** Nothing has happened: no scripts, jobs, requests, files, gates. Settings stay; what is held is cut. */
  reset(): Promise<void>
}

// Compiled by `tsc -b`, since it is a process of its own.
const serverPath = fileURLToPath(new URL('./dist/server.js', import.meta.url))

/** Starts the process on free ports. */
export async function startUpstream(): Promise<ScriptedUpstream> {
  // The server watches its standard input, which closes when this process is gone.
  const child = spawn(process.execPath, [serverPath], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const addresses = new Map<string, string>()
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, url] = /^(listening|controlled) on (\S+)$/.exec(line) ?? []
    if (what !== undefined && url !== undefined) addresses.set(what, url)
    if (addresses.size === 2) break
  }
  const [url, controlURL] = [addresses.get('listening'), addresses.get('controlled')]
  if (url === undefined || controlURL === undefined)
    throw new Error('The scripted upstream did not start; run `tsc -b` first.')
  const order = (name: string, input: object) => control(controlURL, name, input)
  return {
    async account(name, settings) {
      await order('account', { account: name, settings })
      return accessTo(url, name, order)
    },
    async down() {
      await order('down', {})
    },
    async up() {
      await order('up', {})
    },
    async stop() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

type Order = (name: string, input: object) => Promise<unknown>

async function control(controlURL: string, name: string, input: object): Promise<unknown> {
  const response = await fetch(`${controlURL}/_control/${name}`, {
    method: 'POST',
    body: JSON.stringify(input),
  })
  if (!response.ok) throw new Error(`The scripted upstream refused: ${await response.text()}`)
  return response.json()
}

function accessTo(url: string, name: string, order: Order): UpstreamAccount {
  // What each order answers is fixed in control.ts, the other end of it.
  const ask = async <T>(what: string, input: object = {}) =>
    (await order(what, { account: name, ...input })) as T
  return {
    name,
    openai: `${url}/${name}/openai/v1`,
    fal: `${url}/${name}/fal`,
    comfyui: `${url}/${name}/comfyui`,
    script: (match, script) => ask('script', { match, script }),
    seen: (step, sighting = {}) => ask('seen', { step, match: '', count: 1, ...sighting }),
    open: (gate) => ask('open', { gate }),
    submissions: (match = '') => ask('submissions', { match }),
    requests: (match = '') => ask('requests', { match }),
    jobs: (match = '') => ask('jobs', { match }),
    outputOf: (job, index = 0) => ask('output', { job, index }),
    forget: (job) => ask('forget', { job }),
    restartComfy: () => ask('restart-comfy'),
    dropSockets: () => ask('drop-sockets'),
    files: () => ask('files'),
    removeFiles: (file) => ask('remove-files', { name: file }),
    reset: () => ask('reset'),
  }
}
