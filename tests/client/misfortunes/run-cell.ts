import { getEventListeners } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Filmgate } from '../../../packages/client/src/index.ts'
import { answer } from '../support/raw-server.ts'
import { quiet, virtualClock } from '../support/virtual-clock.ts'
import { startWireServer, type WireHandler } from '../support/wire-server.ts'
import type { CallOptions, Misfortune, Phase, Route, Seen, World } from './world.ts'

/** What really happened in a cell. */
export interface Observed {
  /** What the call gave, where it gave something. */
  value?: unknown
  /** What it threw. */
  error?: unknown
  /** How often the misfortune struck. */
  tries: number
  /** Milliseconds from the first to the last time that the client said it tries again. */
  triedForMs: number
  seen: Seen[]
  /** Whether the call ended at once when it was told to end; undefined where it was not told to. */
  endedAtOnce: boolean | undefined
  /** What was left behind. */
  timersLeft: number
  listenersLeft: number
  /** What lies in the folder, with what is in it. */
  files: Record<string, string>
}

/** Lets a misfortune strike every request of a phase, or only the first few. */
export async function runCell(
  phase: Phase,
  misfortune: Misfortune,
  most = Infinity,
): Promise<Observed> {
  const world = await startWorld((request, socket) => {
    const seen = { ...request, at: world.clock.now(), isStruck: false, isAnswered: false }
    world.seen.push(seen)
    const route = phase.route(request, world)
    seen.isStruck = route.isStruck && struck(world) < most
    world.isStruck ||= seen.isStruck
    // What hammers the server is ended, so that it can be told of.
    if (world.seen.length > mostRequests) world.abort.abort(new Error('far too many requests'))
    seen.isAnswered = route.good !== undefined && !seen.isStruck
    void serve(world, misfortune, { route, socket, isStruck: seen.isStruck })
  })
  if (misfortune.isRefusal && phase.isStruckFirst) refuse(world)
  try {
    return await observe(phase, misfortune, world)
  } finally {
    for (const cleanUp of world.cleanUp) await cleanUp()
    await world.server.close()
    await rm(world.folder, { recursive: true })
  }
}

const mostRequests = 100

interface Serving {
  route: Route
  socket: Socket
  isStruck: boolean
}

async function serve(
  world: World,
  { isRefusal, act }: Misfortune,
  { route: { good, well = good, heldMs, isLastBefore }, socket, isStruck }: Serving,
): Promise<void> {
  if (isRefusal && isLastBefore) refuse(world)
  if (heldMs) {
    await quiet()
    world.clock.advance(heldMs)
  }
  if (!good || !well) socket.resetAndDestroy()
  else if (isStruck && act) await act({ world, socket, good })
  else answer(socket, well.status, well.body, well.headers)
}

function refuse(world: World): void {
  world.isStruck = true
  world.server.refuse()
}

async function startWorld(handle: WireHandler): Promise<World> {
  const server = await startWireServer(handle)
  const clock = virtualClock()
  return {
    clock,
    server,
    client: new Filmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL }, clock),
    abort: new AbortController(),
    folder: await mkdtemp(join(tmpdir(), 'filmgate-')),
    seen: [],
    isStruck: false,
    retriesAt: [],
    hasEnded: false,
    cleanUp: [],
  }
}

async function observe(phase: Phase, misfortune: Misfortune, world: World): Promise<Observed> {
  const { abort, clock, server, folder, seen, retriesAt } = world
  const options: CallOptions = {
    signal: abort.signal,
    ...(misfortune.isTimeout && { timeout: phase.timeout ?? 30_000 }),
    onRetry: () => world.isStruck && retriesAt.push(clock.now()),
  }
  const outcome = await Promise.resolve(phase.call(world, options, misfortune)).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  world.hasEnded = true
  // No connection is open on either side, or this does not end.
  await server.settled()
  await quiet()
  return {
    ...outcome,
    tries: misfortune.isRefusal ? retriesAt.length + 1 : struck(world),
    triedForMs: (retriesAt.at(-1) ?? 0) - (retriesAt[0] ?? 0),
    seen,
    endedAtOnce: await world.endedAtOnce,
    timersLeft: clock.running(),
    listenersLeft: getEventListeners(abort.signal, 'abort').length,
    files: await filesIn(folder),
  }
}

function struck({ seen }: World): number {
  return seen.filter(({ isStruck }) => isStruck).length
}

async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile())
  const read = files.map(async ({ name, parentPath }) => [
    name,
    await readFile(join(parentPath, name), 'utf8'),
  ])
  return Object.fromEntries(await Promise.all(read))
}
