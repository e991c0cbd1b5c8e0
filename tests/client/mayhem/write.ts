import { turns } from '../support/virtual-clock.ts'
import type { Moment } from './moods.ts'
import type { Reply } from './routes.ts'

/** Writes a whole answer. The connection is given back if it is to be used again. */
export function whole({ socket, record, done }: Moment, reply: Reply): void {
  const isKept = record.chance.is(0.6)
  const isChunked = record.chance.is(0.3)
  const text = `${head(reply, isChunked, isKept)}${framed(reply.body, isChunked)}`
  const end = isChunked ? '0\r\n\r\n' : ''
  if (!isKept) return void socket.end(`${text}${end}`, 'latin1')
  socket.write(`${text}${end}`, 'latin1')
  done()
}

/** Writes a whole answer on a connection that is said to be kept, and closes it. */
export function liar({ socket }: Moment, reply: Reply): void {
  socket.end(`${head(reply, false, true)}${reply.body}`, 'latin1')
}

/** Writes the headers and a part of the body. */
export function cut({ socket, record }: Moment, reply: Reply): void {
  const isChunked = record.chance.is(0.3)
  const length = record.chance.below(reply.body.length)
  // Not with "Connection: close": Node 20's fetch takes a cut for the end then, and nobody can know.
  socket.write(
    `${head(reply, isChunked, true)}${framed(reply.body.slice(0, length), isChunked)}`,
    'latin1',
  )
}

/** Writes a whole answer in some pieces. */
export async function drip({ socket, record, done }: Moment, reply: Reply): Promise<void> {
  socket.write(head(reply, true, true))
  const size = Math.ceil(reply.body.length / (2 + record.chance.below(4)))
  for (let at = 0; at < reply.body.length; at += size) {
    await turns(2)
    socket.write(framed(reply.body.slice(at, at + size), true), 'latin1')
  }
  socket.write('0\r\n\r\n')
  done()
}

function head({ status, headers, body }: Reply, isChunked: boolean, isKept: boolean): string {
  const framing = isChunked
    ? { 'Transfer-Encoding': 'chunked' }
    : { 'Content-Length': String(body.length) }
  const all = { ...headers, ...framing, ...(!isKept && { Connection: 'close' }) }
  const rows = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Status\r\n${rows.join('')}\r\n`
}

function framed(text: string, isChunked: boolean): string {
  return isChunked && text !== '' ? `${text.length.toString(16)}\r\n${text}\r\n` : text
}
