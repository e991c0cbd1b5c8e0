import { expect, onTestFinished } from 'vitest'
import {
  Filmgate,
  type FilmgateError,
  type FilmgateOptions,
} from '../../../packages/client/src/index.ts'
import { startRawServer, type RawServer, type Script } from './raw-server.ts'
import { skippingClock, type SkippingClock } from './skipping-clock.ts'

/** A server that does what a script says, and a client of it whose pauses take no time. */
export interface Scripted {
  server: RawServer
  client: Filmgate
  clock: SkippingClock
  /** Method and path of each request so far. */
  lines(): string[]
}

/** A server that does what a script says until the test ends. */
export async function listening(script: Script): Promise<RawServer> {
  const server = await startRawServer(script)
  onTestFinished(() => server.close())
  return server
}

/** Starts both; the server is closed when the test ends. */
export async function scripted(
  script: Script,
  options: FilmgateOptions = {},
  random?: number,
): Promise<Scripted> {
  const server = await listening(script)
  const clock = skippingClock(random)
  const client = new Filmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL, ...options }, clock)
  const lines = (): string[] => server.requests.map(({ line }) => line.replace(' HTTP/1.1', ''))
  return { server, client, clock, lines }
}

/** What a promise is rejected with. */
export async function caught(promise: PromiseLike<unknown>): Promise<FilmgateError> {
  return Promise.resolve(promise).then(
    (value) => expect.fail(`it ended in ${JSON.stringify(value)}`),
    (error: FilmgateError) => error,
  )
}
