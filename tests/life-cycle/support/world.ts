/**
 * A gateway, and an upstream account of its own for each row: so rows share a process, and none is
 * touched by what another one's upstream does. A row with a moment stays in it until it is let go.
 */
import type { TestSignal } from '../../../packages/server/src/telemetry/test-signals.ts'
import { postImage, postVideo, type ApiAnswer } from '../../support/api.ts'
import { startGateway, type GatewayOptions, type TestGateway } from '../../support/gateway.ts'
import { startUpstream, type ScriptedUpstream } from '../../support/upstream/scripted-upstream.ts'
import { liftLimits } from '../../faults/support/truth.ts'
import { configOf, toName, typeOf, upstreamKeys, type NamedRow } from './models.ts'
import { keyOfSignal } from './observe.ts'
import type { Moment, Row } from './row.ts'

/** What a client was answered, or that it was not. */
export type Told = ApiAnswer | 'cut off'

/** A row whose order is under way. */
export interface Ordered extends NamedRow {
  /** Resolves when it is in its moment. */
  held: Promise<void>
  told: Promise<Told>
}

export interface World {
  gateway: TestGateway
  rows: readonly NamedRow[]
  /** The options that its gateway was started with. */
  options: GatewayOptions
  /** Orders every row, and waits until each is in its moment. */
  orderAll(): Promise<Ordered[]>
  /** Lets go of every row that a test signal holds, and of all that follow. */
  letGo(): void
  /** Has every row stay in another test signal, and waits until each is there. */
  holdAgain(moment: TestSignal): Promise<void>
  /** Lets go of every row that its upstream holds in such a moment; in any when left out. */
  openGates(moment?: UpstreamMoment): Promise<void>
}

/** Plays in one that is closed at the end. */
export async function inWorld<Result>(
  table: readonly Row[],
  options: Pick<GatewayOptions, 'config' | 'env'>,
  play: (world: World) => Promise<Result>,
): Promise<Result> {
  const { world, stop } = await openWorld(table, options)
  try {
    return await play(world)
  } finally {
    await stop()
  }
}

async function openWorld(
  table: readonly Row[],
  { config = {}, env = {} }: Pick<GatewayOptions, 'config' | 'env'>,
): Promise<{ world: World; stop(): Promise<void> }> {
  const upstream = await startUpstream()
  const rows = await Promise.all(table.map((row, index) => nameRow(upstream, row, toName(index))))
  const holds = new Holds()
  holds.begin(rows.map(({ name, row }) => [name, row.moment]))
  const options: GatewayOptions = {
    config: { ...configOf(rows), ...config },
    env: { ...upstreamKeys, ...env },
    onSignal: ({ signal, id }, goOn) => {
      holds.arrive(keyOfSignal(gateway.dataDir, id), signal, goOn)
    },
  }
  const gateway = await startGateway(options)
  await liftLimits(gateway)
  const world: World = {
    gateway,
    rows,
    options,
    async orderAll() {
      const ordered = rows.map((row) => order(gateway, row, holds))
      await Promise.all(ordered.map(({ held }) => held))
      return ordered
    },
    letGo: () => holds.letGo(),
    async holdAgain(moment) {
      holds.begin(rows.map(({ name }) => [name, moment]))
      await Promise.all(rows.map(({ name }) => holds.at(name)))
    },
    async openGates(moment) {
      const accounts = rows.flatMap(({ routes }) => routes.map(({ account }) => account))
      const gates = moment === undefined ? upstreamMoments : [moment]
      await Promise.all(accounts.flatMap((account) => gates.map((gate) => account.open(gate))))
    },
  }
  return {
    world,
    async stop() {
      await gateway.stop()
      await upstream.stop()
    },
  }
}

// Each is also the name of the gate that what is held waits at.
const upstreamMoments = ['in flight', 'at work'] as const
type UpstreamMoment = (typeof upstreamMoments)[number]

async function nameRow(upstream: ScriptedUpstream, row: Row, name: string): Promise<NamedRow> {
  const kinds = [row.kind, ...(row.fallback === undefined ? [] : [row.fallback])]
  const routes = await Promise.all(
    kinds.map(async (kind, index) => {
      const [route, settings] = index === 0 ? [name, row.settings] : [`${name}-fallback`]
      return { kind, upstream: route, account: await upstream.account(route, settings) }
    }),
  )
  await routes[0]?.account.script('', { ...scriptOf(row.moment), ...row.script })
  return { row, name, routes }
}

function scriptOf(moment: Moment | undefined) {
  if (moment === 'in flight') return { submit: { wait: moment } }
  return moment === 'at work' ? { job: { gate: moment } } : {}
}

function order(gateway: TestGateway, named: NamedRow, holds: Holds): Ordered {
  const { row, name, routes } = named
  const told: Promise<Told> = (
    row.isCrowded === true ? post(gateway, named, `${name}-other`) : none
  )
    .then(() => post(gateway, named, name))
    .catch(() => 'cut off' as const)
  const during = routes[0] === undefined ? undefined : row.during?.(routes[0].account)
  return { ...named, told, held: heldIn(named, told, holds).then(() => during?.then(() => {})) }
}

const none = Promise.resolve()

function post(gateway: TestGateway, { row, name }: NamedRow, key: string): Promise<ApiAnswer> {
  const images = row.image === undefined ? {} : { images: [{ url: row.image }] }
  const body = { model: name, prompt: `a red fox beside ${name}`, ...images }
  const options = { headers: { 'idempotency-key': key } }
  return typeOf(row.kind) === 'image'
    ? postImage(gateway, body, options)
    : postVideo(gateway, { ...body, resolution: '720p', duration: undefined }, options)
}

/** A film's answer does not wait for its end; so once it is sent, the answer is there or nearly so. */
async function heldIn({ row, name, routes }: NamedRow, told: Promise<Told>, holds: Holds) {
  const { moment } = row
  if (moment === undefined) return
  const account = routes[0]?.account
  if (moment === 'in flight') await account?.seen('submit')
  else if (moment === 'at work') await account?.seen('status')
  else await holds.at(name)
  const isSent = moment !== 'accepted' && moment !== 'checked'
  if (typeOf(row.kind) === 'video' && isSent) await told
}

/** Where each row stays, until all are let go. */
class Holds {
  #moments = new Map<string, Moment | undefined>()
  readonly #arrived = new Map<string, () => void>()
  readonly #waiting = new Map<string, () => void>()
  #isOver = false

  begin(moments: [name: string, moment: Moment | undefined][]): void {
    this.#moments = new Map(moments)
    this.#arrived.clear()
    this.#isOver = false
  }

  arrive(name: string, signal: TestSignal, goOn: () => void): void {
    if (this.#isOver || this.#moments.get(name) !== signal) {
      goOn()
      return
    }
    this.#arrived.set(name, goOn)
    this.#waiting.get(name)?.()
  }

  /** Resolves when the row is in its moment. */
  at(name: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#arrived.has(name)) resolve()
      else this.#waiting.set(name, resolve)
    })
  }

  letGo(): void {
    this.#isOver = true
    for (const goOn of this.#arrived.values()) goOn()
  }
}
