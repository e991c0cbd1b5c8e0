import { startWireServer, type WireServer } from '../support/wire-server.ts'
import { moods, type MoodName, type Moment } from './moods.ts'
import type { CallRecord } from './record.ts'
import { route } from './routes.ts'

/** A server that does to each request whatever the chance of its call says. */
export interface MayhemServer extends WireServer {
  /** The calls that are under way, by their tags. */
  calls: Map<string, CallRecord>
  /** How often each mood struck. */
  struck: Map<MoodName, number>
}

// The keys of the table are those names.
const names = Object.keys(moods) as MoodName[]
const bad = names.filter((name) => name !== 'well')

// How often a request goes wrong.
const share = 0.4

/** Starts it. */
export async function startMayhem(): Promise<MayhemServer> {
  const calls = new Map<string, CallRecord>()
  const struck = new Map<MoodName, number>()
  const server = await startWireServer((request, socket, done) => {
    const record = calls.get(tagOf(`${request.path} ${request.body}`))
    // Node's fetch may still send what was given up while its connection was opened.
    const isGivenUp = record?.givenUp.has(request.headers.get(tryHeader) ?? '')
    if (!record || isGivenUp) return socket.resetAndDestroy()
    const mood = moodOf(record)
    const moment: Moment = { ...route(record, request), record, socket, done }
    record.trail.push(`${request.method} ${mood}`)
    // The connection was promised for another request, and has ended all the same. What was asked
    // for is done, and nobody learns of it.
    if (socket.writableEnded) return
    struck.set(mood, (struck.get(mood) ?? 0) + 1)
    // The time for which a read asks to be held passes now and then.
    const held = /wait=(\d+)/.exec(request.headers.get('prefer') ?? '')?.[1]
    if (held && record.chance.is(0.3)) record.clock.advance(Number(held) * 1_000)
    void moods[mood](moment)
  })
  return Object.assign(server, { calls, struck })
}

function tagOf(text: string): string {
  return /c\d+/.exec(text)?.[0] ?? ''
}

const tryHeader = 'x-try'

/** A fetch that says which of a call's submissions it sends, and notes those that are given up. */
export function numbering({ calls }: MayhemServer): typeof fetch {
  return async (input, init) => {
    const address = input instanceof Request ? input.url : input.toString()
    const body = typeof init?.body === 'string' ? init.body : ''
    const record = calls.get(tagOf(`${address} ${body}`))
    if (record && init?.method === 'POST') {
      const number = String((record.begun += 1))
      const headers = new Headers(init.headers)
      headers.set(tryHeader, number)
      const giveUp = (): void => void record.givenUp.add(number)
      init.signal?.addEventListener('abort', giveUp, { once: true })
      return fetch(input, { ...init, headers })
    }
    return fetch(input, init)
  }
}

function moodOf({ doom, chance }: CallRecord): MoodName {
  if (doom) return doom
  return chance.is(share) ? chance.pick(bad) : 'well'
}
