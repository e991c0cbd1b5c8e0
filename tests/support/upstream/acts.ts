import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { Outcome } from './records.ts'
import type { Act } from './script.ts'
import type { Answer } from './wires/wire.ts'

/** Whether an answer by this act says that the submission was not taken. */
export function refuses(act: Act): boolean {
  return act.reset === 'before-reading' || (act.status ?? 200) >= 400
}

/** The answer with what the act says instead. */
export function replaced(answer: Answer, act: Act): Answer {
  if (act.status === undefined && act.body === undefined)
    return { ...answer, headers: { ...answer.headers, ...act.headers } }
  const { body = '' } = act
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type = typeof body === 'string' ? 'text/plain' : 'application/json'
  return {
    status: act.status ?? 200,
    headers: { 'content-type': type, ...act.headers },
    body: Buffer.from(text),
  }
}

/** Sends the answer in the manner of the act; resolves with how that ended. */
export async function perform(
  response: ServerResponse,
  answer: Answer,
  act: Act,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    if (act.delayMs !== undefined) await setTimeout(act.delayMs, undefined, { signal })
    signal.throwIfAborted()
    return await send(response, answer, { act, signal })
  } catch (error) {
    // The client went away, or the account was reset: nobody is there to answer. What fails before the head is
    // sent to a client that is still there is a mistake in the script.
    if (signal.aborted || response.headersSent) return 'abandoned'
    throw error
  }
}

async function send(
  response: ServerResponse,
  { status, headers, body }: Answer,
  { act, signal }: { act: Act; signal: AbortSignal },
): Promise<Outcome> {
  if (act.reset === 'before-reading' || act.reset === 'after-reading') return cut(response)
  if (act.stall === 'before-headers') return await never(signal)
  if (act.half === true) return await sendHalf(response, { status, headers, body }, signal)
  if (act.endless === true) return await sendEndlessly(response, { status, headers, body }, signal)
  response.writeHead(status, { ...headers, 'content-length': body.length })
  if (act.reset === 'in-body' || act.stall === 'in-body') {
    await written(response, firstHalf(body), signal)
    return act.reset === 'in-body' ? cut(response) : await never(signal)
  }
  if (act.slowBytesPerSecond !== undefined)
    await sendSlowly(response, body, { bytesPerSecond: act.slowBytesPerSecond, signal })
  else response.write(body)
  response.end()
  await once(response, 'finish', { signal })
  return 'answered'
}

function cut(response: ServerResponse): Outcome {
  // With RST, so that the client cannot take it for an end.
  response.socket?.resetAndDestroy()
  return 'broken'
}

async function never(signal: AbortSignal): Promise<Outcome> {
  if (!signal.aborted) await once(signal, 'abort')
  return 'abandoned'
}

function firstHalf(body: Uint8Array): Uint8Array {
  return body.subarray(0, Math.ceil(body.length / 2))
}

/** Resolves when the system has taken the bytes. */
function written(response: ServerResponse, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // What is written to a connection that is gone calls nobody back.
    const stop = () => reject(new Error('Nobody reads any further.'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    response.write(bytes, (error) => {
      signal.removeEventListener('abort', stop)
      if (error) reject(error)
      else resolve()
    })
  })
}

async function sendHalf(
  response: ServerResponse,
  answer: Answer,
  signal: AbortSignal,
): Promise<Outcome> {
  // Without a length and without chunks the end of the connection is the end of the body.
  response.useChunkedEncodingByDefault = false
  response.shouldKeepAlive = false
  response.writeHead(answer.status, answer.headers)
  response.end(firstHalf(answer.body))
  await once(response, 'finish', { signal })
  return 'broken'
}

async function sendEndlessly(
  response: ServerResponse,
  { status, headers, body }: Answer,
  signal: AbortSignal,
): Promise<Outcome> {
  response.writeHead(status, headers)
  const filling = Buffer.alloc(65_536)
  response.write(body)
  while (!signal.aborted) await written(response, filling, signal)
  return 'abandoned'
}

async function sendSlowly(
  response: ServerResponse,
  body: Uint8Array,
  { bytesPerSecond, signal }: { bytesPerSecond: number; signal: AbortSignal },
): Promise<void> {
  const piece = Math.max(1, Math.floor(bytesPerSecond / 20))
  for (let at = 0; at < body.length; at += piece) {
    await written(response, body.subarray(at, at + piece), signal)
    await setTimeout(50, undefined, { signal })
  }
}
