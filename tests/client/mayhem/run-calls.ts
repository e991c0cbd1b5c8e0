import { getEventListeners, setMaxListeners } from 'node:events'
import { Filmgate } from '../../../packages/client/src/index.ts'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.ts'
import type { Kind } from './calls.ts'
import { chance } from './chance.ts'
import { endingOf } from './ending.ts'
import type { MoodName } from './moods.ts'
import { newRecord } from './record.ts'
import { numbering, type MayhemServer } from './server.ts'

/** What many calls came to. */
export interface Tally {
  calls: number
  /** How often a kind of call ended in this way. */
  endings: Map<string, number>
  /** What must never happen, and did. */
  wrongs: string[]
  timersLeft: number
  listenersLeft: number
}

/** What all calls share. */
export interface Setting {
  server: MayhemServer
  kinds: Record<string, Kind>
  /** Where files are saved. */
  folder: string
  seed: number
  /** How many calls are under way at a time. */
  lanes: number
}

/** Makes the calls from one number to another. */
export async function runCalls(setting: Setting, from: number, to: number): Promise<Tally> {
  const { seed, server, lanes } = setting
  const shared = new AbortController()
  // So many at a time are meant, and are not to be warned of.
  setMaxListeners(0, shared.signal)
  const tally: Tally = { calls: 0, endings: new Map(), wrongs: [], timersLeft: 0, listenersLeft: 0 }
  let next = from
  const lane = async (number: number): Promise<void> => {
    const luck = chance(seed + number * 7_919)
    const clock = virtualClock(() => luck.next())
    const options = { apiKey: 'sk_test_x', baseURL: server.baseURL, fetch: numbering(server) }
    const client = new Filmgate(options, clock)
    while (next < to) await oneCall({ setting, client, clock, shared, tally }, next++)
    tally.timersLeft += clock.running()
  }
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  tally.listenersLeft = getEventListeners(shared.signal, 'abort').length
  return tally
}

interface Lane {
  setting: Setting
  client: Filmgate
  clock: VirtualClock
  shared: AbortController
  tally: Tally
}

const dooms: MoodName[] = ['reset', 'hangUp', 'silence', 'cutAndEnd', 'cutAndStall', 'nonsense']

async function oneCall(lane: Lane, call: number): Promise<void> {
  const { setting, client, clock, shared, tally } = lane
  const { seed, server, folder, kinds } = setting
  const luck = chance(seed * 31 + call * 104_729)
  const tag = `c${call}`
  const doom = luck.is(0.02) ? luck.pick(dooms) : undefined
  const record = newRecord(tag, clock, chance(luck.below(2 ** 32)), doom)
  const own = luck.is(0.5) ? new AbortController() : undefined
  if (own) record.abort = () => own.abort(new Error('enough'))
  const options = {
    signal: (own ?? shared).signal,
    ...(luck.is(0.05) && { timeout: 20_000 }),
  }
  const name = luck.pick(Object.keys(kinds))
  server.calls.set(tag, record)
  const caller = { client, record, options, folder, baseURL: server.baseURL }
  const ending = `${name}: ${await endingOf(kinds[name], caller)}`
  record.isOver = true
  server.calls.delete(tag)
  if (own && getEventListeners(own.signal, 'abort').length > 0) record.wrongs.push('a listener')
  tally.calls += 1
  tally.endings.set(ending, (tally.endings.get(ending) ?? 0) + 1)
  const story = `${tag} ${ending} (${record.trail.join(', ')})`
  tally.wrongs.push(...record.wrongs.map((wrong) => `${wrong}: ${story}`))
}
