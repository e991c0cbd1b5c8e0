import { once } from 'node:events'
import { answer, errorBody } from '../support/raw-server.ts'
import { quiet, turns } from '../support/virtual-clock.ts'
import { id, type Misfortune, type Reply, type Strike, type World } from './world.ts'

/** What a server, and what stands before it, may do to a request. */
export const misfortunes = {
  refused: { words: 'Nobody listens at the address', isRefusal: true },
  reset: {
    words: 'The connection breaks before an answer',
    act: ({ socket }) => socket.resetAndDestroy(),
  },
  halfHead: {
    words: 'The connection ends in the middle of the headers',
    act: ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Ty'),
  },
  silence: { words: 'The server is silent', act: runOut },
  halfThenEnd: { words: 'Half the body comes, then the end', act: halfThenEnd },
  halfThenReset: { words: 'Half the body comes, then the connection breaks', act: halfThenReset },
  stall: { words: 'Half the body comes, then nothing', act: stall },
  drip: { words: 'The body comes a byte at a time, one in 7 seconds', act: drip },
  empty: instead('An empty body with a good status', 200, ''),
  page200: instead('A page of HTML with status 200', 200, '<html>Sign in', html()),
  page502: instead('A page of HTML with status 502', 502, '<html>Bad gateway', html()),
  page504: instead('A page of HTML with status 504', 504, '<html>Time-out', html()),
  json504: instead('JSON of something in between with status 504', 504, {
    message: 'Endpoint request timed out',
  }),
  otherJson: instead('JSON that is not what was asked for', 200, { hello: 'world' }),
  idOnly: instead('JSON that says the id and no more', 200, { id }),
  redirect: instead('A redirect', 307, '', { Location: '/elsewhere' }),
  401: refusal(401, 'invalid_api_key'),
  '401, X-Should-Retry: true': refusal(401, 'invalid_api_key', { 'X-Should-Retry': 'true' }),
  402: refusal(402, 'quota_exceeded'),
  404: refusal(404, 'not_found'),
  422: refusal(422, 'content_policy_violation'),
  '429, Retry-After: 30': refusal(429, 'rate_limit', { 'Retry-After': '30' }),
  '429, Retry-After: 3600': refusal(429, 'rate_limit', { 'Retry-After': '3600' }),
  500: refusal(500, 'server_error'),
  '500, Retry-After: 0': refusal(500, 'server_error', { 'Retry-After': '0' }),
  '500, X-Should-Retry: false': refusal(500, 'server_error', { 'X-Should-Retry': 'false' }),
  '500, X-Outcome: unknown': refusal(500, 'server_error', { 'X-Outcome': 'unknown' }),
  failed: instead('The generation ended as failed', 200, {
    id,
    status: 'failed',
    ...(errorBody('content_policy_violation') as object),
  }),
  abort: { words: 'The signal aborts, before an answer', act: abort },
  abortHalf: {
    words: 'The signal aborts, when half the body has come',
    act: async (strike) => {
      half(strike)
      await abort(strike)
    },
  },
  timeout: {
    words: 'The time of the call is over, before an answer',
    act: runOut,
    isTimeout: true,
  },
  timeoutHalf: {
    words: 'The time of the call is over, when half the body has come',
    act: stall,
    isTimeout: true,
  },
} satisfies Record<string, Misfortune>

/** The name of one. */
export type MisfortuneName = `${keyof typeof misfortunes}`

/** Ends a call by its signal, once it has come to rest. */
export async function abort({ world }: { world: World }): Promise<void> {
  await quiet()
  world.abort.abort(new Error('enough'))
  world.endedAtOnce = hasEndedSoon(world)
}

/** Lets the limit that is due first pass, once the call has come to rest. */
export async function runOut({ world }: { world: World }): Promise<void> {
  await quiet()
  world.clock.runOut()
  world.endedAtOnce = hasEndedSoon(world)
}

async function hasEndedSoon(world: World): Promise<boolean> {
  await quiet()
  return world.hasEnded
}

/** Writes the headers and half the body. */
export function half({ socket, good }: Strike): void {
  socket.write(`${headOf(good)}${good.body.slice(0, good.body.length / 2)}`)
}

function halfThenEnd(strike: Strike): void {
  half(strike)
  strike.socket.end()
}

async function halfThenReset(strike: Strike): Promise<void> {
  half(strike)
  await quiet()
  strike.socket.resetAndDestroy()
}

async function stall(strike: Strike): Promise<void> {
  half(strike)
  await runOut(strike)
}

async function drip({ world, socket, good }: Strike): Promise<void> {
  socket.write(headOf(good))
  for (const byte of good.body) {
    await turns(20)
    if (socket.destroyed) return
    world.clock.advance(7_000)
    socket.write(byte)
  }
  socket.end()
  await once(socket, 'close')
}

function headOf({ status, headers, body }: Reply): string {
  const all = { ...headers, 'Content-Length': String(body.length), Connection: 'close' }
  const rows = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Status\r\n${rows.join('')}\r\n`
}

/** Another answer. A good status keeps the headers that the good answer had, such as that of the id. */
function instead(
  words: string,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Misfortune {
  return {
    words,
    act: ({ socket, good }) => {
      const isGood = status < 300
      const kept = isGood ? { ...good.headers, 'Content-Type': 'application/json' } : {}
      answer(socket, isGood ? good.status : status, body, { ...kept, ...headers })
    },
  }
}

function refusal(status: number, code: string, headers: Record<string, string> = {}): Misfortune {
  const words = [`${status} \`${code}\``]
  for (const [name, value] of Object.entries(headers)) words.push(`\`${name}: ${value}\``)
  return instead(words.join(' with '), status, errorBody(code), headers)
}

function html(): Record<string, string> {
  return { 'Content-Type': 'text/html' }
}
