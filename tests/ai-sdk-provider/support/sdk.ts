import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { commandOf, runtimeRows } from '../../package/support/runtimes.ts'

/** A call of the AI SDK, to be made in a process of its own. */
export interface Order {
  call: 'generateImage' | 'generateVideo' | 'startVideo' | 'getVideoStatus'
  model?: string
  options: object
  /** Of createFilmgate. */
  settings: object
  /** Options of a client to hand over, besides the settings. */
  client?: object
  /** Take the model from a provider registry. */
  viaRegistry?: boolean
  /** The control: every failure says that it is retryable. */
  naive?: boolean
}

/** What the AI SDK gave, with files apart. */
export interface Result {
  files?: { mediaType: string; bytes: string }[]
  warnings?: { type: string; feature?: string; details?: string; message?: string }[]
  providerMetadata?: { filmgate: Record<string, unknown> & Record<'images' | 'videos', Output[]> }
  response?: Response
  responses?: Response[]
  operation?: unknown
  status?: string
  error?: string
}

/** `providerMetadata` of one picture or film. */
export interface Output {
  id: string
  cost: number
  url: string
  width: number
  height: number
  deletes_at: string
  request_id: string
}

interface Response {
  timestamp: string
  modelId: string
  headers: Record<string, string>
}

/** What the AI SDK threw. */
export interface Thrown {
  name: string
  message: string
  /** How often the AI SDK itself has tried. */
  tries: number
  isApiCallError: boolean
  isAbortError: boolean
  statusCode?: number
  isRetryable?: boolean
  url?: string
  data?: Record<string, unknown>
  responseHeaders?: Record<string, string>
  requestBodyValues?: Record<string, unknown>
  /** The error of the client behind it. */
  filmgate?: Record<string, unknown>
}

/** A call on its way. */
export interface Called {
  result(): Promise<Result>
  error(): Promise<Thrown>
  abort(): void
}

/** A process that calls the AI SDK. */
export interface Sdk {
  call(order: Order): Called
  close(): Promise<void>
}

interface Outcome {
  id: number
  result?: Result
  error?: Thrown
}

/** Starts it in a project, on `Node 22` or another of the runtimes; throws where that cannot be had. */
export async function startSdk(
  folder: string,
  { runtime = 'Node 22', env = {} }: { runtime?: string; env?: Record<string, string> } = {},
): Promise<Sdk> {
  const row = runtimeRows.find(({ name }) => name === runtime)
  if (!row) throw new Error(`there is no runtime ${runtime}`)
  const [program, ...flags] = await commandOf(row)
  const child = spawn(program, [...flags, 'runner.mjs'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = new Map<number, PromiseWithResolvers<Outcome>>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    // A line of the runner, whose form is its own.
    const outcome = JSON.parse(line) as Outcome
    waiting.get(outcome.id)?.resolve(outcome)
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  void closed.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the runner has ended'))
  })
  let last = 0
  return {
    call: (order) => {
      const id = ++last
      const outcome = deferred<Outcome>()
      waiting.set(id, outcome)
      const kind = order.call === 'generateImage' ? 'image' : 'video'
      const model = order.model ?? `sandbox-${kind}`
      child.stdin.write(`${JSON.stringify({ ...order, id, kind, model })}\n`)
      return toCalled(outcome.promise, () => child.stdin.write(`{ "abort": ${id} }\n`))
    },
    close: () => {
      child.stdin.end()
      return closed
    },
  }
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: Error) => void
}

function deferred<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

function toCalled(outcome: Promise<Outcome>, abort: () => void): Called {
  return {
    abort,
    async result() {
      const { result, error } = await outcome
      if (!result) throw new Error(`the call failed: ${JSON.stringify(error)}`)
      return result
    },
    async error() {
      const { result, error } = await outcome
      if (!error) throw new Error(`the call succeeded: ${JSON.stringify(result).slice(0, 400)}`)
      return error
    },
  }
}
