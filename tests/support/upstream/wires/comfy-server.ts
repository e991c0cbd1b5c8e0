/**
 * What a ComfyUI process knows: its queue, which it works off one job at a time, the history of what has ended, and
 * the results that it would use again. All of it is in memory and gone with the process; files stay.
 */
import type { Account } from '../account.ts'
import { endJob, isDue, isVisible, type Job } from '../jobs.ts'
import type { StoredFile } from '../records.ts'
import type { JobScript, Verdict } from '../script.ts'
import type { WebSocketPeer } from '../web-socket.ts'
import { ComfyDisk, type Place } from './comfy-disk.ts'
import { isFilmOutput, type Graph } from './comfy-graph.ts'
import { finalMessage, toEntry, type Entry } from './comfy-history.ts'
import { ComfySockets } from './comfy-sockets.ts'
import { workOf } from './comfy-work.ts'
import { toText } from './wire.ts'

/** A submission in the queue. */
export interface Item {
  number: number
  job: Job
  graph: Graph
  outputs: string[]
  extraData: Record<string, unknown>
  clientId?: string
  startedAt?: number
}

/** One process; `restart` is the next one on the same disk. */
export class ComfyServer {
  readonly disk = new ComfyDisk()
  readonly sockets = new ComfySockets()
  readonly history = new Map<string, Entry>()
  private queue: Item[] = []
  private readonly results = new Map<string, Entry['outputs']>()
  private readonly account: Account
  private nextNumber = 0

  constructor(account: Account) {
    this.account = account
  }

  /** Numbers are used up by graphs that are refused, too. */
  takeNumber(): number {
    return this.nextNumber++
  }

  submit(item: Item): void {
    this.queue.push(item)
    this.tellStatus()
    this.run()
  }

  /** Goes on with the queue as far as scripts allow. */
  run(): void {
    for (let [item] = this.queue; item !== undefined; [item] = this.queue) {
      if (item.startedAt === undefined) this.start(item)
      if (!isDue(item.job, this.scriptOf(item.job), (gate) => this.account.gates.isOpen(gate)))
        return
      this.finish(item)
    }
  }

  /** As /queue lists them: the one that runs, and the others. */
  listQueue(): { running: Item[]; pending: Item[] } {
    const isListed = ({ job }: Item) => isVisible(job, this.scriptOf(job))
    return {
      running: this.queue.slice(0, 1).filter(isListed),
      pending: this.queue.slice(1).filter(isListed),
    }
  }

  /** How many wait or run. */
  get remaining(): number {
    return this.queue.length
  }

  /** Ends what runs, if that has this id or none is given. */
  interrupt(id: string | undefined): void {
    const [item] = this.queue
    if (item === undefined || (id !== undefined && item.job.id !== id)) return
    if (this.scriptOf(item.job).ignoresCancel === true) return
    this.finish(item, { name: 'interrupted' })
    this.run()
  }

  /** Takes the first pending one of each id out of the queue; it leaves no trace. */
  remove(ids: string[]): void {
    for (const id of ids) {
      const at = this.queue.findIndex(({ job }, index) => index > 0 && job.id === id)
      const [item] = at < 0 ? [] : this.queue.splice(at, 1)
      if (item !== undefined) item.job.isForgotten = true
    }
    this.tellStatus()
  }

  /** Takes all pending ones out. */
  clear(): void {
    this.remove(this.queue.slice(1).map(({ job }) => job.id))
  }

  /** The process dies and another one starts. */
  restart(): void {
    for (const job of this.account.jobs) if (job.wire === 'comfyui') job.isForgotten = true
    this.queue = []
    this.history.clear()
    this.results.clear()
    this.nextNumber = 0
    this.disk.emptyTemp()
    this.sockets.drop()
  }

  forget(job: Job): void {
    this.queue = this.queue.filter((item) => item.job !== job)
    if (this.account.findJob('comfyui', job.id) === job) this.history.delete(job.id)
    this.run()
  }

  dropSockets(): void {
    this.sockets.drop()
  }

  listFiles(): Promise<StoredFile[]> {
    return this.disk.list()
  }

  removeFiles(name: string): void {
    this.disk.remove(name)
  }

  /** What a socket is told when it has just been opened. */
  greet(id: string, peer: WebSocketPeer): void {
    const status = { status: { exec_info: { queue_remaining: this.remaining } }, sid: id }
    peer.sendText(JSON.stringify({ type: 'status', data: status }))
    const [item] = this.queue
    if (item?.clientId !== id) return
    peer.sendText(JSON.stringify({ type: 'executing', data: { node: workOf(item) } }))
  }

  private scriptOf(job: Job): JobScript {
    return this.account.scripts.jobScript(job.text)
  }

  private start(item: Item): void {
    item.startedAt = Date.now()
    const { sockets } = this
    const { clientId: id, job } = item
    const prompt = { prompt_id: job.id }
    if (id !== undefined) {
      const stamped = { ...prompt, timestamp: item.startedAt }
      sockets.tell(id, 'execution_start', stamped)
      sockets.tell(id, 'execution_cached', { nodes: this.cachedNodes(item), ...stamped })
      sockets.tell(id, 'executing', { node: workOf(item), display_node: workOf(item), ...prompt })
    }
    for (const value of this.scriptOf(job).progress ?? []) {
      const node = workOf(item)
      const state = { value, max: 1, state: 'running', node_id: node, ...prompt }
      const nodes = { [node]: { ...state, display_node_id: node, real_node_id: node } }
      sockets.tell(id, 'progress_state', { ...prompt, nodes })
      sockets.tell(id, 'progress', { value, max: 1, ...prompt, node })
      sockets.show(id, pixel)
    }
  }

  private finish(item: Item, cause?: Verdict): void {
    const { job, clientId } = item
    const ending = endJob(job, this.scriptOf(job), cause)
    const cached = this.cachedNodes(item)
    const outputs = this.save(item)
    const last = finalMessage(item, ending.verdict)
    this.queue.shift()
    this.history.set(job.id, toEntry(item, { outputs, cached, last }))
    const data = { prompt_id: job.id }
    if (clientId !== undefined) {
      for (const [node, output] of Object.entries(outputs))
        this.sockets.tell(clientId, 'executed', { node, display_node: node, output, ...data })
    }
    // Without a client, an interruption is the only end that anybody is told of.
    if (clientId !== undefined || last[0] === 'execution_interrupted')
      this.sockets.tell(clientId, ...last)
    this.tellStatus()
    if (clientId !== undefined) this.sockets.tell(clientId, 'executing', { node: null, ...data })
  }

  /** Saves the files, or names the old ones where the same graph has run before. */
  private save({ job, graph, outputs: nodes }: Item): Entry['outputs'] {
    const known = this.results.get(JSON.stringify(graph))
    const files = job.ending?.outputs ?? []
    if (known !== undefined && job.ending?.verdict.name === 'ok') {
      files.length = 0
      return known
    }
    const saved: Entry['outputs'] = {}
    for (const index of files.keys()) {
      const node = nodes[index % nodes.length] ?? ''
      const { class_type: classType = '', inputs = {} } = graph[node] ?? {}
      const isTemp = classType.startsWith('Preview')
      const prefix = isTemp ? 'ComfyUI_temp_buyae' : toText(inputs['filename_prefix'] ?? 'ComfyUI')
      const where = { prefix, type: isTemp ? 'temp' : 'output' }
      const place = this.disk.save(this.account.outputs, job, index, where)
      addPlace((saved[node] ??= {}), classType, place)
    }
    if (job.ending?.verdict.name === 'ok') this.results.set(JSON.stringify(graph), saved)
    return saved
  }

  private cachedNodes({ graph }: Item): string[] {
    return this.results.has(JSON.stringify(graph)) ? Object.keys(graph) : []
  }

  private tellStatus(): void {
    const status = { exec_info: { queue_remaining: this.remaining } }
    this.sockets.tell(undefined, 'status', { status })
  }
}

function addPlace(output: Entry['outputs'][string], classType: string, place: Place): void {
  const list = classType.startsWith('VHS_') ? 'gifs' : 'images'
  ;(output[list] ??= []).push(place)
  if (list === 'images' && isFilmOutput(classType)) output.animated = [true]
}

// The smallest PNG, for previews.
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
