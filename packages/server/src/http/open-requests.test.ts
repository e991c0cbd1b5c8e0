import { EventEmitter } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { OpenRequests } from './open-requests.ts'

const server = createServer()
let open: OpenRequests
beforeEach(async () => {
  open = new OpenRequests()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  server.removeAllListeners('request')
})

/** Asks, and gives the response that is to be answered. */
async function ask(
  signal?: AbortSignal,
): Promise<{ response: ServerResponse; got: Promise<unknown> }> {
  // A listening TCP server has an address of this kind.
  const { port } = server.address() as AddressInfo
  const asked = once(server, 'request')
  const got = fetch(`http://127.0.0.1:${port}`, signal === undefined ? {} : { signal }).catch(
    () => undefined,
  )
  const [, response] = await asked
  // What a server's request event carries second.
  return { response: response as ServerResponse, got }
}

function once(emitter: EventEmitter, name: string): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(name, (...values: unknown[]) => resolve(values)))
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })

test('a signal aborts when its caller hangs up', async () => {
  const caller = new AbortController()
  const { response } = await ask(caller.signal)
  const signal = open.signalOf(response)
  expect(signal.aborted).toBe(false)
  caller.abort()
  await aborted(signal)
})

test('the signal of one response is one, and all abort when the server stops waiting', async () => {
  const [{ response }, { response: other }] = [await ask(), await ask()]
  const signal = open.signalOf(response)
  expect(open.signalOf(response)).toBe(signal)
  expect(open.signalOf(other)).not.toBe(signal)
  open.stopWaiting()
  expect([signal.aborted, open.signalOf(other).aborted]).toEqual([true, true])
})

test('a signal that is asked for too late is aborted already', async () => {
  const { response, got } = await ask()
  const closed = once(response, 'close')
  response.end()
  await Promise.all([got, closed])
  expect(open.signalOf(response).aborted).toBe(true)
  const { response: next } = await ask()
  open.stopWaiting()
  expect(open.signalOf(next).aborted).toBe(true)
})
