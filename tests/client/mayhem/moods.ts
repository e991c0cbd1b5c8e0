import type { Socket } from 'node:net'
import { errorBody } from '../support/raw-server.ts'
import { quiet, turns } from '../support/virtual-clock.ts'
import type { CallRecord } from './record.ts'
import type { Reply, Routed } from './routes.ts'
import { cut, drip, liar, whole } from './write.ts'

/** One request, and everything that is needed to treat it badly. */
export interface Moment extends Routed {
  record: CallRecord
  socket: Socket
  /** Gives the connection back, to be used again. */
  done: () => void
}

type Mood = (moment: Moment) => unknown

/** What the server may do to a request. */
export const moods = {
  well: (moment) => tell(moment, moment.good),
  reset: ({ socket }) => socket.resetAndDestroy(),
  hangUp: ({ socket }) => socket.end(),
  halfHead: ({ socket }) => socket.end('HTTP/1.1 20'),
  noHttp: ({ socket }) => socket.end('220 mail.example ESMTP\r\n\r\n'),
  silence: endByTime,
  async abort(moment) {
    await turns(moment.record.chance.below(40))
    endBySignal(moment)
  },
  cutAndEnd(moment) {
    cut(moment, moment.good)
    noteHead(moment, moment.good)
    moment.socket.end()
  },
  async cutAndReset(moment) {
    await cutAndSettle(moment)
    moment.socket.resetAndDestroy()
  },
  async cutAndStall(moment) {
    await cutAndSettle(moment)
    await endByTime(moment)
  },
  async cutAndAbort(moment) {
    await cutAndSettle(moment)
    endBySignal(moment)
  },
  drip(moment) {
    noteWhole(moment, moment.good)
    return drip(moment, moment.good)
  },
  earlyHints(moment) {
    moment.socket.write('HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n')
    tell(moment, moment.good)
  },
  closeAfter(moment) {
    noteWhole(moment, moment.good)
    liar(moment, moment.good)
  },
  page(moment) {
    const status = moment.record.chance.pick([200, 401, 403, 404, 422, 500, 502, 503, 504])
    tell(moment, { status, headers: { 'Content-Type': 'text/html' }, body: '<html>Hello' })
  },
  nonsense(moment) {
    const body = moment.record.chance.pick([
      '',
      '{}',
      '[]',
      'null',
      '"gen"',
      '{"id":7}',
      '{"id":""}',
    ])
    const headers = { ...moment.good.headers, 'Content-Type': 'application/json' }
    tell(moment, { status: 200, headers, body })
  },
  idOnly(moment) {
    const { id, good } = moment
    tell(moment, id ? { ...good, body: JSON.stringify({ id }) } : good)
  },
  otherId(moment) {
    const { request, good } = moment
    // Elsewhere nobody has said which id it should be.
    const isAsked = request.path.includes('gen_')
    tell(moment, isAsked ? { ...good, body: good.body.replaceAll('gen_', 'gem_') } : good)
  },
  redirect: (moment) =>
    tell(moment, { status: 307, headers: { Location: `/files/${moment.record.tag}` }, body: '' }),
  refusal: (moment) => tell(moment, refusal(moment)),
  refusalCut(moment) {
    const reply = refusal(moment)
    cut(moment, reply)
    noteHead(moment, reply)
    moment.socket.end()
  },
  busy(moment) {
    const { chance } = moment.record
    const wait = { 'Retry-After': chance.pick(['0', '1', '30', '3600', 'soon']) }
    const status = chance.pick([429, 500])
    const code = status === 429 ? 'rate_limit' : 'server_error'
    tell(moment, { status, headers: wait, body: JSON.stringify(errorBody(code)) })
  },
} satisfies Record<string, Mood>

/** The name of one. */
export type MoodName = keyof typeof moods

const refusals = [
  [400, 'invalid_parameter'],
  [401, 'invalid_api_key'],
  [402, 'quota_exceeded'],
  [404, 'not_found'],
  [422, 'content_policy_violation'],
  [429, 'rate_limit'],
  [500, 'server_error'],
  [500, 'server_error'],
] as const

function refusal({ record, id }: Moment): Reply {
  const { chance, honoursKeys } = record
  const [status, code] = chance.pick(refusals)
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (chance.is(0.2)) headers['X-Should-Retry'] = chance.pick(['true', 'false'])
  // Where keys are not honoured the next try makes another generation, and this one is nobody's.
  if (id && honoursKeys && chance.is(0.3)) headers['X-Generation-Id'] = id
  return { status, headers, body: JSON.stringify(errorBody(code)) }
}

/** Writes a whole answer, and notes what the client knows from it. */
function tell(moment: Moment, reply: Reply): void {
  noteWhole(moment, reply)
  whole(moment, reply)
}

function noteWhole(moment: Moment, reply: Reply): void {
  noteHead(moment, reply)
  const { id, record } = moment
  if (id && reply.body.includes(id)) record.told.add(id)
}

/** Notes what the client knows once the headers have come: whether it may submit again, and the id. */
function noteHead({ record, creates, id, request }: Moment, { status, headers }: Reply): void {
  if (id && headers['X-Generation-Id']) record.told.add(id)
  const advice = status < 300 || isRedirect(status) ? undefined : headers['X-Should-Retry']
  const mayPass = status >= 500 || status === 429
  const isGood = status < 300
  const isLast = isGood ? creates : advice ? advice === 'false' : !mayPass
  if (isLast && request.method === 'POST') record.lastWord = `status ${status}`
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

async function cutAndSettle(moment: Moment): Promise<void> {
  cut(moment, moment.good)
  await settle(moment)
  noteHead(moment, moment.good)
}

/** Waits until what was written has arrived, and the client waits for more. */
async function settle({ record }: Moment): Promise<void> {
  await (record.isSlow ? quiet() : turns(40))
}

/** Is silent until the client's patience has ended. */
async function endByTime(moment: Moment): Promise<void> {
  await settle(moment)
  const { record, socket } = moment
  // Who has no patience to lose would wait for ever.
  if (record.isOver || !record.clock.runOut()) socket.destroy()
}

function endBySignal({ record, socket }: Moment): void {
  if (record.abort) record.abort()
  else socket.resetAndDestroy()
}
