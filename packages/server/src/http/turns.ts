import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that may wait behind another one on their connection; who sends more is cut off. */
const maxWaiting = 16

interface Line {
  isBusy: boolean
  waiting: (() => void)[]
}

const lines = new WeakMap<Socket, Line>()

/**
 * When it is this request's turn on its connection; undefined if that is now. Node hands over
 * pipelined requests as they come in, but a response that is queued behind another has no socket
 * yet and never hears that the connection is gone: what was opened for it would stay open for good.
 * A turn that never comes is forgotten with its connection.
 */
export function turnOf(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> | undefined {
  const { socket } = request
  const line = lineOf(socket)
  response.once('close', () => next(socket, line))
  if (!line.isBusy) {
    line.isBusy = true
    return undefined
  }
  if (line.waiting.length >= maxWaiting) socket.destroy()
  return new Promise((resolve) => {
    if (!socket.destroyed) line.waiting.push(resolve)
  })
}

function lineOf(socket: Socket): Line {
  const known = lines.get(socket)
  if (known !== undefined) return known
  const line: Line = { isBusy: false, waiting: [] }
  lines.set(socket, line)
  return line
}

function next(socket: Socket, line: Line): void {
  const go = socket.destroyed ? undefined : line.waiting.shift()
  if (go === undefined) {
    line.isBusy = false
    line.waiting.length = 0
  } else go()
}
