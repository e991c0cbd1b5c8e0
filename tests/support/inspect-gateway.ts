/**
 * Looks into a running gateway from outside: its heap, its memory and how long its event loop was
 * held up. Through Node's own inspector, so that the product carries nothing for it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { WebSocket } from 'undici'
import type { TestGateway } from './gateway.ts'

/** Environment of a gateway that can be looked into. */
export const inspectable = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }

/** How long the event loop was held up since it was last asked, in milliseconds. */
export interface LoopDelay {
  p50: number
  p99: number
  max: number
}

export interface Inspector {
  /** Bytes of JavaScript objects that are alive, after a full collection. */
  liveHeapBytes(): Promise<number>
  /** Resident bytes now. */
  residentBytes(): number
  /** Most resident bytes since `resetPeak`. Linux only, as the tests that use it say. */
  peakResidentBytes(): number
  resetPeak(): void
  /** Delay of the event loop since the last call; the first call starts to measure. */
  loopDelay(): Promise<LoopDelay>
  /** Evaluates an expression inside the gateway and answers its JSON value. */
  evaluate<Value>(expression: string): Promise<Value>
  close(): void
}

/** Opens a look into a gateway that was started with `env: inspectable`. */
export async function inspectGateway(gateway: TestGateway): Promise<Inspector> {
  const address = gateway.log
    .map((line) => /Debugger listening on (ws:\S+)/.exec(line)?.[1])
    .find((url) => url !== undefined)
  if (address === undefined) throw new Error('the gateway was not started with env: inspectable')
  const session = await openSession(address)
  const statusFile = `/proc/${gateway.process.pid}/status`
  const evaluate = async <Value>(expression: string): Promise<Value> => {
    const { result, exceptionDetails } = await session.call<Evaluated<Value>>('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return result.value
  }
  return {
    evaluate,
    async liveHeapBytes() {
      // What a finaliser lets go of is only collected by the next round.
      for (let round = 0; round < 3; round += 1) await session.call('HeapProfiler.collectGarbage')
      return evaluate<number>('process.memoryUsage().heapUsed')
    },
    residentBytes: () => readStatus(statusFile, 'VmRSS'),
    peakResidentBytes: () => readStatus(statusFile, 'VmHWM'),
    resetPeak: () => writeFileSync(`/proc/${gateway.process.pid}/clear_refs`, '5'),
    loopDelay: () => evaluate<LoopDelay>(readLoopDelay),
    close: () => session.close(),
  }
}

interface Evaluated<Value> {
  result: { value: Value }
  exceptionDetails?: unknown
}

// The monitor sees a delay when its timer fires after it, so that is waited for.
const readLoopDelay = `(async () => {
  const monitor = (globalThis.__loopDelay ??= (() => {
    const histogram = process
      .getBuiltinModule('node:perf_hooks')
      .monitorEventLoopDelay({ resolution: 10 })
    histogram.enable()
    return histogram
  })())
  await new Promise((resolve) => setTimeout(resolve, 30))
  const figures = {
    p50: monitor.percentile(50) / 1e6,
    p99: monitor.percentile(99) / 1e6,
    max: monitor.max / 1e6,
  }
  monitor.reset()
  return figures
})()`

function readStatus(file: string, field: string): number {
  const value = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(file, 'utf8'))?.[1]
  if (value === undefined) throw new Error(`${file} has no ${field}`)
  return Number(value) * 1024
}

interface Session {
  call<Result>(method: string, params?: object): Promise<Result>
  close(): void
}

async function openSession(address: string): Promise<Session> {
  const socket = new WebSocket(address)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('the inspector cannot be reached')))
  })
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as {
      id?: number
      result?: never
      error?: { message: string }
    }
    const call = waiting.get(id ?? 0)
    waiting.delete(id ?? 0)
    if (error !== undefined) call?.reject(new Error(error.message))
    else call?.resolve(result as never)
  })
  socket.addEventListener('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the gateway is gone'))
  })
  let lastId = 0
  return {
    call: (method, params = {}) =>
      new Promise((resolve, reject) => {
        lastId += 1
        waiting.set(lastId, { resolve, reject })
        socket.send(JSON.stringify({ id: lastId, method, params }))
      }),
    close: () => socket.close(),
  }
}
